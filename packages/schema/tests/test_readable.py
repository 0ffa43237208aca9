"""Which words of a request are dates, times, numbers, currencies; and that the grammar allows just these."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolsmith_schema import Tool, Toolbox
from toolsmith_schema.grammar import chunks, span_grammar
from toolsmith_schema.readable import MOST_RUNS, Reading, readable, reading

BOX = Toolbox.default()


def said(kind: str, request: str, unit: str | None = None) -> set[str]:
    pieces = chunks(f" {request}")
    runs = readable(Reading(kind=kind, unit=unit), pieces)
    assert runs is not None
    return {"".join(pieces[first:end]) for first, end in runs}


@pytest.mark.parametrize(
    ("tool", "name", "wanted"),
    [
        ("get_weather", "date", Reading(kind="date")),
        ("create_event", "time", Reading(kind="time")),
        ("create_event", "duration_minutes", Reading(kind="number", unit="minute")),
        ("set_reminder", "when", Reading(kind="date-time")),
        ("query_table", "limit", Reading(kind="number")),
        ("convert_currency", "to_currency", Reading(kind="currency")),
        ("get_weather", "city", None),
        ("create_event", "attendees", None),
    ],
)
def test_an_argument_is_read_as_its_schema_says(tool: str, name: str, wanted: Reading | None) -> None:
    assert reading(name, BOX[tool].properties[name]) == wanted


@pytest.mark.parametrize(
    ("kind", "unit", "request_", "right"),
    [
        ("date", None, "weather in Oslo on the last day of the month, please", "the last day of the month"),
        ("date", None, "Wetter am 5 de mayo oder so", "5 de mayo"),
        ("date", None, "lunch on 30 February", "30 February"),
        ("time", None, "call at 9 p.m. sharp", "9 p.m."),
        ("time", None, "call at half past seven", "half past seven"),
        ("date-time", None, "ping me in three quarters of an hour", "in three quarters of an hour"),
        ("date-time", None, "ping me tomorrow at 8, ok", "tomorrow at 8"),
        ("number", "minute", "block 1h30 for it", "1h30"),
        ("number", "minute", "block an hour and a half", "an hour and a half"),
        ("number", None, "$1,499.50 to yen", "1,499.50"),
        ("number", None, "half a million kroner", "half a million"),
        ("number", None, "25x clients", "25"),
        ("currency", None, "RM8,000 in New Zealand dollars", "RM"),
        ("currency", None, "RM8,000 in New Zealand dollars", "New Zealand dollars"),
        ("currency", None, "2 pesos to A$", "A$"),
        ("currency", None, "2 pesos to A$", "pesos"),
    ],
)
def test_words_that_can_be_read_so_are_found(kind: str, unit: str | None, request_: str, right: str) -> None:
    assert right in said(kind, request_, unit)


@pytest.mark.parametrize(
    ("kind", "request_"),
    [
        ("date", "what's the weather like in Oslo"),
        ("date", "the end of it all and so on"),
        ("time", "tell Bo the door is open"),
        ("date-time", "remind me of the milk"),
        ("number", "show me the refunds, please"),
        ("currency", "whatsapp our CFO: bring the invoices, plz"),
        ("currency", "42"),
    ],
)
def test_words_that_cannot_are_not(kind: str, request_: str) -> None:
    assert said(kind, request_) == set()


def test_a_currency_has_no_joining_word_before_it() -> None:
    assert said("currency", "5 euros to the yen") == {"euros", "yen"}


def test_a_request_with_too_many_numbers_is_not_searched() -> None:
    pieces = chunks(" 7 8" * MOST_RUNS)
    start = time.perf_counter()
    assert readable(Reading(kind="date-time"), pieces) is None
    assert time.perf_counter() - start < 5, "the number of runs is bounded, and with it the work"
    assert "read_date_time_: SPAN" in span_grammar(BOX, "".join(pieces)[1:])


def test_an_argument_that_is_not_said_has_no_place_in_the_grammar() -> None:
    assert "to_currency" not in span_grammar(BOX, "weather in Oslo tomorrow")
    assert '\\"date\\"' in span_grammar(BOX, "weather in Oslo tomorrow")
    assert '\\"date\\"' not in span_grammar(BOX, "weather in Oslo")


def test_items_and_inner_objects_are_read_by_their_own_schemas() -> None:
    schema = {
        "type": "object",
        "properties": {
            "days": {"type": "array", "items": {"type": "string", "format": "date"}},
            "size": {"type": "object", "properties": {"width": {"type": "number"}}},
        },
    }
    box = Toolbox(tools=(Tool(name="t", input_schema=schema),))
    both = span_grammar(box, "5 wide on Monday")
    assert "days" in both and "width" in both
    neither = span_grammar(box, "as wide as you like")
    assert "days" not in neither and "width" not in neither


@given(st.text(max_size=60), st.sampled_from(["date", "time", "date-time", "number", "currency"]))
def test_any_text_has_a_list_of_runs(text: str, kind: str) -> None:
    for words in said(kind, text):
        assert words in f" {text}" and words == words.strip()
