from datetime import datetime

import pytest

from toolsmith_agent import Agent, MockExecutor, Tier
from toolsmith_agent.tiers import calibrated
from toolsmith_schema import NeedArgument, NoTool, Routed, ScriptedRouter, Toolbox, ToolCall, ToolsmithError
from toolsmith_schema.files import write_json

NOW = datetime(2026, 11, 23, 9)
WEATHER = '{"tool": "get_weather", "args": {"city": "Oslo"}}'
REFUSAL = '{"tool": null, "args": {}}'


class Broken:
    """A router whose model is not there."""

    name = "broken"

    def route(self, requests, toolbox):
        raise ToolsmithError("the adapter is not there")


def run(*tiers, request="weather in Oslo"):
    return Agent(tiers, Toolbox.default()).route(request, now=NOW)


def test_a_valid_call_of_the_first_tier_ends_the_run():
    second = ScriptedRouter([], name="second")
    result = run(ScriptedRouter([WEATHER], name="first"), second)
    assert (result.outcome, result.tier, result.valid) == ("call", "first", True)
    assert result.decision == ToolCall(tool="get_weather", args={"city": "Oslo"})
    assert second.asked == []


def test_said_forms_become_typed_values_against_the_given_clock():
    said = '{"tool": "get_weather", "args": {"city": "Oslo", "date": "tomorrow"}}'
    result = run(ScriptedRouter([said]), request="weather in Oslo tomorrow")
    assert result.call.args == {"city": "Oslo", "date": "2026-11-24"}
    assert result.said.args["date"] == "tomorrow"
    assert [coercion.pointer for coercion in result.attempts[0].coercions] == ["/date"]


@pytest.mark.parametrize(
    "answer",
    [
        "I would look at the sky.",
        '{"tool": "get_forecast", "args": {}}',
        '{"tool": "get_weather", "args": {"city": 7.5, "date": "never"}}',
    ],
    ids=["prose", "unknown tool", "wrong values"],
)
def test_an_invalid_answer_hands_the_request_to_the_next_tier(answer):
    second = ScriptedRouter([WEATHER], name="second")
    result = run(ScriptedRouter([answer], name="first"), second)
    assert (result.outcome, result.tier) == ("call", "second")
    assert [attempt.outcome for attempt in result.attempts] == ["invalid", "call"]
    assert result.attempts[0].violations
    assert result.violations == ()
    assert second.asked == ["weather in Oslo"]


def test_when_no_tier_is_left_the_last_invalid_answer_is_the_result_with_its_reasons():
    result = run(ScriptedRouter(["hm"], name="first"), ScriptedRouter(["well"], name="second"))
    assert (result.outcome, result.tier, result.decision) == ("invalid", "second", None)
    assert result.violations == result.attempts[1].violations != ()


def test_a_refusal_is_an_answer_and_not_a_failure():
    result = run(ScriptedRouter([REFUSAL], name="first"), ScriptedRouter([], name="second"))
    assert (result.outcome, result.decision, result.call) == ("no_tool", NoTool(), None)


def test_a_missing_required_argument_is_an_answer_that_names_what_to_ask():
    result = run(ScriptedRouter(['{"tool": "get_weather", "args": {}}']), request="how is the weather")
    assert result.outcome == "need_argument"
    assert isinstance(result.decision, NeedArgument)
    assert list(result.missing) == ["city"]
    assert not result.valid


def test_a_tier_that_fails_is_passed_over_and_its_reason_kept():
    result = run(Broken(), ScriptedRouter([WEATHER], name="second"))
    assert (result.outcome, result.tier) == ("call", "second")
    assert result.attempts[0].outcome == "failed"
    assert result.attempts[0].error == "the adapter is not there"


def test_a_failing_last_tier_does_not_hide_the_answer_of_the_one_before():
    result = run(ScriptedRouter(["hm"], name="first"), Broken())
    assert (result.outcome, result.tier) == ("invalid", "first")


def test_without_any_answer_the_outcome_is_failed():
    result = run(Broken())
    assert (result.outcome, result.tier, result.decision) == ("failed", "broken", None)


def test_an_unexpected_error_is_not_swallowed():
    class Buggy(Broken):
        def route(self, requests, toolbox):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(Buggy())


def test_a_router_that_does_not_answer_one_for_one_is_an_error():
    class Silent(Broken):
        def route(self, requests, toolbox):
            return []

    with pytest.raises(ValueError):
        run(Silent())


def test_a_run_needs_a_router():
    with pytest.raises(ValueError, match="at least one tier"):
        run()


class Sure:
    """A router with a confidence."""

    def __init__(self, name, confidence, text=WEATHER):
        self.name, self.confidence, self.text = name, confidence, text

    def route(self, requests, toolbox):
        return [Routed.from_text(self.text, confidence=self.confidence, tier=self.name) for _ in requests]


def test_a_call_of_low_confidence_goes_to_the_next_tier_and_is_not_executed_after_the_last():
    executor = MockExecutor()
    unsure = Tier(router=Sure("unsure", 0.4), min_confidence=0.9)
    sure = Tier(router=Sure("sure", 0.95), min_confidence=0.9)
    agent = Agent([unsure, sure], Toolbox.default(), executor=executor)
    result = agent.run("weather in Oslo", now=NOW)
    assert (result.outcome, result.tier, result.effect.status) == ("call", "sure", "completed")
    assert [attempt.outcome for attempt in result.attempts] == ["low_confidence", "call"]
    assert result.attempts[0].recovery == "low-confidence"
    alone = Agent([unsure], Toolbox.default(), executor=executor).run("weather in Oslo", now=NOW)
    assert (alone.outcome, alone.effect, alone.succeeded) == ("low_confidence", None, False)
    assert alone.call == ToolCall(tool="get_weather", args={"city": "Oslo"})


def test_a_refusal_needs_no_confidence_and_a_tier_without_one_is_trusted():
    careful = Tier(router=Sure("careful", 0.1, REFUSAL), min_confidence=0.9)
    assert Agent([careful], Toolbox.default()).route("hi", now=NOW).outcome == "no_tool"
    silent = Tier(router=Sure("silent", None), min_confidence=0.9)
    assert Agent([silent], Toolbox.default()).route("weather in Oslo", now=NOW).outcome == "call"


def test_a_careful_model_that_was_never_calibrated_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ToolsmithError, match="toolsmith eval calibrate"):
        calibrated("tuned")
    write_json(tmp_path / "artifacts" / "calibration.json", {"threshold": 0.75})
    assert calibrated("tuned") == 0.75 and calibrated("rules") is None
    write_json(tmp_path / "artifacts" / "calibration.json", {"threshold": None})
    assert calibrated("tuned") == float("inf")
