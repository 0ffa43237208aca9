"""Example rows for the report: what goes wrong, and what one system fixed or broke against another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from toolsmith_evaluator.score import ERRORS, Graded


def samples(rows: Iterable[Graded], *, each: int = 4) -> list[dict[str, Any]]:
    """Up to `each` wrong rows of every kind of error, in the order of the test rows."""
    seen: Counter[str] = Counter()
    found = []
    for row in rows:
        if row.score.error and seen[row.score.error] < each:
            seen[row.score.error] += 1
            found.append(
                {
                    "error": row.score.error,
                    "id": row.example.id,
                    "request": row.example.request,
                    "wanted": row.example.decision.to_json(),
                    "said": _said(row),
                    "arguments": dict(row.score.arguments),
                }
            )
    return sorted(found, key=lambda sample: ERRORS.index(sample["error"]))


def changes(a: Iterable[Graded], b: Iterable[Graded], *, each: int = 6) -> list[dict[str, Any]]:
    """Up to `each` rows that `b` fixed and as many that it broke, in the order of the test rows."""
    before = {row.example.id: row for row in a}
    found: dict[str, list[dict[str, Any]]] = {"fixed": [], "broken": []}
    for row in b:
        old = before.get(row.example.id)
        if old is None or old.score.fully_correct == row.score.fully_correct:
            continue
        kind = found["fixed" if row.score.fully_correct else "broken"]
        if len(kind) < each:
            facts = {"id": row.example.id, "request": row.example.request}
            kind.append({**facts, "before": _said(old), "after": _said(row)})
    return [{"change": name, **row} for name, rows in found.items() for row in rows]


def _said(row: Graded) -> Any:
    """The decision, or the text that is none."""
    return row.prediction.said.to_json() if row.prediction.said else row.prediction.raw[:300]
