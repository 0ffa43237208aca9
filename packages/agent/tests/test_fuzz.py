"""Anything a model, a person or a caller says ends in an outcome; nothing of it runs what was not checked."""

import json
from datetime import datetime

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from toolsmith_agent import Agent, FunctionExecutor
from toolsmith_agent.events import MemorySink
from toolsmith_agent.redaction import Redactor
from toolsmith_schema import FunctionRouter, Toolbox, check, coerce, missing
from toolsmith_schema.errors import ParseError
from toolsmith_schema.parse import parse

from .conftest import NOW, Repairer

BOX = Toolbox.default()
SLOW_IS_FINE = settings(suppress_health_check=[HealthCheck.too_slow])

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
said = st.sampled_from(
    [
        "tomorrow",
        "half past noon",
        "twenty dollars",
        "EUR",
        "Oslo",
        "0x10",
        "1e400",
        "٣",
        "",
        " ",
        "-0",
        "next",
    ]
)
names = st.sampled_from([*BOX.names, "rm", ""]) | st.text(max_size=12)
arguments = st.dictionaries(
    st.sampled_from(sorted({name for tool in BOX for name in tool.properties})) | st.text(max_size=6),
    said | json_values,
    max_size=5,
)
calls = st.builds(lambda tool, args: json.dumps({"tool": tool, "args": args}), names, arguments)
answers = (
    st.text(max_size=80) | calls | calls.map(lambda text: f"Sure: {text}") | calls.map(lambda text: text[:-3])
)


def checked_executor(done):
    """Tools that fail when a call reaches them that the schema refuses."""

    def body(name):
        def run(**args):
            from toolsmith_schema import ToolCall

            call = ToolCall(tool=name, args=args)
            assert not check(call, BOX) and not missing(call, BOX)
            done.append(name)

        return run

    return FunctionExecutor({name: body(name) for name in BOX.names})


@SLOW_IS_FINE
@given(texts=st.lists(answers, min_size=1, max_size=3), request=st.text(max_size=60))
@example(texts=['{"tool": "get_weather", "args": {"city": "\\ud800"}}'], request="\ud800")
def test_whatever_tiers_answer_the_run_ends_in_an_outcome_that_can_be_written_down(texts, request):
    done, sink = [], MemorySink()
    tiers = [FunctionRouter(lambda _, text=text: text, name=f"t{i}") for i, text in enumerate(texts)]
    tiers.append(Repairer(*texts, *texts, *texts))
    agent = Agent(tiers, BOX, executor=checked_executor(done), sink=sink, confirm=lambda call, tool: True)
    result = agent.run(request, now=NOW)
    assert result.outcome in ("call", "no_tool", "need_argument", "invalid")
    assert (result.effect is not None) == (result.outcome == "call") == bool(done)
    assert len(done) <= 1
    assert len({attempt.tier for attempt in result.attempts}) <= len(tiers)
    json.dumps(result.to_json())
    redactor = Redactor()
    rows = [event.to_json() for event in sink.events]
    for row in rows:
        redactor.learn(row)
    json.dumps([redactor.event(row) for row in rows])
    assert [event.seq for event in sink.events] == list(range(len(rows)))
    assert (rows[0]["event"], rows[-1]["event"]) == ("start", "end")


@SLOW_IS_FINE
@given(given_values=st.none() | st.dictionaries(st.sampled_from(["city", "units", "x"]), json_values | said))
def test_whatever_a_person_answers_nothing_runs_that_the_schema_refuses(given_values):
    done = []
    agent = Agent(
        [FunctionRouter(lambda _: '{"tool": "get_weather", "args": {}}')],
        BOX,
        executor=checked_executor(done),
        ask=lambda wanted, call: given_values,
    )
    result = agent.run("weather", now=NOW)
    assert result.outcome in ("call", "need_argument")
    assert bool(done) == (result.outcome == "call")


@SLOW_IS_FINE
@given(text=answers)
def test_a_text_is_a_decision_or_a_parse_error_and_saying_the_decision_again_is_the_same(text):
    try:
        decision = parse(text)
    except ParseError as error:
        assert error.raw == text and error.for_model
        return
    assert parse(json.dumps(decision.to_json())) == decision


@SLOW_IS_FINE
@given(
    text=calls,
    now=st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1)),
)
def test_conversion_never_breaks_and_converting_twice_changes_nothing_more(text, now):
    try:
        call = parse(text)
    except ParseError:
        return
    if call.to_json()["tool"] is None:
        return
    once = coerce(call, BOX, now)
    again = coerce(once.call, BOX, now)
    assert json.dumps(again.call.to_json()) == json.dumps(once.call.to_json())
    if not once.violations:
        assert not check(once.call, BOX)
