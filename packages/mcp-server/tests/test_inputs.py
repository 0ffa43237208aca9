import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolsmith_mcp_server.inputs import MAX_ERRORS, input_errors
from toolsmith_schema import Tool, Toolbox

BOX = Toolbox.default()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("get_weather", {}, ["The argument /city is missing: City or place, as the user named it."]),
        ("get_weather", {"city": 7}, ["The argument /city must be a string, but is 7."]),
        ("get_weather", {"city": "Oslo", "units": "kelvin"}, ["The argument /units must be one of"]),
        ("get_weather", {"city": "Oslo", "date": "tomorrow"}, ["/date must be a date such as 2026-12-01"]),
        ("get_weather", {"city": "Oslo", "wind": True}, ["/wind must be left out"]),
        (
            "convert_currency",
            {"amount": float("nan"), "from_currency": "USD", "to_currency": "EUR"},
            ["/amount is not a finite number"],
        ),
        ("send_message", {"to": "\ud800", "text": "hello"}, ["/to contains half of a surrogate pair"]),
        ("send_message", {"to": "Ana", "text": "hello", "\udfff": 1}, ["contains half of a surrogate pair"]),
        ("send_message", {}, ["/to is missing", "/text is missing"]),
        (
            "create_event",
            {"title": "x", "date": "2026-12-01", "attendees": ["Ana", ""]},
            ["/attendees/1 must be"],
        ),
    ],
)
def test_each_thing_wrong_is_one_sentence_that_names_its_place(tool, arguments, said):
    errors = input_errors(tool, arguments, BOX)
    assert len(errors) == len(said)
    assert all(part in error for part, error in zip(said, errors, strict=True))


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_weather", {"city": "Oslo", "date": "2026-12-01", "units": "celsius"}),
        ("convert_currency", {"amount": 0.5, "from_currency": "USD", "to_currency": "EUR"}),
        ("create_event", {"title": "Lunch", "date": "2026-12-01", "time": "12:30", "attendees": []}),
    ],
)
def test_arguments_that_fit_have_nothing_wrong(tool, arguments):
    assert input_errors(tool, arguments, BOX) == []


def test_deep_nesting_is_refused_before_a_schema_sees_it():
    deep = []
    for _ in range(5000):
        deep = [deep]
    assert input_errors("get_weather", {"city": deep}, BOX) == [
        "The arguments are nested deeper than 32 levels."
    ]


def test_what_is_told_is_bounded_in_number_and_length():
    arguments = {f"argument_{i}" * 200: i for i in range(500)}
    errors = input_errors("get_weather", {"city": "Oslo", **arguments}, BOX)
    assert len(errors) == MAX_ERRORS
    assert all(len(error) <= 501 for error in errors)


@given(
    tool=st.sampled_from(BOX.names),
    arguments=st.dictionaries(st.text(st.characters()), json_values, max_size=5),
)
def test_whatever_comes_is_judged_in_text_that_can_be_sent(tool, arguments):
    for error in input_errors(tool, arguments, BOX):
        assert 0 < len(error) < 2000
        error.encode("utf-8")


@given(city=json_values)
def test_what_is_let_through_is_what_the_schema_asks_for(city):
    fits = isinstance(city, str) and city != "" and not any("\ud800" <= c <= "\udfff" for c in city)
    assert (input_errors("get_weather", {"city": city}, BOX) == []) == fits


def test_a_schema_without_properties_takes_what_it_allows():
    anything = Toolbox(
        tools=(Tool(name="open", input_schema={"type": "object", "additionalProperties": True}),)
    )
    assert input_errors("open", {"whatever": [1]}, anything) == []
