from datetime import date, datetime, time

import pytest

from toolsmith_dataset.draw import Draw
from toolsmith_dataset.expand import _clock
from toolsmith_dataset.values.fill import Context, Fill
from toolsmith_dataset.values.money import CURRENCIES
from toolsmith_dataset.values.registry import GOLD, filler
from toolsmith_schema import Toolbox, ToolCall, coerce

TOOLS = {
    "amount": "convert_currency",
    "at_time": "create_event",
    "date": "create_event",
    "duration": "create_event",
    "from_currency": "convert_currency",
    "limit": "query_table",
    "max_results": "search_web",
    "money": "convert_currency",
    "on_date": "get_weather",
    "time": "create_event",
    "to_currency": "convert_currency",
    "when": "set_reminder",
}
PREPOSITIONS = {"on", "at", "in", "for", "by", "around", "over", "@"}


def draw_one(slot: str, number: int, tool: str = "") -> tuple[Fill, datetime]:
    draw = Draw("test", slot, number)
    now = _clock(draw)
    register = ("plain", "terse", "noisy", "chatty", "indirect")[number % 5]
    context = Context(draw=draw, split="train", now=now, tool=tool, register=register)
    return filler(slot)(context), now


def as_wire(meant: object, slot: str) -> object:
    if isinstance(meant, datetime):
        return meant.isoformat(timespec="minutes")
    if isinstance(meant, time):
        return meant.isoformat("minutes")
    return meant.isoformat() if isinstance(meant, date) else meant


@pytest.mark.parametrize("slot", sorted(TOOLS))
def test_what_is_said_converts_to_what_is_meant(slot: str, toolbox: Toolbox) -> None:
    for number in range(250):
        fill, now = draw_one(slot, number, TOOLS[slot])
        said = {span.argument: fill.text[span.start : span.end] for span in fill.spans}
        found = coerce(ToolCall(tool=TOOLS[slot], args=said), toolbox, now)
        assert not found.violations, (fill.text, now, found.violations)
        if fill.meant is not None:
            (value,) = found.call.args.values()
            assert value == as_wire(fill.meant, slot), (fill.text, now)


@pytest.mark.parametrize("slot", ["at_time", "date", "on_date", "time", "when"])
def test_a_value_never_begins_with_a_preposition(slot: str) -> None:
    for number in range(250):
        fill, _ = draw_one(slot, number)
        (span,) = fill.spans
        assert fill.text[span.start :].split()[0].casefold() not in PREPOSITIONS, fill.text


def test_an_adverb_of_a_day_or_moment_keeps_its_preposition_outside_the_value() -> None:
    texts = {fill.text for number in range(400) for fill in [draw_one("on_date", number)[0]]}
    assert any(text.startswith("on ") for text in texts)
    whens = [draw_one("when", number)[0] for number in range(400)]
    assert any(fill.text.startswith("in ") and fill.spans[0].start == 3 for fill in whens)


def test_every_name_and_sign_of_more_than_forty_currencies_means_its_code(toolbox: Toolbox) -> None:
    assert len({currency.code for currency in CURRENCIES}) > 40
    for currency in CURRENCIES:
        for said in (currency.code, *currency.names, *currency.casual, *currency.signs, *currency.after):
            args = {"amount": "20", "from_currency": said, "to_currency": "XAU"}
            call = coerce(ToolCall(tool="convert_currency", args=args), toolbox, datetime(2026, 11, 23)).call
            assert call.args["from_currency"] == currency.code, said


def test_amount_and_currency_are_separate_parts_of_the_text() -> None:
    for number in range(300):
        fill, _ = draw_one("money", number)
        first, second = sorted(fill.spans, key=lambda span: span.start)
        assert {first.argument, second.argument} == {"amount", "from_currency"}
        assert 0 <= first.start < first.end <= second.start < second.end == len(fill.text)


def test_attendees_are_spans_of_a_list_of_names() -> None:
    for number in range(100):
        fill, _ = draw_one("attendees", number)
        names = [fill.text[span.start : span.end] for span in fill.spans]
        assert 1 <= len(names) <= 4 and len(set(names)) == len(names)
        assert all(
            span.item and name == name.strip(" ,&") for span, name in zip(fill.spans, names, strict=True)
        )


def test_every_placeholder_has_many_texts() -> None:
    few = {"channel", "status", "table", "units", "max_results"}
    for slot in sorted(GOLD.keys() - few):
        texts = {draw_one(slot, number)[0].text for number in range(120)}
        assert len(texts) > 30, slot
