"""From scores to rates, each with its Wilson interval, for the whole and for every part of a test set."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from toolsmith_evaluator.score import Graded, Score
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.example import Example

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A share of rows with its 95 % interval."""

    hits: int
    """Rows for which it is so."""
    n: int
    """Rows that were asked."""
    rate: float | None
    """``hits / n``, 0–1; None when nothing was asked."""
    low: float
    """Lower end of the 95 % Wilson interval."""
    high: float
    """Upper end of the 95 % Wilson interval."""

    def to_json(self) -> dict[str, Any]:
        """The fields, rounded to four places."""
        return {
            key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()
        }


@dataclass(frozen=True, kw_only=True)
class Metric:
    """How one rate is counted."""

    label: str
    """For table heads."""
    asked: Callable[[Score], int]
    """What a row adds to the denominator."""
    hit: Callable[[Score], int]
    """What a row adds to the numerator."""
    text: str
    """What it says, one sentence."""


def _all(score: Score) -> int:
    return 1


def _calls(score: Score) -> int:
    return not score.wants_refusal


METRICS: dict[str, Metric] = {
    "valid_json": Metric(
        label="valid JSON",
        asked=_all,
        hit=lambda s: s.valid_json,
        text="The whole raw text is one JSON object in wire form.",
    ),
    "schema_valid": Metric(
        label="schema-valid",
        asked=_all,
        hit=lambda s: s.schema_valid,
        text="After coercion the call passes its tool's schema, or the refusal is explicit.",
    ),
    "correct_tool": Metric(
        label="correct tool",
        asked=_all,
        hit=lambda s: s.correct_tool,
        text="The right tool, or an explicit refusal where no tool fits.",
    ),
    "exact_strict": Metric(
        label="exact args (strict)",
        asked=_calls,
        hit=lambda s: s.exact_strict and not s.wants_refusal,
        text="Of the rows that want a call: tool and said arguments equal as canonical JSON.",
    ),
    "exact_typed": Metric(
        label="exact args (typed)",
        asked=_calls,
        hit=lambda s: s.exact_typed and not s.wants_refusal,
        text="Of the rows that want a call: tool right and arguments equal as typed values.",
    ),
    "fully_correct": Metric(
        label="fully correct",
        asked=_all,
        hit=lambda s: s.fully_correct,
        text="Tool right and typed arguments exact, or an explicit refusal where one is right.",
    ),
    "no_tool_precision": Metric(
        label="no-tool precision",
        asked=lambda s: s.refused,
        hit=lambda s: s.refused and s.accepts_refusal,
        text="Of the explicit refusals: those where a refusal is right.",
    ),
    "no_tool_recall": Metric(
        label="no-tool recall",
        asked=lambda s: s.wants_refusal,
        hit=lambda s: s.wants_refusal and s.refused,
        text="Of the rows where only a refusal is right: those refused explicitly.",
    ),
    "false_call": Metric(
        label="false calls",
        asked=lambda s: s.wants_refusal,
        hit=lambda s: s.wants_refusal and s.called,
        text="Of the rows where only a refusal is right: those answered with a call (less is better).",
    ),
    "arg_precision": Metric(
        label="argument precision",
        asked=lambda s: 0 if s.wants_refusal else s.args_given,
        hit=lambda s: s.args_right,
        text="Of the arguments given in answer to rows that want a call: those that are right.",
    ),
    "arg_recall": Metric(
        label="argument recall",
        asked=lambda s: 0 if s.wants_refusal else s.args_wanted,
        hit=lambda s: s.args_right,
        text="Of the arguments wanted: those given and right.",
    ),
}
"""Metric name → how it is counted, in the order of the ladder."""

LADDER = ("valid_json", "schema_valid", "correct_tool", "exact_strict", "exact_typed", "fully_correct")
"""The steps from any text to the right call."""

RESTRAINT = ("no_tool_precision", "no_tool_recall", "false_call")
"""Behaviour where no tool fits."""


def wilson(hits: int, n: int, *, z: float = Z95) -> tuple[float, float]:
    """The score interval of a proportion (Wilson, 1927); (0, 1) when nothing was asked.

    Raises:
        ValueError: `hits` is not between 0 and `n`.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no proportion")
    if n == 0:
        return (0.0, 1.0)
    p, z2 = hits / n, z * z
    middle = p + z2 / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    low, high = (middle - spread) / (1 + z2 / n), (middle + spread) / (1 + z2 / n)
    return (0.0 if hits == 0 else low, 1.0 if hits == n else high)


def rate(hits: int, n: int) -> Rate:
    """The share of `hits` in `n` with its interval."""
    low, high = wilson(hits, n)
    return Rate(hits=hits, n=n, rate=hits / n if n else None, low=low, high=high)


def rates(scores: Sequence[Score]) -> dict[str, Rate]:
    """Every metric over `scores`."""
    return {
        name: rate(sum(metric.hit(s) for s in scores), sum(metric.asked(s) for s in scores))
        for name, metric in METRICS.items()
    }


GROUPS: dict[str, Callable[[Example], str | None]] = {
    "split": lambda example: example.split or "unnamed",
    "bucket": lambda example: f"{example.split or 'unnamed'}/{example.bucket}" if example.bucket else None,
    "register": lambda example: example.register or None,
    "tool": lambda example: asked_tool(example),
    "category": lambda example: category(example.wording),
}
"""Kind of group → the group of an example, or None when it is in none."""


def asked_tool(example: Example) -> str:
    """The tool of the gold decision, ``no tool`` for a refusal."""
    return example.decision.tool if isinstance(example.decision, ToolCall) else "no tool"


def category(wording: str) -> str | None:
    """The hard category in a wording's id: ``quoted`` in ``test/hard.quoted/12``; None in others."""
    _, _, rest = wording.partition("/")
    middle, _, _ = rest.partition("/")
    return middle.removeprefix("hard.") if middle.startswith("hard.") else None


def grouped(graded: Iterable[Graded], kind: str) -> dict[str, list[Graded]]:
    """The rows by group, in order of first appearance."""
    found: dict[str, list[Graded]] = {}
    for row in graded:
        if (name := GROUPS[kind](row.example)) is not None:
            found.setdefault(name, []).append(row)
    return found


MIN_PART = 100
"""Hard rows that a split needs for them to be a part of their own: fewer cannot show much."""


def parts(graded: Sequence[Graded]) -> dict[str, list[Graded]]:
    """What headlines and comparisons speak of: every split, and the hard bucket of a split on its own."""
    found: dict[str, list[Graded]] = {}
    for split, rows in grouped(graded, "split").items():
        found[split] = rows
        hard = [row for row in rows if row.example.bucket == "hard"]
        if MIN_PART <= len(hard) < len(rows):
            found[f"{split}/hard"] = hard
    return found


def error_counts(graded: Iterable[Graded]) -> dict[str, int]:
    """Kind of error → wrong rows, most frequent first."""
    return dict(Counter(row.score.error for row in graded if row.score.error).most_common())


def confusion(graded: Iterable[Graded]) -> dict[str, dict[str, int]]:
    """Tool asked → tool given → rows; a text that is no call of a known kind counts as ``invalid``."""
    counts: dict[str, Counter[str]] = {}
    for row in graded:
        said = row.prediction.said
        given = said.tool if isinstance(said, ToolCall) else "no tool" if said else "invalid"
        if row.score.error == "invalid":
            given = "invalid"
        counts.setdefault(asked_tool(row.example), Counter())[given] += 1
    return {asked: dict(given) for asked, given in counts.items()}
