"""Equality of values by what the schema says they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolsmith_evaluator.values import canonical, fold, same, without_defaults

TEXT = {"type": "string"}
NUMBER = {"type": "number"}


@pytest.mark.parametrize(
    ("wanted", "given_", "schema"),
    [
        (1, 1.0, NUMBER),
        (0.1 + 0.2, 0.3, NUMBER),
        (True, True, {"type": "boolean"}),
        ("15:00", "15:00:00", {"type": "string", "format": "time"}),
        ("2026-12-01T09:00", "2026-12-01T09:00:00", {"type": "string", "format": "date-time"}),
        ("Open", "open", {"enum": ["open"]}),
        ("usd", "USD", {"type": "string", "pattern": "^[A-Z]{3}$"}),
        ("Hello,  World!", "hello, world", TEXT),
        ("'quoted'", "quoted", TEXT),
        ("Straße", "STRASSE", TEXT),
        ([1, 2], [2, 1], {"type": "array", "items": NUMBER, "uniqueItems": True}),
        ({"a": "X"}, {"a": "x."}, {"properties": {"a": TEXT}}),
        (None, None, {}),
        ("?!", "?!", TEXT),
    ],
)
def test_these_are_the_same(wanted, given_, schema):
    assert same(wanted, given_, schema)
    assert same(given_, wanted, schema)


@pytest.mark.parametrize(
    ("wanted", "given_", "schema"),
    [
        (1, True, {"type": "boolean"}),
        (0, False, NUMBER),
        (1.5, 15, NUMBER),
        (10**18, 10**18 + 1, NUMBER),
        ("1.5", "15", TEXT),
        ("-5", "5", TEXT),
        ("a.b", "ab", TEXT),
        ("15:00", "15:01", {"type": "string", "format": "time"}),
        ("15:00", "15:00Z", {"type": "string", "format": "time"}),
        ("1", 1, TEXT),
        ([1, 2], [2, 1], {"type": "array", "items": NUMBER}),
        ([1], [1, 1], {"type": "array", "items": NUMBER, "uniqueItems": True}),
        ([1, 1], [1, 2], {"type": "array", "items": NUMBER, "uniqueItems": True}),
        ({"a": 1}, {"a": 1, "b": 2}, {}),
        (None, "", TEXT),
        ("!", "?", TEXT),
        ("open", "open.", {"enum": ["open"]}),
    ],
)
def test_these_are_not(wanted, given_, schema):
    assert not same(wanted, given_, schema)
    assert not same(given_, wanted, schema)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_a_value_is_the_same_as_itself(value):
    assert same(value, value, {})


@given(st.text())
def test_folding_twice_changes_no_more_than_once(value):
    assert fold(fold(value)) == fold(value)


def test_canonical_json_tells_types_apart_and_not_the_order_of_keys():
    assert canonical({"a": 1, "b": [1, 2]}) == canonical({"b": [1, 2], "a": 1})
    assert len({canonical(value) for value in (1, 1.0, True, "1", [1])}) == 5


def test_only_values_equal_to_the_default_are_left_out():
    properties = {"n": {"type": "integer", "default": 1}, "flag": {"type": "boolean", "default": False}}
    assert without_defaults({"n": 1, "flag": True}, properties) == {"flag": True}
    assert without_defaults({"n": True, "flag": False}, properties) == {"n": True}
