"""Toolboxes are read from four forms, written to four, and refused with file, place and reason."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolsmith_schema import Tool, Toolbox, ToolboxError


def test_the_default_toolbox_has_eight_tools_and_keeps_its_order(toolbox: Toolbox) -> None:
    assert toolbox.names == (
        "get_weather",
        "send_email",
        "send_message",
        "create_event",
        "set_reminder",
        "search_web",
        "query_table",
        "convert_currency",
    )
    assert len(toolbox) == 8
    assert "get_weather" in toolbox
    assert toolbox["create_event"].required == ("title", "date")
    assert [tool.name for tool in toolbox] == list(toolbox.names)


@pytest.mark.parametrize("form", ["mcp", "openai", "anthropic"])
def test_what_is_written_in_a_form_is_read_back(toolbox: Toolbox, form: str) -> None:
    written = json.loads(json.dumps(getattr(toolbox, f"to_{form}")()))
    again = Toolbox.from_json(written)
    assert getattr(again, f"to_{form}")() == written
    for tool in toolbox:
        assert again[tool.name].input_schema == tool.input_schema
        assert again[tool.name].description == tool.description
    if form == "mcp":
        assert again == toolbox
        assert again.fingerprint == toolbox.fingerprint


def test_the_gemini_form_leaves_out_what_gemini_does_not_know_and_is_stable(toolbox: Toolbox) -> None:
    written = toolbox.to_gemini()
    text = json.dumps(written)
    assert "additionalProperties" not in text
    assert "exclusiveMinimum" not in text
    assert '"format": "date-time"' in text
    assert '"format": "date"' not in text
    again = Toolbox.from_json(json.loads(text))
    assert again.names == toolbox.names
    assert again.to_gemini() == written


def test_a_tool_without_arguments_has_no_parameters_in_the_gemini_form() -> None:
    toolbox = Toolbox.from_json([{"name": "ping"}])
    (written,) = toolbox.to_gemini()
    assert written["functionDeclarations"] == [{"name": "ping", "description": ""}]
    assert Toolbox.from_json(toolbox.to_gemini()) == toolbox


def test_a_property_may_have_the_name_of_a_keyword_that_gemini_does_not_know() -> None:
    schema = {"type": "object", "properties": {"additionalProperties": {"type": "string"}}}
    toolbox = Toolbox(tools=(Tool(name="t", input_schema=schema),))
    (written,) = toolbox.to_gemini()
    assert written["functionDeclarations"][0]["parameters"]["properties"] == schema["properties"]


def test_a_bare_list_and_an_object_with_tools_are_the_same(toolbox: Toolbox) -> None:
    assert Toolbox.from_json(toolbox.to_mcp()["tools"]) == toolbox


def test_the_fingerprint_depends_on_content_not_on_the_order_of_keys(toolbox: Toolbox) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in reversed(value)}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    assert Toolbox.from_json(shuffled(toolbox.to_mcp())).fingerprint == toolbox.fingerprint
    changed = toolbox.to_mcp()
    changed["tools"][0]["description"] += "!"
    assert Toolbox.from_json(changed).fingerprint != toolbox.fingerprint


def test_exports_do_not_share_state_with_the_toolbox(toolbox: Toolbox) -> None:
    fingerprint = toolbox.fingerprint
    toolbox.to_openai()[0]["function"]["parameters"]["properties"].clear()
    assert Toolbox.from_json(toolbox.to_mcp()).fingerprint == fingerprint


OBJECT = {"type": "object", "properties": {}}

MALFORMED: list[tuple[Any, str, str]] = [
    (None, "", "a list of tools is wanted, got null"),
    ("tools", "", "got a string"),
    ({}, "", 'an object with "tools"'),
    ({"tools": {}}, "/tools", "got an object"),
    ([], "", "no tools"),
    ({"tools": []}, "/tools", "no tools"),
    ([7], "/0", "a tool is an object, got a number"),
    ([{"description": "x"}], "/0/name", "a name"),
    ([{"name": "two words"}], "/0/name", "a name"),
    ([{"name": ""}], "/0/name", "a name"),
    ([{"name": "a" * 129}], "/0/name", "a name"),
    ([{"name": "a", "description": 7}], "/0/description", "a string is wanted"),
    ([{"name": "a", "inputSchema": []}], "/0/inputSchema", '"type": "object"'),
    ([{"name": "a", "inputSchema": {"type": "string"}}], "/0/inputSchema", '"type": "object"'),
    ([{"name": "a", "input_schema": True}], "/0/input_schema", '"type": "object"'),
    (
        [{"name": "a", "inputSchema": {"type": "object", "properties": {"x": {"type": "text"}}}}],
        "/0/inputSchema/properties/x/type",
        "not valid JSON Schema",
    ),
    (
        [{"name": "a", "inputSchema": {"type": "object", "properties": {"x": {"pattern": "("}}}}],
        "/0/inputSchema/properties/x/pattern",
        "not valid JSON Schema",
    ),
    (
        [{"name": "a", "inputSchema": {**OBJECT, "required": ["x"]}}],
        "/0/inputSchema/required",
        "'x' is required but has no property",
    ),
    ([{"name": "a", "annotations": []}], "/0/annotations", "an object is wanted"),
    ([{"name": "a"}, {"name": "a"}], "/1", "appears twice"),
    ([{"type": "function", "function": {"name": "!"}}], "/0/function/name", "a name"),
    ({"tools": [{"functionDeclarations": 3}]}, "/tools/0/functionDeclarations", "a list of functions"),
]


@pytest.mark.parametrize(("value", "pointer", "reason"), MALFORMED)
def test_a_malformed_toolbox_is_refused_with_source_place_and_reason(
    value: Any, pointer: str, reason: str
) -> None:
    with pytest.raises(ToolboxError) as caught:
        Toolbox.from_json(value, source="box.json")
    assert (caught.value.source, caught.value.pointer) == ("box.json", pointer)
    assert reason in caught.value.reason
    assert str(caught.value).startswith(f"box.json: at {pointer or '/'}: ")


def test_a_file_that_cannot_be_read_is_refused_with_its_name(tmp_path: Path) -> None:
    cases = {
        "text.json": b"not json",
        "latin.json": b'"\xe9"',
        "deep.json": b"[" * 100_000,
        "nan.json": b"NaN",
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
    for name in (*cases, "absent.json", "."):
        with pytest.raises(ToolboxError) as caught:
            Toolbox.load(tmp_path / name)
        assert str(tmp_path) in str(caught.value)


def test_a_file_is_read(tmp_path: Path, toolbox: Toolbox) -> None:
    path = tmp_path / "box.json"
    path.write_text(json.dumps(toolbox.to_openai()), encoding="utf-8")
    assert Toolbox.load(path).names == toolbox.names


NAMES = st.text(alphabet="abcXYZ019_.-", min_size=1, max_size=12)
LEAVES = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer", "minimum": 1},
        {"type": "number"},
        {"type": "string", "enum": ["a", "b"]},
        {"type": "string", "format": "date"},
        {"type": "array", "items": {"type": "string"}},
        {"type": "boolean", "description": "Schön"},
    ]
)


@given(
    st.dictionaries(
        NAMES,
        st.tuples(st.text(max_size=20), st.dictionaries(st.text(max_size=8), LEAVES, max_size=4)),
        min_size=1,
        max_size=4,
    )
)
def test_any_toolbox_survives_the_round_trip_through_every_form(
    tools: dict[str, tuple[str, dict[str, Any]]],
) -> None:
    toolbox = Toolbox(
        tools=tuple(
            Tool(
                name=name,
                description=description,
                input_schema={"type": "object", "properties": properties, "required": list(properties)[:1]},
            )
            for name, (description, properties) in tools.items()
        )
    )
    for written in (toolbox.to_mcp(), toolbox.to_openai(), toolbox.to_anthropic()):
        assert Toolbox.from_json(json.loads(json.dumps(written))).fingerprint == toolbox.fingerprint
    gemini = toolbox.to_gemini()
    assert Toolbox.from_json(json.loads(json.dumps(gemini))).to_gemini() == gemini
