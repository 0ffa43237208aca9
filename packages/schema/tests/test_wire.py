"""Prompt and target, examples and files: what is written is read back."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolsmith_schema import (
    DEFAULT_NOW,
    DataError,
    Example,
    NoTool,
    ScriptedRouter,
    Toolbox,
    ToolCall,
    ToolsmithError,
    is_strict_json,
    parse,
    read_examples,
    write_examples,
)
from toolsmith_schema.decision import decision_from_json
from toolsmith_schema.files import read_json, read_jsonl, write_bytes, write_json, write_jsonl
from toolsmith_schema.letter_case import call_as_read
from toolsmith_schema.prompt import messages, target, tools
from toolsmith_schema.router import FunctionRouter, Router

BOX = Toolbox.default()
SAID = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20).map(str.strip)


@st.composite
def decisions(draw: st.DrawFn) -> ToolCall | NoTool:
    if draw(st.booleans()):
        return NoTool()
    tool = draw(st.sampled_from(BOX.tools))
    return ToolCall(tool=tool.name, args=draw(st.dictionaries(st.sampled_from(list(tool.properties)), SAID)))


@given(decisions())
def test_what_is_rendered_as_a_target_is_parsed_to_the_same_decision(decision: ToolCall | NoTool) -> None:
    text = target(decision, BOX)
    assert parse(text) == decision
    assert is_strict_json(text)
    assert "\n" not in text


def test_a_target_has_its_keys_in_schema_order() -> None:
    call = ToolCall(tool="create_event", args={"time": "3pm", "date": "Friday", "title": "Déjeuner"})
    assert target(call, BOX) == (
        '{"tool": "create_event", "args": {"title": "Déjeuner", "date": "Friday", "time": "3pm"}}'
    )


@given(decisions(), SAID, SAID)
def test_spaces_before_arguments_are_taken_off_again(
    decision: ToolCall | NoTool, before: str, after: str
) -> None:
    values = [str(value) for value in getattr(decision, "args", {}).values()]
    request = " ".join([before, *values, after])
    assert parse(target(decision, BOX, request=request)) == call_as_read(decision, request, BOX)


@pytest.mark.parametrize(
    ("request_", "city"),
    [
        ("weather in Bonn", " Bonn"),
        ("Bonn weather", " Bonn"),
        ('is it wet in "Bonn"', "Bonn"),
        ("(Bonn) or Bonn?", " Bonn"),
        ("Bonner weather", "Bonn"),
        ("weather", "Bonn"),
    ],
)
def test_an_argument_is_written_with_the_space_that_it_has_in_the_request(request_: str, city: str) -> None:
    call = ToolCall(tool="get_weather", args={"city": "Bonn", "units": "celsius"})
    written = json.loads(target(call, BOX, request=f"{request_} celsius"))
    assert written["args"] == {"city": city, "units": "celsius"}


def test_items_of_a_list_have_their_own_spaces() -> None:
    call = ToolCall(tool="create_event", args={"attendees": ["Ann", "Bo"]})
    assert json.loads(target(call, BOX, request="lunch with Ann,Bo"))["args"]["attendees"] == [" Ann", "Bo"]


def test_a_target_that_the_toolbox_does_not_know_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        target(ToolCall(tool="fly"), BOX)
    with pytest.raises(KeyError):
        target(ToolCall(tool="get_weather", args={"mood": "x"}), BOX)


def test_the_prompt_begins_alike_for_every_request_and_ends_with_the_request() -> None:
    shot = Example(id="1", request="hi", decision=NoTool())
    first, second = messages("a", shots=[shot], toolbox=BOX), messages("b", shots=[shot], toolbox=BOX)
    assert first[:-1] == second[:-1]
    assert [turn["role"] for turn in first] == ["system", "user", "assistant", "user"]
    assert first[-1]["content"] == "a"
    assert tools(BOX) == BOX.to_openai()


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"args": {}},
        {"tool": "a", "args": []},
        {"tool": "a", "x": 1},
        {"tool": 1},
        {"tool": ""},
        {"tool": None, "args": {"a": 1}},
    ],
)
def test_what_is_no_decision_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        decision_from_json(value)


TEXT = st.text(max_size=30)


@given(
    st.builds(
        Example,
        id=TEXT,
        request=TEXT,
        decision=decisions(),
        alternatives=st.lists(decisions(), max_size=2).map(tuple),
        now=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
            lambda moment: moment.replace(second=0, microsecond=0)
        ),
        split=TEXT,
        wording=TEXT,
        note=TEXT,
    )
)
def test_an_example_survives_the_round_trip_through_json(example: Example) -> None:
    assert Example.from_json(json.loads(json.dumps(example.to_json()))) == example


def test_examples_survive_the_round_trip_through_a_file_lone_surrogates_too(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "examples.jsonl"
    examples = [
        Example(id="1", request="Grüße\u2028\nan Ana \U0001f600", decision=NoTool()),
        Example(id="2", request="broken \ud800", decision=ToolCall(tool="search_web", args={"query": "x"})),
    ]
    write_examples(path, examples)
    assert read_examples(path) == examples
    assert [entry.name for entry in path.parent.iterdir()] == ["examples.jsonl"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'{"request": "a", "decision": {"tool": null}}\n[1]\n', 2),
        (b"\n\nnot json\n", 3),
        (b'{"request": 5, "decision": {"tool": null}}\n', 1),
        (b'{"request": "a"}\n', 1),
        (b'{"request": "a", "decision": {"tool": null}, "now": "soon"}\n', 1),
        (b'{"request": "\xe9"}\n', 1),
        (b"[" * 100_000, 1),
    ],
)
def test_a_malformed_file_is_refused_with_its_name_and_line(
    tmp_path: Path, content: bytes, line: int
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_examples(path)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"{path}, line {line}: ")


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    for read in (read_json, read_examples):
        for path in (tmp_path / "absent", tmp_path):
            with pytest.raises(DataError, match=str(path)):
                read(path)


def test_a_torn_last_line_is_passed_over_only_when_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": ')
    assert list(read_jsonl(path, torn_tail=True)) == [{"a": 1}]
    with pytest.raises(DataError):
        list(read_jsonl(path))
    path.write_bytes(b'{"a": \n{"a": 1}')
    with pytest.raises(DataError):
        list(read_jsonl(path, torn_tail=True))


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = write_json(tmp_path / "value.json", {"a": 1})
    with pytest.raises(TypeError):
        write_jsonl(path, [{"a": object()}])
    with pytest.raises(TypeError):
        write_bytes(path, "text")  # type: ignore[arg-type]
    assert read_json(path) == {"a": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["value.json"]


def test_a_scripted_router_plays_its_script_remembers_and_then_raises() -> None:
    router = ScriptedRouter(['{"tool": null, "args": {}}', "garbage"])
    assert isinstance(router, Router)
    first, second = router.route(["a", "b"], BOX)
    assert first.decision == NoTool()
    assert second.decision is None
    assert second.error is not None
    assert second.error.raw == second.raw == "garbage"
    assert router.asked == ["a", "b"]
    with pytest.raises(ToolsmithError, match="one more"):
        router.route(["c"], BOX)


def test_a_function_router_asks_its_function_once_a_request() -> None:
    router = FunctionRouter(lambda request: target(ToolCall(tool="search_web", args={"query": request}), BOX))
    routed = router.route(["x", "y"], BOX)
    assert [row.decision.args["query"] for row in routed if isinstance(row.decision, ToolCall)] == ["x", "y"]
    assert all(row.latency_ms >= 0 and row.tier == "function" for row in routed)


def test_the_default_clock_is_a_monday_morning() -> None:
    assert (DEFAULT_NOW.weekday(), DEFAULT_NOW.hour) == (0, 9)
