"""A model's text is exactly one decision, or an error that says why not."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolsmith_schema import NoTool, ParseError, ToolCall, is_strict_json, parse
from toolsmith_schema.parse import KINDS, MAX_DEPTH

TOKYO = ToolCall(tool="get_weather", args={"city": "Tokyo"})
WIRE = '{"tool": "get_weather", "args": {"city": "Tokyo"}}'


@pytest.mark.parametrize(
    "text",
    [
        WIRE,
        f"  {WIRE}\n",
        f"Sure, here you are:\n{WIRE}\nAnything else?",
        f"```json\n{WIRE}\n```",
        f"<tool_call>\n{WIRE}\n</tool_call>",
        f"[{WIRE}]",
        f"{WIRE}\n{WIRE}",
        '{"args": {"city": "Tokyo"}, "tool": "get_weather"}',
        '{"name": "get_weather", "arguments": {"city": "Tokyo"}}',
        '<tool_call>{"name": "get_weather", "arguments": "{\\"city\\": \\"Tokyo\\"}"}</tool_call>',
        '{"tool": "get_weather", "args": {"city": "\\u0054okyo"}}',
    ],
)
def test_one_object_is_read_alone_in_prose_in_fences_and_in_tags(text: str) -> None:
    assert parse(text) == TOKYO


@pytest.mark.parametrize(
    "text", ['{"tool": null, "args": {}}', '{"tool": null}', '{"name": null, "arguments": "{}"}']
)
def test_a_null_tool_is_an_explicit_refusal(text: str) -> None:
    assert parse(text) == NoTool()


REFUSED = {
    "": "empty",
    " \n\t": "empty",
    "I cannot help with that.": "no_object",
    "[]": "no_object",
    "null": "no_object",
    '{"tool": "a", "args": {}} {"tool": "b", "args": {}}': "two_objects",
    '{"tool": "a", "args": {"n": 1}} {"tool": "a", "args": {"n": true}}': "two_objects",
    '{"tool": "a", "args": {}} or {}': "two_objects",
    '{"tool": "a", "tool": "b", "args": {}}': "duplicate_key",
    '{"tool": "a", "args": {"x": 1, "x": 1}}': "duplicate_key",
    '{"tool": "a", "args": {"x": NaN}}': "not_finite",
    '{"tool": "a", "args": {"x": -Infinity}}': "not_finite",
    '{"tool": "a", "args": {"x": 1e999}}': "not_finite",
    '{"tool": "a", "args": {"x": ' + "9" * 5000 + "}}": "not_finite",
    '{"tool": "a", "args": {"x": "\\ud800"}}': "surrogate",
    '{"tool": "a", "args": {"x": "\ud800"}}': "surrogate",
    '{"tool": "a", "args": {"\\udfff": 1}}': "surrogate",
    '{"tool": "a", "args": {"x": 1}': "truncated",
    '{"tool": "a", "args": {"x": "ab': "truncated",
    '{"tool": "a", "args": {}}}': "malformed",
    '} {"tool": "a", "args": {}}': "malformed",
    '{{"tool": "a", "args": {}}}': "malformed",
    "{'tool': 'a', 'args': {}}": "malformed",
    '{tool: "a"}': "malformed",
    '{"tool": "a", "args": {"x": "line\nbreak"}}': "malformed",
    'Use {city} here: {"tool": "a", "args": {}}': "malformed",
    '{"tool": "a", "args": {}, "why": "because"}': "not_a_decision",
    '{"tool": "a", "arguments": {}}': "not_a_decision",
    '{"city": "Tokyo"}': "not_a_decision",
    '{"tool": 7, "args": {}}': "not_a_decision",
    '{"tool": "", "args": {}}': "not_a_decision",
    '{"tool": "a", "args": []}': "not_a_decision",
    '{"tool": "a", "args": null}': "not_a_decision",
    '{"tool": null, "args": {"x": 1}}': "not_a_decision",
    '{"name": "a", "arguments": ""}': "not_a_decision",
    '{"name": "a", "arguments": "{} {}"}': "not_a_decision",
    '{"name": "a", "arguments": "[1]"}': "not_a_decision",
    '{"tool": "a", "args": ' + "[" * (MAX_DEPTH + 5) + "]" * (MAX_DEPTH + 5) + "}": "too_deep",
    '{"a":' * 100_000: "too_deep",
}


@pytest.mark.parametrize(
    ("text", "kind"), REFUSED.items(), ids=[f"{i}-{k}" for i, k in enumerate(REFUSED.values())]
)
def test_everything_else_is_refused_with_its_kind_its_reason_and_the_raw_text(text: str, kind: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert caught.value.kind == kind
    assert caught.value.raw == text
    assert caught.value.reason in str(caught.value.for_model)
    str(caught.value).encode("utf-8")


def test_each_kind_of_refusal_has_a_case_here() -> None:
    assert set(REFUSED.values()) == set(KINDS)


@pytest.mark.parametrize(
    "unit",
    [
        "{",
        "}",
        "a",
        '{"',
        '{"a":[',
        '{"a":{},',
        "[",
        '"',
        "\\",
        '{"tool": "a", "args": {}}',
        '{"a": "',
        "é{}",
    ],
)
def test_a_megabyte_of_anything_takes_time_in_proportion_to_its_length(unit: str) -> None:
    text = (unit * (1_000_000 // len(unit) + 1))[:1_000_000]
    start = time.process_time()
    for candidate in (text, WIRE + text, text + WIRE):
        try:
            parse(candidate)
        except ParseError as error:
            assert error.kind in KINDS
    assert time.process_time() - start < 5


def test_a_megabyte_inside_an_argument_is_read() -> None:
    body = "word " * 200_000 + "end"
    assert parse(json.dumps({"tool": "send_email", "args": {"body": body}})) == ToolCall(
        tool="send_email", args={"body": body}
    )


@given(st.text(alphabet=st.sampled_from('{}[]":,\\ae1 \n\ud800toolargsnull'), max_size=60))
def test_no_text_crashes_the_parser(text: str) -> None:
    try:
        parse(text)
    except ParseError as error:
        assert error.kind in KINDS


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text().map(str.strip),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_white_space_around_an_argument_is_not_part_of_it() -> None:
    text = '{"tool": "x", "args": {"a": " Oslo ", "b": [" Ann", "Bo\\n"], "c": {"d": "\\t1"}, "e": 2}}'
    assert parse(text) == ToolCall(tool="x", args={"a": "Oslo", "b": ["Ann", "Bo"], "c": {"d": "1"}, "e": 2})


@given(st.dictionaries(st.text(), JSON, max_size=4), st.text(min_size=1))
def test_what_is_written_in_wire_form_is_read_back(args: dict[str, object], tool: str) -> None:
    call = ToolCall(tool=tool, args=args)
    text = json.dumps(call.to_json(), ensure_ascii=False)
    assert parse(text) == call
    assert is_strict_json(text)


@pytest.mark.parametrize(
    ("text", "strict"),
    [
        (WIRE, True),
        (f"\n{WIRE} ", True),
        ('{"tool": null, "args": {}}', True),
        (f"Sure: {WIRE}", False),
        (f"```json\n{WIRE}\n```", False),
        ('{"name": "a", "arguments": {}}', False),
        ('{"tool": "a"}', False),
        ('{"tool": "a", "args": {}, "x": 1}', False),
        ('{"tool": "a", "args": "{}"}', False),
        ('{"tool": "a", "args": {"x": NaN}}', False),
        ('{"tool": "a", "tool": "a", "args": {}}', False),
        (f"{WIRE}{WIRE}", False),
        (f"[{WIRE}]", False),
        ("", False),
        ('{"a":' * 100_000, False),
    ],
)
def test_strict_json_is_the_wire_object_and_nothing_else(text: str, strict: bool) -> None:
    assert is_strict_json(text) is strict
