"""Repair, fall-back, circuits and the deadline: what the loop asks of which tier."""

import threading

import pytest

from toolsmith_agent import Agent, Budget, Tier
from toolsmith_agent.breaker import Breaker
from toolsmith_schema import ScriptedRouter, Toolbox, ToolsmithError

from .conftest import NOW, REFUSAL, WEATHER, Repairer, wire

WRONG = wire("get_weather", city="Oslo", units="kelvin")
WORSE = wire("get_weather", city="Oslo", units="rankine")


def rows(result):
    return [(attempt.tier, attempt.retry, attempt.recovery) for attempt in result.attempts]


def test_a_repaired_answer_is_asked_for_with_one_sentence_that_points_at_the_place(agent):
    router = Repairer(WRONG, WEATHER)
    result = agent(router).route("weather in Oslo in kelvin", now=NOW)
    assert (result.outcome, result.tier) == ("call", "repairer")
    assert rows(result) == [("repairer", 0, "repair"), ("repairer", 1, "")]
    ((request, raw, sentences),) = router.told
    assert (request, raw) == ("weather in Oslo in kelvin", WRONG)
    (sentence,) = sentences
    assert sentence.startswith('The argument /units must be one of "celsius", "fahrenheit", but is "kelvin"')


def test_text_that_is_no_decision_is_repaired_with_the_parsers_sentence(agent):
    router = Repairer("The sky knows.", WEATHER)
    assert agent(router).route("weather", now=NOW).outcome == "call"
    ((_, _, (sentence,)),) = router.told
    assert "exactly one JSON object" in sentence


def test_the_same_answer_again_ends_the_repair(agent):
    second = ScriptedRouter([WEATHER], name="second")
    result = agent(Repairer(WRONG, WRONG, WEATHER), second, budget=Budget(repairs=5)).route("x", now=NOW)
    assert rows(result) == [("repairer", 0, "repair"), ("repairer", 1, "repeated-output"), ("second", 0, "")]


def test_repairs_have_a_budget_of_their_own_for_each_tier(agent):
    first, second = Repairer(WRONG, WORSE, "hm", name="a"), Repairer(WRONG, WEATHER, name="b")
    result = agent(first, second, budget=Budget(repairs=1)).route("x", now=NOW)
    assert rows(result) == [("a", 0, "repair"), ("a", 1, "repairs-spent"), ("b", 0, "repair"), ("b", 1, "")]


def test_a_router_that_takes_no_feedback_is_not_asked_again(agent):
    router = ScriptedRouter([WRONG, WEATHER], name="deterministic")
    result = agent(router).route("x", now=NOW)
    assert (result.outcome, len(router.asked)) == ("invalid", 1)
    assert result.attempts[0].recovery == "last-tier"


def test_a_refusal_after_a_repair_is_an_answer(agent):
    assert agent(Repairer(WRONG, REFUSAL)).route("x", now=NOW).outcome == "no_tool"


def test_no_more_tiers_are_asked_than_the_budget_has(agent):
    tiers = [ScriptedRouter(["hm"], name=f"tier-{i}") for i in range(4)]
    result = agent(*tiers, budget=Budget(tiers=2)).route("x", now=NOW)
    assert rows(result) == [("tier-0", 0, "no-feedback"), ("tier-1", 0, "tiers-spent")]


class Down:
    """A router whose server is gone."""

    name = "down"
    asked = 0

    def route(self, requests, toolbox):
        self.asked += 1
        raise ToolsmithError("nobody answers")


def test_a_tier_that_fails_again_and_again_is_left_alone_for_a_while(agent):
    down = Down()
    tier = Tier(router=down, breaker=Breaker(failures=2, clock=lambda: 0.0, chance=lambda: 0.0))
    looped = agent(tier, ScriptedRouter([WEATHER] * 4, name="rules"))
    results = [looped.route("x", now=NOW) for _ in range(4)]
    assert down.asked == 2
    assert [result.attempts[0].recovery for result in results] == ["tier-failed"] * 2 + ["circuit-open"] * 2
    assert "tried again in 10 s" in results[-1].attempts[0].error
    assert {result.outcome for result in results} == {"call"}


def test_a_wrong_answer_opens_no_circuit(agent):
    tier = Tier(router=ScriptedRouter(["hm"] * 9, name="wrong"), breaker=Breaker(failures=1))
    looped = agent(tier)
    assert [looped.route("x", now=NOW).outcome for _ in range(3)] == ["invalid"] * 3


def test_a_hanging_tier_ends_the_run_at_the_deadline(agent):
    end = threading.Event()

    class Hanging:
        name = "hanging"

        def route(self, requests, toolbox):
            end.wait()

    try:
        result = agent(
            Hanging(), ScriptedRouter([WEATHER], name="second"), budget=Budget(seconds=0.02)
        ).route("x", now=NOW)
    finally:
        end.set()
    assert result.outcome == "failed"
    assert "hanging gave no answer within" in result.attempts[0].error
    assert result.attempts[-1].recovery == "out-of-time"


def test_a_hanging_tier_leaves_time_for_the_next(agent):
    end = threading.Event()

    class Hanging:
        name = "hanging"

        def route(self, requests, toolbox):
            end.wait()

    try:
        looped = agent(Hanging(), ScriptedRouter([WEATHER], name="second"), budget=Budget(tier_seconds=0.02))
        result = looped.route("x", now=NOW)
    finally:
        end.set()
    assert rows(result) == [("hanging", 0, "tier-timed-out"), ("second", 0, "")]


def test_an_unexpected_error_counts_against_the_circuit_and_comes_out(agent):
    class Buggy:
        name = "buggy"

        def route(self, requests, toolbox):
            raise ZeroDivisionError

    breaker = Breaker(failures=1)
    with pytest.raises(ZeroDivisionError):
        agent(Tier(router=Buggy(), breaker=breaker)).route("x", now=NOW)
    assert breaker.state == "open"


def test_every_row_that_is_told_is_in_the_manifest(agent, sink):
    from toolsmith_agent.recovery import MANIFEST

    agent(Repairer(WRONG, WRONG), Down(), ScriptedRouter(["hm"], name="last")).route("x", now=NOW)
    told = {event.data["recovery"] for event in sink.events if event.kind == "attempt"}
    assert told == {"repair", "repeated-output", "tier-failed", "last-tier"}
    assert told <= {row.id for row in MANIFEST}


def test_threads_share_an_agent_without_mixing_requests():
    """Each request names its own city; the answer has to be that city, whoever else asks meanwhile."""
    from concurrent.futures import ThreadPoolExecutor

    from toolsmith_schema import FunctionRouter

    router = FunctionRouter(lambda request: wire("get_weather", city=request.split()[-1]))
    agent = Agent([router], Toolbox.default())
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda i: agent.route(f"weather in City{i}", now=NOW), range(200)))
    assert [result.call.args["city"] for result in results] == [f"City{i}" for i in range(200)]
    assert len({result.run_id for result in results}) == 200
