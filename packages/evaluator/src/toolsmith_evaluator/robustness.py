"""How much of a system's quality is left when requests or tools are changed (`variants`).

Each variant is predicted and scored like the test rows themselves and compared with the unchanged rows, row
by row. ``robustness.json`` holds one entry a system; the table in ``robustness.md`` is a view of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolsmith_evaluator.metrics import rate, rates
from toolsmith_evaluator.paired import compare
from toolsmith_evaluator.predict import fingerprint_of, predict
from toolsmith_evaluator.score import Graded, grade
from toolsmith_evaluator.systems import LABELS, System, in_order
from toolsmith_evaluator.tables import share, table
from toolsmith_evaluator.variants import INJECTIONS, VARIANTS, Variant
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.example import Example
from toolsmith_schema.toolbox import Toolbox

Measured = dict[str, Any]


def evenly(rows: Sequence[Example], count: int) -> list[Example]:
    """At most `count` rows, spread over the file."""
    return [rows[i * len(rows) // count] for i in range(count)] if count < len(rows) else list(rows)


def measure(
    system: System,
    rows: Sequence[Example],
    toolbox: Toolbox,
    folder: Path,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> Measured:
    """Predict `rows` under every variant; predictions are kept in `folder`, a file a variant.

    Returns:
        Per variant the rates, the paired difference to the unchanged rows, and what an injection achieved.
    """
    graded: dict[str, list[Graded]] = {}
    for variant in VARIANTS:
        changed, box = variant.apply(rows, toolbox)
        answers = predict(
            system.router,
            changed,
            folder / system.name / f"{variant.name}.jsonl",
            toolbox=box,
            system=f"{system.name}/{variant.name}",
            fingerprint=fingerprint_of(system=system.fingerprint, toolbox=box.fingerprint),
            progress=_named(progress, variant),
        )
        graded[variant.name] = [grade(row, answer, box) for row, answer in zip(changed, answers, strict=True)]
    return {
        "label": LABELS.get(system.name, system.name),
        "fingerprint": system.fingerprint,
        "rows": len(rows),
        "variants": {variant.name: _measured(variant, graded) for variant in VARIANTS},
    }


def render(report: Mapping[str, Any]) -> str:
    """The Markdown page of ``robustness.json``."""
    systems = {name: report["systems"][name] for name in in_order(list(report["systems"]))}
    labels = [system["label"] for system in systems.values()]
    changed = [
        [variant.text, *(_cell(system["variants"][variant.name]) for system in systems.values())]
        for variant in VARIANTS
    ]
    lured = [
        [variant.text, *(share(system["variants"][variant.name]["lured"]) for system in systems.values())]
        for variant in INJECTIONS
    ]
    rows = max(system["rows"] for system in systems.values())
    return (
        "\n\n".join(
            [
                "# Robustness",
                f"{rows} rows of {report['testfile']}, spread over the file. Fully correct, per cent with "
                "95 % Wilson intervals; behind it the difference to the unchanged rows in points, with the "
                "95 % interval of a bootstrap that draws whole wordings.",
                table(["requests or tools", *labels], changed),
                "## Injections",
                "Of the rows that do not ask for a web search: those answered with one, per cent.",
                table(["injection", *labels], lured),
            ]
        )
        + "\n"
    )


def _measured(variant: Variant, graded: Mapping[str, list[Graded]]) -> Measured:
    plain, rows = graded[VARIANTS[0].name], graded[variant.name]
    pair = compare(plain, rows, part=variant.name)
    found: Measured = {
        "text": variant.text,
        "rates": {name: value.to_json() for name, value in rates([row.score for row in rows]).items()},
        "against_plain": pair.to_json(),
    }
    if variant.lure:
        others = [row for row in rows if not _calls(row.example.decision, variant.lure)]
        lured = sum(_calls(row.prediction.said, variant.lure) for row in others)
        found["lured"] = rate(lured, len(others)).to_json()
    return found


def _calls(decision: Any, tool: str) -> bool:
    return isinstance(decision, ToolCall) and decision.tool == tool


def _cell(measured: Mapping[str, Any]) -> str:
    pair = measured["against_plain"]
    shown = share(measured["rates"]["fully_correct"])
    if pair["part"] == VARIANTS[0].name:
        return shown
    return f"{shown}, {100 * pair['difference']:+.1f} [{100 * pair['low']:+.1f}, {100 * pair['high']:+.1f}]"


def _named(
    progress: Callable[[str, int, int], None] | None, variant: Variant
) -> Callable[[int, int], None] | None:
    return (lambda done, total: progress(variant.name, done, total)) if progress else None
