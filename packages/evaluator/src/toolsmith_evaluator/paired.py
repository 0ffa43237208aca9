"""Two systems on the same rows: what one fixed and the other broke, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from toolsmith_evaluator.score import Graded, Score
from toolsmith_schema.errors import ToolsmithError

SEED = 20261123
"""Seed of the bootstrap, so that a report can be made again to the digit."""

RESAMPLES = 10_000
"""Bootstrap resamples."""

ALPHA = 0.05
"""Level of significance."""


@dataclass(frozen=True, kw_only=True)
class Paired:
    """The paired comparison of `b` against `a` on one set of rows."""

    a: str
    """The system compared against."""
    b: str
    """The system that should be better."""
    part: str
    """The rows: a split or a part of it."""
    measure: str
    """What counts as right."""
    n: int
    """Rows answered by both."""
    clusters: int
    """Wordings among them."""
    both_right: int
    """Right under both."""
    fixed: int
    """Wrong under `a`, right under `b`."""
    broken: int
    """Right under `a`, wrong under `b`."""
    both_wrong: int
    """Wrong under both."""
    p: float
    """Exact McNemar p-value, two-sided."""
    difference: float
    """Share right under `b` minus share right under `a`."""
    low: float
    """Lower end of the 95 % interval of the difference, clustered by wording."""
    high: float
    """Upper end of that interval."""

    @property
    def better(self) -> bool:
        """`b` is right significantly more often."""
        return self.p < ALPHA and self.fixed > self.broken

    @property
    def worse(self) -> bool:
        """`b` is right significantly less often."""
        return self.p < ALPHA and self.fixed < self.broken

    def to_json(self) -> dict[str, Any]:
        """The fields and the verdict."""
        verdict = "better" if self.better else "worse" if self.worse else "no difference shown"
        return {**asdict(self), "verdict": verdict}


def mcnemar(fixed: int, broken: int) -> float:
    """Exact two-sided McNemar test (McNemar, 1947): could `fixed` of all changes be a fair coin's heads?"""
    if fixed + broken == 0:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(fixed, fixed + broken, 0.5).pvalue)


def cluster_bootstrap(
    values: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of `values`, whole clusters drawn with replacement.

    The method is Davison and Hinkley's (1997, section 3.8). Rows of one wording are right and wrong together,
    so drawing rows one by one would give too narrow an interval.
    """
    if not values or len(values) != len(clusters):
        raise ValueError("one cluster per value, and at least one of them, is wanted")
    import numpy as np

    index = {name: i for i, name in enumerate(dict.fromkeys(clusters))}
    place = np.array([index[name] for name in clusters])
    sums = np.bincount(place, weights=np.asarray(values, dtype=float))
    sizes = np.bincount(place).astype(float)
    draw = np.random.default_rng(seed)
    means = []
    for start in range(0, resamples, 500):
        drawn = draw.integers(len(sums), size=(min(500, resamples - start), len(sums)))
        means.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))  # [resamples of this step]
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return (float(low), float(high))


def compare(
    a: Sequence[Graded],
    b: Sequence[Graded],
    *,
    part: str,
    measure: str = "fully_correct",
    right: Callable[[Score], bool] = lambda score: score.fully_correct,
    names: tuple[str, str] | None = None,
) -> Paired:
    """Compare `b` against `a` on the rows that both answered.

    Raises:
        ToolsmithError: they share no row.
    """
    of_a = {row.example.id: row for row in a}
    pairs = [(of_a[row.example.id], row) for row in b if row.example.id in of_a]
    if not pairs:
        raise ToolsmithError(f"the two systems have no row of {part} in common")
    before = [right(old.score) for old, _ in pairs]
    after = [right(new.score) for _, new in pairs]
    fixed = sum(new and not old for old, new in zip(before, after, strict=True))
    broken = sum(old and not new for old, new in zip(before, after, strict=True))
    clusters = [new.example.wording or new.example.id for _, new in pairs]
    changes = [float(new) - float(old) for old, new in zip(before, after, strict=True)]
    low, high = cluster_bootstrap(changes, clusters)
    return Paired(
        a=names[0] if names else pairs[0][0].prediction.system,
        b=names[1] if names else pairs[0][1].prediction.system,
        part=part,
        measure=measure,
        n=len(pairs),
        clusters=len(set(clusters)),
        both_right=sum(old and new for old, new in zip(before, after, strict=True)),
        fixed=fixed,
        broken=broken,
        both_wrong=sum(not old and not new for old, new in zip(before, after, strict=True)),
        p=mcnemar(fixed, broken),
        difference=(fixed - broken) / len(pairs),
        low=low,
        high=high,
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Step-down adjusted p-values (Holm, 1979), in the order given."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = highest
    return adjusted
