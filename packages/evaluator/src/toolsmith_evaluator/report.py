"""From prediction files to one report object, ``eval.json``, of which every table and picture is a view.

The object depends on the test files, the prediction files and the toolbox only: made again it is the same.
It holds for every system the rates with their intervals by part, bucket, register, tool and category, the
error kinds, the confusion counts and sample errors; the paired comparisons; and where it all came from.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from toolsmith_evaluator.metrics import GROUPS, confusion, error_counts, grouped, parts, rates
from toolsmith_evaluator.paired import Paired, compare, holm
from toolsmith_evaluator.prediction import distinct, read_predictions, request_hash
from toolsmith_evaluator.provenance import provenance, shown_path
from toolsmith_evaluator.samples import changes, samples
from toolsmith_evaluator.score import Graded, grade
from toolsmith_evaluator.systems import LABELS, in_order
from toolsmith_schema.example import Example, read_examples
from toolsmith_schema.files import sha256, write_json, write_text
from toolsmith_schema.resolve import resolve
from toolsmith_schema.toolbox import Toolbox

PAIRS = (
    ("base-free", "tuned-free"),
    ("base-span", "tuned-span"),
    ("base-free-few-shot", "tuned-free"),
    ("base-span-few-shot", "tuned-span"),
    ("rules", "tuned-span"),
    ("base-free", "base-span"),
    ("tuned-free", "tuned-span"),
)
"""What is compared with what: tuning under either decoding, the baselines, then the grammar alone."""

CHANGED = ("base-span", "tuned-span")
"""The pair of which fixed and broken rows are shown."""

NO_TOOL = "no_tool"
"""The measure of paired comparisons on rows where only a refusal is right."""

Report = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """One system's graded rows."""

    name: str
    """The system."""
    rows: tuple[Graded, ...]
    """The rows that answer a test row as it is now, in the order of the test rows."""
    unanswered: int
    """Test rows without an answer."""
    stale: int
    """Predictions left out: of other requests than the test rows hold now, or of no test row."""
    source: Path
    """The prediction file."""


def read_test_rows(paths: Sequence[Path | str]) -> list[Example]:
    """The rows of all test files; a row without a split is of the split that its file is named after.

    Raises:
        DataError: a file is missing or malformed, or two rows share an id.
    """
    examples = [
        example if example.split else replace(example, split=Path(path).stem)
        for path in paths
        for example in read_examples(path)
    ]
    distinct(examples, ", ".join(map(str, paths)))
    return examples


def read_answers(path: Path | str, examples: Sequence[Example], toolbox: Toolbox) -> Answers:
    """Read and grade one prediction file."""
    path = Path(path)
    predictions = {prediction.id: prediction for prediction in read_predictions(path)}
    rows = [
        grade(example, predictions[example.id], toolbox)
        for example in examples
        if example.id in predictions and predictions[example.id].request_hash == request_hash(example)
    ]
    return Answers(
        name=path.stem,
        rows=tuple(rows),
        unanswered=len(examples) - len(rows),
        stale=len(predictions) - len(rows),
        source=path,
    )


def build(
    answers: Sequence[Answers],
    examples: Sequence[Example],
    toolbox: Toolbox,
    *,
    testfiles: Sequence[Path | str] = (),
) -> Report:
    """The report object."""
    systems = {system.name: system for system in answers if system.rows}
    names = in_order(list(systems))
    chosen = "tuned-span" if "tuned-span" in systems else names[-1] if names else None
    return {
        "format": 1,
        "provenance": provenance(toolbox, testfiles),
        "test_rows": len(examples),
        "unresolved_gold": [
            example.id
            for example in examples
            if resolve(example.decision, toolbox, example.now).outcome == "invalid"
        ],
        "headline": chosen,
        "systems": {name: _system(systems[name]) for name in names},
        "pairs": [
            pair
            for a, b in PAIRS
            if a in systems and b in systems
            for pair in _pairs(systems[a].rows, systems[b].rows)
        ],
        "samples": samples(systems[chosen].rows) if chosen else [],
        "changes": _changes(systems),
    }


def write(report: Report, directory: Path | str, markdown: str) -> list[Path]:
    """Write ``eval.json``, ``eval.csv`` and ``eval_report.md``; returns their paths."""
    folder = Path(directory)
    return [
        write_json(folder / "eval.json", report),
        write_text(folder / "eval.csv", to_csv(report)),
        write_text(folder / "eval_report.md", markdown),
    ]


def to_csv(report: Report) -> str:
    """One line per system, group and metric."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("system", "kind", "group", "metric", "hits", "n", "rate", "low", "high"))
    for name, system in report["systems"].items():
        for kind, groups in system["groups"].items():
            for group, measured in groups.items():
                for metric, r in measured.items():
                    values = (r["hits"], r["n"], r["rate"], r["low"], r["high"])
                    table.writerow((name, kind, group, metric, *values))
    return text.getvalue()


def paired_parts(a: Sequence[Graded], b: Sequence[Graded]) -> list[Paired]:
    """`b` against `a`: fully correct on every part, and refusals where only a refusal is right."""
    found = []
    of_b = parts(b)
    for part, rows in parts(a).items():
        if part in of_b:
            found.append(compare(rows, of_b[part], part=part))
    refusals_a = {"all": list(a), **parts(a)}
    for part, rows in {"all": list(b), **of_b}.items():
        wanted = [row for row in rows if row.score.wants_refusal]
        before = [row for row in refusals_a.get(part, []) if row.score.wants_refusal]
        if wanted and before:
            found.append(compare(before, wanted, part=part, measure=NO_TOOL, right=lambda s: s.refused))
    return found


def _changes(systems: Mapping[str, Answers]) -> list[dict[str, Any]]:
    a, b = CHANGED
    return changes(systems[a].rows, systems[b].rows) if a in systems and b in systems else []


def _system(system: Answers) -> dict[str, Any]:
    rows = system.rows
    by_kind: dict[str, Mapping[str, Sequence[Graded]]] = {"all": {"all": rows}, "part": parts(rows)}
    by_kind |= {kind: grouped(rows, kind) for kind in GROUPS if kind != "split"}
    times = sorted(row.prediction.latency_ms for row in rows)
    return {
        "label": LABELS.get(system.name, system.name),
        "rows": len(rows),
        "unanswered": system.unanswered,
        "stale": system.stale,
        "file": shown_path(system.source),
        "sha256": sha256(system.source),
        "fingerprints": sorted({row.prediction.fingerprint for row in rows}),
        "latency_ms": {f"p{q}": round(times[(len(times) - 1) * q // 100], 3) for q in (50, 95)},
        "groups": {
            kind: {
                name: {metric: r.to_json() for metric, r in rates([row.score for row in group]).items()}
                for name, group in groups.items()
            }
            for kind, groups in by_kind.items()
            if groups
        },
        "errors": {part: error_counts(group) for part, group in {"all": rows, **parts(rows)}.items()},
        "argument_errors": _argument_errors(rows),
        "confusion": confusion(rows),
    }


def _argument_errors(rows: Iterable[Graded]) -> dict[str, dict[str, int]]:
    """Tool and argument → kind of error → times."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        for argument, kind in row.score.arguments:
            call = row.prediction.said.to_json()["tool"] if row.prediction.said else None
            counts.setdefault(f"{call}.{argument}", Counter())[kind] += 1
    return {name: dict(kinds.most_common()) for name, kinds in sorted(counts.items())}


def _pairs(a: Sequence[Graded], b: Sequence[Graded]) -> list[dict[str, Any]]:
    """The comparisons with p-values adjusted over the parts of each measure."""
    pairs = paired_parts(a, b)
    adjusted: dict[int, float] = {}
    for measure in dict.fromkeys(pair.measure for pair in pairs):
        places = [i for i, pair in enumerate(pairs) if pair.measure == measure]
        adjusted |= dict(zip(places, holm([pairs[i].p for i in places]), strict=True))
    return [{**pair.to_json(), "p_holm": adjusted[i]} for i, pair in enumerate(pairs)]
