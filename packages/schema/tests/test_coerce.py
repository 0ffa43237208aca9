"""The model copies, code converts: a whole call, against a clock that is passed in."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolsmith_schema import DEFAULT_NOW, Toolbox, ToolCall, check, coerce


def box(properties: dict[str, object], **schema: object) -> Toolbox:
    """A toolbox with one tool named t."""
    return Toolbox.from_json(
        [{"name": "t", "inputSchema": {"type": "object", "properties": properties, **schema}}]
    )


def one(schema: dict[str, object], said: object, name: str = "x") -> tuple[Any, list[str]]:
    """The value that `said` becomes in an argument with that schema, and the violations' messages."""
    coerced = coerce(ToolCall(tool="t", args={name: said}), box({name: schema}), DEFAULT_NOW)
    return coerced.call.args.get(name), [violation.message for violation in coerced.violations]


def test_a_call_in_said_form_becomes_typed_and_every_conversion_is_reported(
    toolbox: Toolbox, now: datetime
) -> None:
    said = {
        "title": "Dinner at eight bells",
        "date": "next Friday",
        "time": "half past seven in the evening",
        "duration_minutes": "an hour and a half",
        "attendees": "Ana and Luis",
    }
    coerced = coerce(ToolCall(tool="create_event", args=said), toolbox, now)
    assert coerced.call.args == {
        "title": "Dinner at eight bells",
        "date": "2026-12-04",
        "time": "19:30",
        "duration_minutes": 90,
        "attendees": ["Ana", "Luis"],
    }
    assert coerced.violations == ()
    assert [(coercion.pointer, coercion.rule) for coercion in coerced.coercions] == [
        ("/date", "date"),
        ("/time", "time"),
        ("/duration_minutes", "number"),
        ("/attendees", "list"),
    ]
    assert coerced.coercions[0].to_json() == {
        "pointer": "/date",
        "said": "next Friday",
        "value": "2026-12-04",
        "rule": "date",
    }


def test_typed_values_pass_unchanged(toolbox: Toolbox, now: datetime) -> None:
    for call in (
        ToolCall(tool="convert_currency", args={"amount": 250, "from_currency": "USD", "to_currency": "EUR"}),
        ToolCall(tool="set_reminder", args={"text": "in an hour", "when": "2026-12-01T15:00:00+01:00"}),
        ToolCall(
            tool="create_event", args={"title": "x", "date": "2026-12-01", "attendees": ["Ana and Luis"]}
        ),
    ):
        coerced = coerce(call, toolbox, now)
        assert coerced.call == call
        assert (coerced.coercions, coerced.violations) == ((), ())


def test_open_text_is_never_touched(toolbox: Toolbox, now: datetime) -> None:
    args = {"to": "tomorrow", "body": " twenty  dollars, $20 ", "subject": "3PM"}
    assert coerce(ToolCall(tool="send_email", args=args), toolbox, now).call.args == args


@pytest.mark.parametrize("said", ["Feb 30", "asap", "all day", "25:00", "pesos", "1.499"])
def test_what_cannot_be_converted_is_left_as_said_and_reported_once(said: str) -> None:
    toolbox = box(
        {
            "date": {"type": "string", "format": "date"},
            "time": {"type": "string", "format": "time"},
            "minutes": {"type": "integer"},
            "amount": {"type": "number"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        }
    )
    args = dict.fromkeys(("date", "time", "minutes", "amount", "currency"), said)
    coerced = coerce(ToolCall(tool="t", args=args), toolbox, DEFAULT_NOW)
    assert coerced.call.args == args
    assert [violation.pointer for violation in coerced.violations] == sorted(f"/{name}" for name in args)
    assert all(violation.message and violation.sentence for violation in coerced.violations)


def test_the_clock_is_the_one_that_is_passed_in(toolbox: Toolbox) -> None:
    call = ToolCall(tool="get_weather", args={"city": "Oslo", "date": "tomorrow"})
    for now, day in (
        (datetime(2026, 12, 31, 23, 59), "2027-01-01"),
        (datetime(2028, 2, 28), "2028-02-29"),
        (datetime(2027, 2, 28, tzinfo=timezone(timedelta(hours=9))), "2027-03-01"),
    ):
        assert coerce(call, toolbox, now).call.args["date"] == day


def test_a_part_of_the_day_in_the_date_settles_the_hour(toolbox: Toolbox, now: datetime) -> None:
    args = {"title": "drinks", "date": "Friday evening", "time": "8"}
    typed = coerce(ToolCall(tool="create_event", args=args), toolbox, now).call.args
    assert (typed["date"], typed["time"]) == ("2026-11-27", "20:00")


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Celsius", "celsius"),
        ("in celsius", "celsius"),
        ("FAHRENHEIT", "fahrenheit"),
        ("degrees Celsius", "celsius"),
    ],
)
def test_an_enumeration_is_matched_aside_from_case_and_small_words(said: str, value: str) -> None:
    assert one({"type": "string", "enum": ["celsius", "fahrenheit"]}, said) == (value, [])


def test_an_enumeration_is_matched_aside_from_plural_and_spaces() -> None:
    schema: dict[str, object] = {"enum": ["orders", "in_progress", 10, "Orders total"]}
    assert one(schema, "order") == ("orders", [])
    assert one(schema, "In progress") == ("in_progress", [])
    assert one(schema, "ten") == (10, [])
    assert one(schema, "shipments")[1]


def test_an_enumeration_with_two_equal_readings_is_ambiguous() -> None:
    value, messages = one({"enum": ["Order", "orders"]}, "ORDERS S")
    assert value == "ORDERS S"
    assert messages
    assert one({"enum": ["item", "items"]}, "Items") == ("items", [])
    assert one({"enum": ["a b", "a_b"]}, "A-B")[1] == ["this could be a b or a_b"]


@pytest.mark.parametrize(
    ("schema", "said", "value"),
    [
        ({"type": "integer"}, "ten results", "ten results"),
        ({"type": "integer", "description": "Number of results"}, "ten results", 10),
        ({"type": "integer"}, "1,499", 1499),
        ({"type": "integer"}, 3.0, 3),
        ({"type": "integer"}, "2.5", "2.5"),
        ({"type": "number"}, "2.5", 2.5),
        ({"type": "number"}, "$1,499.50", 1499.5),
        ({"type": "number"}, "twenty bucks", 20),
        ({"type": "string"}, 5, "5"),
        ({"type": "string"}, True, True),
        ({"type": "integer"}, True, True),
        ({"type": "boolean"}, "yes", True),
        ({"type": "boolean"}, "off", False),
        ({"type": "boolean"}, "maybe", "maybe"),
        ({"type": ["integer", "null"]}, "five", 5),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "five", 5),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "tomorrow", "2026-11-24"),
        ({"oneOf": [{"type": "integer"}, {"enum": ["all"]}]}, "ALL", "all"),
        ({"type": "string", "format": "email"}, "<ana@example.com>", "ana@example.com"),
        ({"type": "string", "format": "email"}, "ana at example dot com", "ana@example.com"),
        ({"type": "string", "format": "email"}, "Ana", "Ana"),
        ({"type": "string", "format": "duration"}, "an hour and a half", "PT1H30M"),
        ({"type": "string", "format": "time"}, "15:00:30", "15:00:30"),
        ({"type": "string", "format": "date"}, "Christmas Eve", "2026-12-24"),
        ({"type": "string", "format": "date"}, "new year's eve", "2026-12-31"),
        ({"type": "string", "format": "date"}, "tomorrow morning", "2026-11-24"),
        ({"type": "string", "format": "date"}, "tonight", "2026-11-23"),
        ({"type": "string", "format": "date"}, "Friday at 3pm", "Friday at 3pm"),
        ({"type": "string", "format": "time"}, "tomorrow at 5", "tomorrow at 5"),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, "lax", "LAX"),
        ({"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217 code"}, "yen", "JPY"),
        ({"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217 code"}, "LAX", "LAX"),
        ({"$ref": "#/$defs/day"}, "tomorrow", "tomorrow"),
        (True, "anything", "anything"),
        ({}, "anything", "anything"),
    ],
)
def test_a_value_becomes_what_the_schema_asks_for(schema: Any, said: object, value: object) -> None:
    found, messages = one(schema, said)
    assert found == value
    assert type(found) is type(value)
    assert found != said or messages or check(ToolCall(tool="t", args={"x": found}), box({"x": schema})) == []


@pytest.mark.parametrize(
    ("name", "description", "said", "value"),
    [
        ("duration_minutes", "", "an hour", 60),
        ("durationMinutes", "", "1h30", 90),
        ("length", "Length in minutes", "half an hour", 30),
        ("length", "Length in minutes", "45", 45),
        ("minutes", "", "30m", 30),
        ("timeout_seconds", "", "two minutes", 120),
        ("days", "", "a week", 7),
        ("hours", "", "90 minutes", 1.5),
    ],
)
def test_a_length_of_time_is_counted_in_the_unit_that_the_argument_speaks_of(
    name: str, description: str, said: str, value: float
) -> None:
    assert one({"type": "number", "description": description}, said, name) == (value, [])


def test_a_part_of_a_minute_is_no_whole_number_of_minutes() -> None:
    assert one({"type": "integer"}, "30 seconds", "minutes") == ("30 seconds", ["this is not a whole number"])


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Ana and Luis", ["Ana", "Luis"]),
        ("Ana, Bo", ["Ana", "Bo"]),
        ("Ana, Bo, and Cy", ["Ana", "Bo", "Cy"]),
        ("Ana & Bo", ["Ana", "Bo"]),
        ("Alexandra", ["Alexandra"]),
        ('["Ana", "Bo"]', ["Ana", "Bo"]),
        (["Ana and Luis"], ["Ana and Luis"]),
        ([], []),
    ],
)
def test_a_scalar_becomes_a_list_and_only_a_scalar_is_split(said: object, value: list[str]) -> None:
    assert one({"type": "array", "items": {"type": "string"}}, said) == (value, [])


def test_a_list_of_typed_items_is_split_only_when_the_whole_is_not_one_item() -> None:
    numbers: dict[str, object] = {"type": "array", "items": {"type": "integer"}}
    assert one(numbers, "two hundred and fifty") == ([250], [])
    assert one(numbers, "1, 2 and three") == ([1, 2, 3], [])
    days: dict[str, object] = {"type": "array", "items": {"type": "string", "format": "date"}}
    assert one(days, "tomorrow and Friday") == (["2026-11-24", "2026-11-27"], [])


def test_objects_and_references_are_followed() -> None:
    day = {"type": "string", "format": "date"}
    toolbox = box(
        {
            "trip": {
                "type": "object",
                "properties": {"from": {"$ref": "#/$defs/day"}, "nights": {"type": "integer"}},
            }
        },
        **{"$defs": {"day": day}},
    )
    for said in ({"from": "tomorrow", "nights": "two"}, '{"from": "tomorrow", "nights": "two"}'):
        coerced = coerce(ToolCall(tool="t", args={"trip": said}), toolbox, DEFAULT_NOW)
        assert coerced.call.args == {"trip": {"from": "2026-11-24", "nights": 2}}
        assert coerced.violations == ()
        assert {"/trip/from", "/trip/nights"} <= {coercion.pointer for coercion in coerced.coercions}


def test_an_optional_argument_given_as_null_is_left_out_and_that_is_reported(
    toolbox: Toolbox, now: datetime
) -> None:
    coerced = coerce(ToolCall(tool="get_weather", args={"city": "Oslo", "date": None}), toolbox, now)
    assert coerced.call.args == {"city": "Oslo"}
    assert coerced.coercions[0].rule == "null"
    assert one({"type": ["string", "null"]}, None) == (None, [])


def test_unknown_tools_and_arguments_are_reported_not_dropped(toolbox: Toolbox, now: datetime) -> None:
    call = ToolCall(tool="get_weather", args={"city": "Oslo", "mood": "sunny"})
    coerced = coerce(call, toolbox, now)
    assert coerced.call == call
    assert [violation.pointer for violation in coerced.violations] == ["/mood"]
    assert coerce(ToolCall(tool="fly"), toolbox, now).violations[0].message == "there is no such tool"


FORMS = (
    "tomorrow|next Friday|the 5th|Feb 30|3pm|half past seven|25:00|in an hour|Friday evening|asap|an hour"
    "|1h30|twenty|1,499|1.499|$20|20 bucks|USD|yen|pesos|yes|celsius|ORDERS|Ana and Luis|Ana, Bo|null|[1]|{}|"
    "|2026-12-01|12:30|2026-12-01T15:00|ten rows|all day|0|-5"
)
SAID = st.sampled_from(FORMS.split("|"))
VALUES = st.recursive(
    SAID
    | st.text(max_size=12)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
WIDE = Toolbox.from_json(
    [
        *Toolbox.default().to_mcp()["tools"],
        {
            "name": "wide",
            "inputSchema": {
                "type": "object",
                "$defs": {"when": {"type": "string", "format": "date-time"}},
                "properties": {
                    "flag": {"type": "boolean"},
                    "email": {"type": "string", "format": "email"},
                    "span": {"type": "string", "format": "duration"},
                    "either": {
                        "anyOf": [{"type": "integer"}, {"type": "string", "format": "date"}, {"type": "null"}]
                    },
                    "numbers": {"type": "array", "items": {"type": "number"}, "maxItems": 3},
                    "code": {"type": "string", "pattern": "^[a-z]+$"},
                    "inner": {"type": "object", "properties": {"when": {"$ref": "#/$defs/when"}}},
                    "level": {"enum": ["low", "high", 3]},
                    "open": {},
                },
            },
        },
    ]
)


@st.composite
def calls(draw: st.DrawFn) -> ToolCall:
    tool = draw(st.sampled_from(WIDE.tools))
    names = st.sampled_from([*tool.properties, "unknown"])
    return ToolCall(tool=tool.name, args=draw(st.dictionaries(names, VALUES, max_size=5)))


@given(calls(), st.datetimes(datetime(1990, 1, 1), datetime(2150, 1, 1)))
@settings(max_examples=150)
def test_what_comes_back_conforms_or_is_reported_and_a_second_pass_changes_nothing(
    call: ToolCall, now: datetime
) -> None:
    before = json.dumps(call.to_json())
    first = coerce(call, WIDE, now)
    assert json.dumps(call.to_json()) == before, "the call that was given is not changed"
    reported = {violation.pointer for violation in first.violations}
    assert {violation.pointer for violation in check(first.call, WIDE)} <= reported
    second = coerce(first.call, WIDE, now)
    assert second.call == first.call
    assert second.coercions == ()
    assert second.violations == first.violations
