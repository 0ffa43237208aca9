"""Rates, their intervals, and the groups they are counted in."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolsmith_evaluator import metrics
from toolsmith_evaluator.metrics import (
    METRICS,
    category,
    confusion,
    error_counts,
    grouped,
    parts,
    rates,
    wilson,
)
from toolsmith_schema import NoTool

from .conftest import NONE, call

OSLO = call("get_weather", city="Oslo")
ROME = call("get_weather", city="Rome")


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_wilson_gives_the_published_values(hits, n, low, high):
    # 81 of 263 is the example of Newcombe (1998), table I; the others follow from the closed form.
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


@settings(deadline=None)
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipy_s_wilson(pair):
    from scipy.stats import binomtest

    hits, n = pair
    theirs = binomtest(hits, n).proportion_ci(method="wilson")
    low, high = wilson(hits, n)
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= low <= hits / n <= high <= 1


def test_nothing_asked_has_no_rate_and_the_widest_interval():
    empty = rates([])["fully_correct"]
    assert (empty.rate, empty.low, empty.high) == (None, 0.0, 1.0)


def test_an_impossible_proportion_is_refused():
    with pytest.raises(ValueError, match="no proportion"):
        wilson(3, 2)


def test_the_ladder_and_the_restraint_are_counted_over_their_own_rows(judge):
    rows = [
        judge(OSLO, OSLO),
        judge(ROME, OSLO),
        judge("Well: " + '{"tool": "get_weather", "args": {"city": "Oslo"}}', OSLO),
        judge(NoTool(), OSLO),
        judge(NoTool(), NoTool()),
        judge(OSLO, NoTool()),
        judge("no idea", NoTool()),
        judge(NoTool(), OSLO, NoTool()),
    ]
    found = {name: (r.hits, r.n) for name, r in rates([row.score for row in rows]).items()}
    assert found == {
        "valid_json": (6, 8),
        "schema_valid": (7, 8),
        "correct_tool": (5, 8),
        "exact_strict": (3, 5),
        "exact_typed": (3, 5),
        "fully_correct": (4, 8),
        "no_tool_precision": (2, 3),
        "no_tool_recall": (1, 3),
        "false_call": (1, 3),
        "arg_precision": (2, 3),
        "arg_recall": (2, 4),
    }
    assert list(found) == list(METRICS)


def test_refusing_everything_has_full_recall_and_low_precision(judge):
    rows = [judge(NONE, gold) for gold in (NoTool(), OSLO, OSLO, OSLO)]
    found = rates([row.score for row in rows])
    assert (found["no_tool_recall"].rate, found["no_tool_precision"].rate) == (1.0, 0.25)
    assert found["false_call"].rate == 0.0


@pytest.mark.parametrize(
    ("wording", "name"),
    [
        ("test/hard.quoted/12", "quoted"),
        ("train/hard.near-duplicate/3", "near-duplicate"),
        ("test/get_weather/12", None),
        ("hard.quoted/1", None),
        ("", None),
    ],
)
def test_the_hard_category_is_read_from_the_wording(wording, name):
    assert category(wording) == name


def test_groups_are_by_split_bucket_register_and_tool_asked(judge):
    rows = [
        judge(OSLO, OSLO, bucket="hard", register="noisy", wording="test/hard.quoted/1"),
        judge(OSLO, NoTool(), bucket="easy", split="handwritten"),
    ]
    assert set(grouped(rows, "bucket")) == {"test/hard", "handwritten/easy"}
    assert set(grouped(rows, "register")) == {"noisy"}
    assert set(grouped(rows, "tool")) == {"get_weather", "no tool"}
    assert set(grouped(rows, "category")) == {"quoted"}
    assert confusion(rows) == {"get_weather": {"get_weather": 1}, "no tool": {"get_weather": 1}}
    assert error_counts(rows) == {"false_call": 1}


def test_a_text_that_is_no_call_of_a_known_tool_is_confused_with_nothing(judge):
    rows = [judge("eh", OSLO), judge(call("nope"), OSLO), judge(NONE, OSLO)]
    assert confusion(rows) == {"get_weather": {"invalid": 2, "no tool": 1}}


def test_the_hard_rows_are_a_part_of_their_own_when_they_are_many(judge, monkeypatch):
    monkeypatch.setattr(metrics, "MIN_PART", 2)
    few = [judge(OSLO, OSLO, bucket="hard"), judge(OSLO, OSLO, bucket="easy")]
    many = [*few, judge(ROME, OSLO, bucket="hard")]
    assert {name: len(rows) for name, rows in parts(few).items()} == {"test": 2}
    assert {name: len(rows) for name, rows in parts(many).items()} == {"test": 3, "test/hard": 2}


def test_half_widths_are_those_of_the_textbook():
    # At 85 % right: n = 100 gives about 7 points, n = 500 about 3 (normal approximation: 7.0 and 3.1).
    for n, points in ((100, 7.0), (500, 3.1)):
        low, high = wilson(round(0.85 * n), n)
        assert math.isclose(100 * (high - low) / 2, points, abs_tol=0.2)
