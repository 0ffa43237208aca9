"""A call is held against its tool's schema; every deviation is told with its place."""

import pytest

from toolsmith_schema import Toolbox, ToolCall, check, missing
from toolsmith_schema.check import Violation


def box(properties: dict[str, object], **schema: object) -> Toolbox:
    """A toolbox with one tool named t."""
    return Toolbox.from_json(
        [{"name": "t", "inputSchema": {"type": "object", "properties": properties, **schema}}]
    )


def pointers(violations: list[Violation]) -> list[str]:
    return [violation.pointer for violation in violations]


def test_a_valid_call_has_no_violations(toolbox: Toolbox) -> None:
    args = {
        "title": "Lunch",
        "date": "2026-12-01",
        "time": "12:30",
        "duration_minutes": 60,
        "attendees": ["Ana"],
    }
    assert check(ToolCall(tool="create_event", args=args), toolbox) == []


def test_every_violation_has_its_pointer_and_they_come_in_order(toolbox: Toolbox) -> None:
    args = {
        "title": "",
        "date": "tomorrow",
        "time": "3pm",
        "duration_minutes": 0,
        "attendees": ["Ana", 7, ""],
    }
    assert pointers(check(ToolCall(tool="create_event", args=args), toolbox)) == [
        "/attendees/1",
        "/attendees/2",
        "/date",
        "/duration_minutes",
        "/time",
        "/title",
    ]


def test_a_violation_is_one_sentence_for_a_model(toolbox: Toolbox) -> None:
    (violation,) = check(ToolCall(tool="get_weather", args={"city": "Oslo", "date": "soon"}), toolbox)
    assert violation.sentence == 'The argument /date must be a date such as 2026-12-01, but is "soon".'
    assert violation.to_json() == {
        "pointer": "/date",
        "expected": "a date such as 2026-12-01",
        "got": '"soon"',
        "message": "",
        "sentence": violation.sentence,
    }


def test_an_unknown_tool_is_a_violation_that_names_the_tools(toolbox: Toolbox) -> None:
    (violation,) = check(ToolCall(tool="book_flight"), toolbox)
    assert violation.pointer == ""
    assert "get_weather" in violation.expected
    assert "book_flight" in violation.got


def test_missing_arguments_are_told_apart_from_violations(toolbox: Toolbox) -> None:
    call = ToolCall(tool="create_event", args={"time": "15:00"})
    assert check(call, toolbox) == []
    assert missing(call, toolbox) == {"title": "Name of the event", "date": "Day of the event"}
    assert missing(ToolCall(tool="nothing"), toolbox) == {}


def test_an_argument_that_the_tool_does_not_name_is_a_violation_even_where_the_schema_is_silent() -> None:
    call = ToolCall(tool="t", args={"a": "x", "b/c~d": 1})
    assert pointers(check(call, box({"a": {"type": "string"}}))) == ["/b~1c~0d"]
    assert pointers(check(call, box({"a": {"type": "string"}}, additionalProperties=False))) == ["/b~1c~0d"]
    assert check(call, box({"a": {"type": "string"}}, additionalProperties=True)) == []
    assert check(call, box({"a": {"type": "string"}}, patternProperties={"^b": {}})) == []


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "date",
            ["2026-12-01", "2028-02-29"],
            ["2026-02-29", "2026-2-1", "01/02/2026", "tomorrow", "2026-12-01T10:00"],
        ),
        (
            "time",
            ["15:00", "15:00:30", "00:00", "15:00:30Z", "15:00+01:00"],
            ["25:00", "3pm", "15:60", "15", "9:00"],
        ),
        (
            "date-time",
            [
                "2026-12-01T15:00",
                "2026-12-01T15:00:30",
                "2026-12-01T15:00:30.5Z",
                "2026-12-01T15:00:00+01:00",
            ],
            ["2026-12-01", "2026-12-01 15:00", "2026-02-30T10:00", "2026-12-01T24:00", "noon"],
        ),
        ("duration", ["PT1H30M", "P1D", "P2W"], ["P", "PT", "90 minutes"]),
        ("email", ["ana@example.com"], ["ana", "ana@", "a b@example.com"]),
        ("uri", ["https://example.com/a?b=c"], ["example.com", "http://a b"]),
        ("uuid", ["123e4567-e89b-12d3-a456-426614174000"], ["123"]),
        ("ipv4", ["127.0.0.1"], ["1.2.3"]),
        ("regex", ["a+"], ["("]),
        ("no-such-format", ["anything"], []),
    ],
)
def test_formats_are_checked(name: str, good: list[str], bad: list[str]) -> None:
    toolbox = box({"x": {"type": "string", "format": name}})
    for value in good:
        assert check(ToolCall(tool="t", args={"x": value}), toolbox) == [], value
    for value in bad:
        assert pointers(check(ToolCall(tool="t", args={"x": value}), toolbox)) == ["/x"], value


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "integer"}, "5", "a whole number"),
        ({"type": ["string", "null"]}, 5, "a string or null"),
        ({"enum": ["a", "b"]}, "c", 'one of "a", "b"'),
        ({"const": 3}, 4, "3"),
        ({"type": "number", "exclusiveMinimum": 0}, 0, "a number greater than 0"),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, "usd", "three capital letters such as USD"),
        ({"type": "string", "maxLength": 2}, "abc", "a text of at most 2 characters"),
        ({"type": "array", "minItems": 2}, [1], "a list of at least 2 items"),
        ({"type": "array", "uniqueItems": True}, [1, 1], "valid under the schema's 'uniqueItems'"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 5, "valid under the schema's 'anyOf'"),
    ],
)
def test_what_is_expected_is_said_in_words(schema: dict[str, object], value: object, expected: str) -> None:
    (violation,) = check(ToolCall(tool="t", args={"x": value}), box({"x": schema}))
    assert violation.expected == expected


def test_a_reference_within_the_toolbox_is_followed() -> None:
    toolbox = box({"x": {"$ref": "#/$defs/day"}}, **{"$defs": {"day": {"type": "string", "format": "date"}}})
    assert check(ToolCall(tool="t", args={"x": "2026-12-01"}), toolbox) == []
    assert pointers(check(ToolCall(tool="t", args={"x": "soon"}), toolbox)) == ["/x"]


def test_a_reference_over_the_network_is_not_followed_but_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("a network connection was opened")

    monkeypatch.setattr("socket.socket.connect", no_network)
    monkeypatch.setattr("urllib.request.urlopen", no_network)
    toolbox = box({"x": {"$ref": "http://example.com/schema.json"}})
    (violation,) = check(ToolCall(tool="t", args={"x": 1}), toolbox)
    assert "http://example.com/schema.json" in violation.message


def test_a_schema_that_refers_to_itself_without_end_is_reported() -> None:
    toolbox = box({"x": {"$ref": "#/properties/x"}})
    (violation,) = check(ToolCall(tool="t", args={"x": 1}), toolbox)
    assert "nested too deeply" in violation.message


def test_a_long_or_odd_value_is_shown_cut_and_printable(toolbox: Toolbox) -> None:
    for value in ("x" * 10_000, "\ud800", ["\ud800"]):
        (violation,) = check(ToolCall(tool="get_weather", args={"city": "Oslo", "date": value}), toolbox)
        assert len(violation.got) <= 200
        violation.sentence.encode("utf-8")
