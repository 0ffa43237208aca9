"""McNemar, the clustered bootstrap and Holm against known values."""

import random

import pytest

from toolsmith_evaluator import Paired, compare, mcnemar
from toolsmith_evaluator.paired import cluster_bootstrap, holm
from toolsmith_evaluator.score import grade
from toolsmith_schema import Toolbox, ToolsmithError

from .conftest import call, example, predicted, text

OSLO = call("get_weather", city="Oslo")
ROME = call("get_weather", city="Rome")


def answers(pattern: str, system: str, wordings: str = ""):
    """Rows right where `pattern` has a 1; row i is of the wording `wordings[i]`."""
    found = []
    for i, digit in enumerate(pattern):
        row = example(OSLO, id=str(i), wording=wordings[i] if wordings else "")
        said = text(OSLO if digit == "1" else ROME)
        found.append(grade(row, predicted(row, said, system=system), Toolbox.default()))
    return found


@pytest.mark.parametrize(
    ("fixed", "broken", "p"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 0, 0.0625),
        (6, 0, 0.03125),
        (0, 6, 0.03125),
        (10, 2, 0.0385742),
        (8, 8, 1.0),
        (21, 9, 0.0427739),
    ],
)
def test_mcnemar_is_the_two_sided_sign_test_of_the_changed_rows(fixed, broken, p):
    assert mcnemar(fixed, broken) == pytest.approx(p, abs=1e-6)


def test_the_four_cells_are_counted():
    pair = compare(answers("110011", "a"), answers("101111", "b"), part="test")
    assert (pair.both_right, pair.fixed, pair.broken, pair.both_wrong) == (3, 2, 1, 0)
    assert (pair.a, pair.b, pair.n, pair.clusters) == ("a", "b", 6, 6)
    assert pair.difference == pytest.approx(1 / 6)
    assert pair.low <= pair.difference <= pair.high


def test_only_rows_that_both_answered_count():
    pair = compare(answers("0000", "a"), answers("11", "b"), part="test")
    assert (pair.n, pair.fixed) == (2, 2)
    with pytest.raises(ToolsmithError, match="in common"):
        compare(answers("0", "a"), [], part="test")


def test_better_and_worse_need_significance():
    def of(fixed: int, broken: int) -> Paired:
        return compare(
            answers("0" * fixed + "1" * broken, "a"), answers("1" * fixed + "0" * broken, "b"), part="t"
        )

    assert of(6, 0).better
    assert not of(5, 0).better
    assert of(0, 6).worse
    assert not of(0, 6).better
    assert of(5, 0).to_json()["verdict"] == "no difference shown"


def test_the_bootstrap_is_the_same_every_time():
    values, clusters = [1.0, 0.0, 1.0, -1.0] * 10, [str(i) for i in range(40)]
    assert cluster_bootstrap(values, clusters) == cluster_bootstrap(values, clusters)
    assert cluster_bootstrap(values, clusters, seed=1) != cluster_bootstrap(values, clusters, seed=2)


def test_without_clusters_the_bootstrap_is_near_the_normal_interval():
    draw = random.Random(7)
    values = [float(draw.random() < 0.3) for _ in range(400)]
    mean = sum(values) / 400
    half = 1.96 * (mean * (1 - mean) / 400) ** 0.5
    low, high = cluster_bootstrap(values, list(range(400)))
    assert low == pytest.approx(mean - half, abs=0.006)
    assert high == pytest.approx(mean + half, abs=0.006)


def test_rows_that_move_together_widen_the_interval():
    draw = random.Random(7)
    per_wording = [float(draw.random() < 0.5) for _ in range(40)]
    values = [value for value in per_wording for _ in range(10)]
    apart = cluster_bootstrap(values, list(range(400)))
    together = cluster_bootstrap(values, [i // 10 for i in range(400)])
    ratio = (together[1] - together[0]) / (apart[1] - apart[0])
    assert ratio == pytest.approx(10**0.5, rel=0.15)


def test_one_cluster_or_no_change_leaves_no_width():
    assert cluster_bootstrap([1.0, 0.0], ["w", "w"]) == (0.5, 0.5)
    assert cluster_bootstrap([0.0] * 5, list("abcde")) == (0.0, 0.0)


def test_the_bootstrap_refuses_nothing_and_uneven_input():
    for values, clusters in (([], []), ([1.0], ["a", "b"])):
        with pytest.raises(ValueError, match="cluster"):
            cluster_bootstrap(values, clusters)


def test_the_interval_of_a_comparison_is_clustered_by_wording():
    a, b = "0" * 40, "1" * 20 + "0" * 20
    alone = compare(answers(a, "a"), answers(b, "b"), part="t")
    shared = compare(answers(a, "a", "x" * 10 + "y" * 30), answers(b, "b", "x" * 10 + "y" * 30), part="t")
    assert (shared.clusters, alone.clusters) == (2, 40)
    assert shared.high - shared.low > alone.high - alone.low


def test_holm_steps_down_and_never_orders_p_values_anew():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
