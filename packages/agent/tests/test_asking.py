from toolsmith_agent import Budget
from toolsmith_schema import ScriptedRouter

from .conftest import NOW, Tools, wire

NO_CITY = wire("get_weather")


class Person:
    """Gives prepared answers and remembers the questions."""

    def __init__(self, *answers):
        self._answers, self.asked = list(answers), []

    def __call__(self, missing, call):
        self.asked.append(dict(missing))
        return self._answers.pop(0)


def test_the_answer_completes_the_call_and_goes_through_the_same_conversion(agent):
    tools = Tools()
    person = Person({"when": "tomorrow at noon"})
    router = ScriptedRouter([wire("set_reminder", text="buy milk")])
    result = agent(router, tools=tools, ask=person).run("remind me to buy milk", now=NOW)
    assert person.asked == [{"when": "The moment of the reminder"}]
    assert tools.calls == [("set_reminder", {"text": "buy milk", "when": "2026-11-24T12:00"})]
    assert (result.outcome, result.effect.status) == ("call", "completed")
    assert result.said.args["when"] == "tomorrow at noon"


def test_without_anyone_to_ask_the_run_ends_with_what_is_missing(agent, sink):
    tools = Tools()
    result = agent(ScriptedRouter([NO_CITY]), tools=tools).run("weather", now=NOW)
    assert (result.outcome, list(result.missing), result.effect) == ("need_argument", ["city"], None)
    assert tools.calls == []
    assert [e.data["recovery"] for e in sink.events if e.kind == "question"] == ["nobody-to-ask"]


def test_route_asks_nobody(agent):
    person = Person()
    result = agent(ScriptedRouter([NO_CITY]), ask=person).route("weather", now=NOW)
    assert (result.outcome, person.asked) == ("need_argument", [])


def test_someone_who_does_not_answer_is_asked_once(agent):
    person = Person(None)
    result = agent(ScriptedRouter([NO_CITY]), ask=person).run("weather", now=NOW)
    assert (result.outcome, len(person.asked)) == ("need_argument", 1)


def test_an_answer_that_cannot_be_converted_is_asked_for_again_with_the_reason(agent):
    person = Person({"when": "some day"}, {"when": "2026-12-01T15:00"})
    router = ScriptedRouter([wire("set_reminder", text="buy milk")])
    result = agent(router, ask=person).run("remind me to buy milk", now=NOW)
    assert result.call.args["when"] == "2026-12-01T15:00"
    assert "/when" in person.asked[1]["when"]
    assert "some day" in person.asked[1]["when"]


def test_questions_have_a_budget_of_their_own(agent):
    person = Person({"when": "some day"}, {"when": "any day"}, {"when": "tomorrow"})
    router = ScriptedRouter([wire("set_reminder", text="buy milk")])
    result = agent(router, ask=person, budget=Budget(questions=2)).run("remind me", now=NOW)
    assert (result.outcome, len(person.asked)) == ("need_argument", 2)


def test_what_was_not_asked_for_is_not_taken_over(agent):
    person = Person({"city": "Oslo", "units": "kelvin", "tool": "send_email"})
    result = agent(ScriptedRouter([NO_CITY]), ask=person).run("weather", now=NOW)
    assert result.call.to_json() == {"tool": "get_weather", "args": {"city": "Oslo"}}


def test_the_time_of_the_answer_does_not_count(agent, monkeypatch):
    from toolsmith_agent import loop
    from toolsmith_agent.deadline import Deadline

    now = [0.0]
    monkeypatch.setattr(loop, "Deadline", lambda seconds: Deadline(seconds, clock=lambda: now[0]))

    def slow(missing, call):
        now[0] += 3600
        return {"city": "Oslo"}

    result = agent(ScriptedRouter([NO_CITY]), ask=slow, budget=Budget(seconds=5)).run("weather", now=NOW)
    assert result.effect.status == "completed"
