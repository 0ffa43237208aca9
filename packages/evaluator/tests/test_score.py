"""The scorer catches each kind of error: gold answers are mutated one way at a time."""

import dataclasses

import pytest

from toolsmith_evaluator.score import ERRORS, grade, score
from toolsmith_schema import NoTool, Toolbox, ToolCall

from .conftest import NONE, call, example, predicted, text

WEATHER = call("get_weather", city="Oslo", date="tomorrow")
EVENT = call(
    "create_event", title="team lunch", date="next Friday", time="noon", duration_minutes="half an hour"
)
EMAIL = call("send_email", to="Ana", subject="Budget", body="the numbers are in")
SHORT_EMAIL = call("send_email", to="Ana", body="hi")
MONEY = call("convert_currency", amount="1,499", from_currency="dollars", to_currency="EUR")
GUESTS = call("create_event", title="review", date="friday", attendees=["Ana", "Bo"])
SEARCH = call("search_web", query="x", max_results="1")
CELSIUS = call("get_weather", city="Oslo", units="celsius")


def but(gold: ToolCall, **changes: object) -> ToolCall:
    """`gold` with other or further arguments; an argument set to ``...`` is left out."""
    args = {name: value for name, value in {**gold.args, **changes}.items() if value is not ...}
    return ToolCall(tool=gold.tool, args=args)


WRONG = [
    ("another tool", WEATHER, SEARCH, "wrong_tool"),
    ("a twin tool", SHORT_EMAIL, call("send_message", to="Ana", text="hi"), "wrong_tool"),
    ("a tool that does not exist", WEATHER, call("get_wether", **WEATHER.args), "invalid"),
    ("a call where nothing fits", NoTool(), WEATHER, "false_call"),
    ("an incomplete call where nothing fits", NoTool(), call("get_weather"), "false_call"),
    ("a refusal where a call is wanted", WEATHER, NoTool(), "missed_call"),
    ("an optional argument too many", WEATHER, but(WEATHER, units="celsius"), "extra_argument"),
    ("an argument that the tool has not", WEATHER, but(WEATHER, country="Norway"), "extra_argument"),
    ("a required argument left out", WEATHER, but(WEATHER, city=...), "missing_argument"),
    ("an optional argument left out", WEATHER, but(WEATHER, date=...), "missing_argument"),
    ("an argument under another name", EMAIL, but(EMAIL, subject=..., title="Budget"), "extra_argument"),
    ("a span cut at its end", EMAIL, but(EMAIL, body="the numbers are"), "cut_span"),
    ("a span cut at its start", EMAIL, but(EMAIL, body="numbers are in"), "cut_span"),
    ("a span cut within a word", WEATHER, but(WEATHER, city="Osl"), "cut_span"),
    ("a span that takes too much", EMAIL, but(EMAIL, to="Ana about"), "long_span"),
    ("another value", WEATHER, but(WEATHER, city="Rome"), "wrong_value"),
    ("an empty value", EMAIL, but(EMAIL, subject=""), "wrong_value"),
    ("another day", WEATHER, but(WEATHER, date="today"), "wrong_value"),
    ("another hour", EVENT, but(EVENT, time="1pm"), "wrong_value"),
    ("another length", EVENT, but(EVENT, duration_minutes="two hours"), "wrong_value"),
    ("values swapped", MONEY, but(MONEY, from_currency="EUR", to_currency="dollars"), "wrong_value"),
    ("a guest too few", GUESTS, but(GUESTS, attendees=["Ana"]), "cut_span"),
    ("guests in another order", GUESTS, but(GUESTS, attendees=["Bo", "Ana"]), "wrong_value"),
    ("a value that cannot be converted", WEATHER, but(WEATHER, date="blue"), "wrong_value"),
    ("a number for a city", WEATHER, but(WEATHER, city=7), "wrong_value"),
    ("true for a number", SEARCH, but(SEARCH, max_results=True), "wrong_value"),
    ("a tenth of the amount", but(MONEY, amount="15"), but(MONEY, amount="1.5"), "wrong_value"),
    ("a negative amount", MONEY, but(MONEY, amount="-1,499"), "long_span"),
]

RIGHT = [
    ("the same said forms", WEATHER, WEATHER),
    ("keys in another order", WEATHER, call("get_weather", date="tomorrow", city="Oslo")),
    ("a date in its typed form", WEATHER, but(WEATHER, date="2026-11-24")),
    ("another way to say the same day", WEATHER, but(WEATHER, date="Nov 24")),
    ("another case", WEATHER, call("get_weather", city="OSLO", date="Tomorrow")),
    ("another way to say times and lengths", EVENT, but(EVENT, time="12:00", duration_minutes=30)),
    ("a number and codes", MONEY, but(MONEY, amount=1499.0, from_currency="USD", to_currency="euros")),
    (
        "end punctuation and quotation marks",
        EMAIL,
        but(EMAIL, subject="“Budget”", body="The numbers are in!"),
    ),
    ("spaces within free text", EMAIL, but(EMAIL, to=" Ana ", body="the  numbers\nare in")),
    ("full-width letters", WEATHER, but(WEATHER, city="Ｏｓｌｏ")),
    ("an enum in capitals", CELSIUS, but(CELSIUS, units="CELSIUS")),
    ("an optional argument given as null", CELSIUS, but(CELSIUS, date=None)),
    ("a list said in one piece", GUESTS, but(GUESTS, attendees="Ana and Bo")),
    ("a refusal where nothing fits", NoTool(), NoTool()),
]


@pytest.mark.parametrize(("gold", "said", "kind"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_answer_is_wrong_and_named(judge, gold, said, kind):
    result = judge(said, gold).score
    assert not result.fully_correct
    assert not result.exact_strict
    assert result.error == kind


@pytest.mark.parametrize(("gold", "said"), [row[1:] for row in RIGHT], ids=[row[0] for row in RIGHT])
def test_a_right_answer_is_right_however_it_is_said(judge, gold, said):
    result = judge(said, gold).score
    assert result.fully_correct, result
    assert result.error is None
    assert result.arguments == ()
    assert result.args_right == result.args_wanted == result.args_given


def test_every_kind_of_error_has_a_mutation():
    assert {kind for *_, kind in WRONG} == set(ERRORS)


def test_strict_exactness_is_about_what_was_said(judge):
    assert judge(call("get_weather", date="tomorrow", city="Oslo"), WEATHER).score.exact_strict
    for said in (
        call("get_weather", city="oslo", date="tomorrow"),
        call("get_weather", city="Oslo", date="2026-11-24"),
        call("get_weather", city="Oslo.", date="tomorrow"),
    ):
        assert judge(said, WEATHER).score.fully_correct
        assert not judge(said, WEATHER).score.exact_strict
    money = call("convert_currency", amount=1, from_currency="USD", to_currency="EUR")
    for twin in (1.0, True, "1"):
        changed = dataclasses.replace(money, args={**money.args, "amount": twin})
        assert not judge(changed, money).score.exact_strict


GARBAGE = {
    "prose": "I cannot help with that.",
    "nothing": "",
    "half of a refusal": '{"tool": null, "args": {',
    "null": "null",
    "an empty list": "[]",
    "a refusal with arguments": '{"tool": null, "args": {"city": "Oslo"}}',
    "two decisions": '{"tool": null, "args": {}} {"tool": "get_weather", "args": {"city": "Oslo"}}',
    "a key given twice": '{"tool": null, "tool": null, "args": {}}',
    "an empty name": '{"tool": "", "args": {}}',
}


@pytest.mark.parametrize("raw", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_not_a_refusal(judge, raw):
    result = judge(raw, NoTool()).score
    assert not result.fully_correct
    assert not result.refused
    assert not result.called
    assert not result.schema_valid
    assert result.error == "invalid"


def test_prose_around_the_json_costs_valid_json_and_nothing_else(judge):
    inside = text(WEATHER)
    for raw in (f"Sure! {inside}", f"```json\n{inside}\n```", f"{inside} {inside}"):
        result = judge(raw, WEATHER).score
        assert not result.valid_json
        assert result.schema_valid
        assert result.fully_correct
    assert judge(f" {inside}\n", WEATHER).score.valid_json


def test_a_key_given_twice_is_no_decision_even_when_both_are_right(judge):
    raw = '{"tool": "get_weather", "args": {"city": "Oslo", "city": "Oslo", "date": "tomorrow"}}'
    result = judge(raw, WEATHER).score
    assert (result.valid_json, result.schema_valid, result.correct_tool, result.error) == (
        False,
        False,
        False,
        "invalid",
    )


def test_an_accepted_alternative_is_as_good_as_the_gold_answer(judge):
    other = call("set_reminder", text="lunch", when="noon")
    assert judge(other, EVENT, other).score.fully_correct
    assert judge(other, EVENT, other).score.exact_strict
    assert judge(EVENT, EVENT, other).score.fully_correct
    mixed = call("set_reminder", text="team lunch", when="noon")
    result = judge(mixed, EVENT, other).score
    assert (result.correct_tool, result.fully_correct, result.error) == (True, False, "long_span")


def test_the_nearest_accepted_answer_names_the_error(judge):
    wide = call("get_weather", city="Paris, Texas")
    narrow = call("get_weather", city="Paris", date="today")
    assert judge(call("get_weather", city="Paris, Texas", date="today"), wide, narrow).score.arguments == (
        ("date", "extra_argument"),
    )


def test_a_refusal_among_the_alternatives_makes_both_right_and_counts_for_precision_only(judge):
    for said in (NoTool(), WEATHER):
        result = judge(said, WEATHER, NoTool()).score
        assert result.fully_correct
        assert result.accepts_refusal
        assert not result.wants_refusal


def test_a_call_that_lacks_what_the_request_lacks_is_valid_and_right(judge):
    gold = call("send_message", to="Ana")
    result = judge(gold, gold).score
    assert (result.schema_valid, result.fully_correct) == (True, True)
    invented = judge(call("send_message", to="Ana", text="hi"), gold).score
    assert (invented.schema_valid, invented.error) == (True, "extra_argument")


def test_a_call_that_lacks_more_than_the_request_is_not_valid(judge):
    gold = call("send_message", to="Ana")
    assert not judge(call("send_message"), gold).score.schema_valid
    assert not judge(call("send_email", to="Ana"), gold).score.schema_valid
    assert not judge(call("get_weather", date="tomorrow"), WEATHER).score.schema_valid


def test_schema_valid_is_about_the_schema_and_not_about_being_right(judge):
    assert judge(call("search_web", query="anything"), WEATHER).score.schema_valid
    assert judge(NONE, WEATHER).score.schema_valid
    assert not judge(call("get_weather", city="Oslo", date="blue"), WEATHER).score.schema_valid
    assert not judge(call("search_web", query="x", max_results="99"), WEATHER).score.schema_valid
    assert not judge(call("get_weather", city="Oslo", country="NO"), WEATHER).score.schema_valid


def test_dates_are_read_against_the_clock_of_the_row(judge):
    from datetime import datetime

    said = call("get_weather", city="Oslo", date="2027-01-02")
    assert judge(said, WEATHER, now=datetime(2027, 1, 1, 8)).score.fully_correct
    assert not judge(said, WEATHER).score.fully_correct


def test_arguments_are_counted_one_by_one(judge):
    result = judge(call("get_weather", city="Oslo", date="today", units="celsius"), WEATHER).score
    assert (result.args_wanted, result.args_given, result.args_right) == (2, 3, 1)
    assert result.arguments == (("date", "wrong_value"), ("units", "extra_argument"))
    assert result.error == "extra_argument"


def test_a_value_that_only_repeats_the_default_may_be_left_out(judge):
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 1}},
        "required": ["city"],
    }
    box = Toolbox.from_json([{"name": "forecast", "inputSchema": schema}])
    with_default, without = call("forecast", city="Oslo", days="1"), call("forecast", city="Oslo")
    for gold, said in ((with_default, without), (without, with_default)):
        row = example(gold)
        assert grade(row, predicted(row, text(said), toolbox=box), box).score.exact_typed
    row = example(without)
    assert not grade(
        row, predicted(row, text(call("forecast", city="Oslo", days=2)), toolbox=box), box
    ).score.exact_typed


def test_the_score_depends_on_what_was_said_and_not_on_what_the_file_claims(toolbox):
    row = example(WEATHER)
    honest = predicted(row, text(call("get_weather", city="Oslo", date="today")))
    claimed = dataclasses.replace(honest, args={"city": "Oslo", "date": "2026-11-24"})
    assert score(row, claimed, toolbox) == score(row, honest, toolbox)


def test_a_prediction_of_another_request_is_refused(toolbox):
    row = example(WEATHER)
    other = dataclasses.replace(row, request="something else")
    with pytest.raises(ValueError, match="not one of the request"):
        score(other, predicted(row, NONE), toolbox)
