"""Tables out of ``eval.json``: the README's result block, and what the report shares with it.

The block is written by ``toolsmith eval report --readme README.md`` and compared by
``toolsmith eval report --readme README.md --check``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolsmith_evaluator.blocks import block_of, put
from toolsmith_evaluator.metrics import LADDER, METRICS, RESTRAINT

BLOCK = "results"
"""The README's block that the tables stand in."""
LIFTS = (("base-free", "tuned-free"), ("base-span", "tuned-span"), ("rules", "tuned-span"))
"""The comparisons that the block shows."""

Report = Mapping[str, Any]


def render_block(report: Report) -> str:
    """The README's result block."""
    parts = part_sizes(report)
    headline = next(iter(parts), None)
    pieces = ["Fully correct, per cent with 95 % Wilson intervals:", "", fully_correct(report)]
    if headline:
        pieces += [
            "",
            f"Step by step on `{headline}` ({parts[headline]} rows):",
            "",
            ladder(report, headline),
        ]
    lifts = [p for p in report["pairs"] if (p["a"], p["b"]) in LIFTS and p["measure"] == "fully_correct"]
    if lifts:
        head = "Paired on the same rows (exact McNemar; interval of the difference clustered by wording):"
        pieces += ["", head, "", lift_table(lifts)]
    return "\n".join(pieces)


def is_current(readme: Path | str, report: Report) -> bool:
    """Whether the block in `readme` is exactly what `report` gives."""
    return block_of(readme, BLOCK) == render_block(report)


def update(readme: Path | str, report: Report) -> bool:
    """Put the block into `readme`; returns whether anything changed."""
    return put(readme, BLOCK, render_block(report))


def fully_correct(report: Report) -> str:
    """Systems × parts: fully correct."""
    sizes = part_sizes(report)
    rows = [
        [system["label"], *(share(_rate(system, "part", part, "fully_correct")) for part in sizes)]
        for system in report["systems"].values()
    ]
    return table(["system", *(f"{part} (n={n})" for part, n in sizes.items())], rows)


def ladder(report: Report, group: str, *, kind: str = "part", intervals: bool = False) -> str:
    """Systems × metrics on one group of rows."""
    names = (*LADDER, *RESTRAINT)
    rows = [
        [system["label"], *(share(_rate(system, kind, group, name), interval=intervals) for name in names)]
        for system in report["systems"].values()
        if group in system["groups"].get(kind, {})
    ]
    return table(["system", *(METRICS[name].label for name in names)], rows)


def lift_table(pairs: Iterable[Mapping[str, Any]]) -> str:
    """Paired comparisons, one a line."""
    rows = [
        [
            f"{pair['a']} → {pair['b']}",
            f"{pair['part']} (n={pair['n']})",
            f"{100 * pair['difference']:+.1f} [{100 * pair['low']:+.1f}, {100 * pair['high']:+.1f}]",
            pair["fixed"],
            pair["broken"],
            pair["both_right"],
            pair["both_wrong"],
            p_value(pair["p"]),
            p_value(pair["p_holm"]),
        ]
        for pair in pairs
    ]
    head = ["systems", "rows", "points", "fixed", "broken", "both right", "both wrong", "p", "p (Holm)"]
    return table(head, rows)


def part_sizes(report: Report) -> dict[str, int]:
    """Part → rows, the largest number that a system answered."""
    sizes: dict[str, int] = {}
    for system in report["systems"].values():
        for part, measured in system["groups"].get("part", {}).items():
            sizes[part] = max(sizes.get(part, 0), measured["fully_correct"]["n"])
    return sizes


def share(rate: Mapping[str, Any] | None, *, interval: bool = True) -> str:
    """``74.2 [70.1, 78.0]`` per cent; a dash when nothing was asked."""
    if rate is None or rate["rate"] is None:
        return "–"
    text = f"{100 * rate['rate']:.1f}"
    return f"{text} [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]" if interval else text


def p_value(p: float) -> str:
    """A p-value for people."""
    return "< 0.0001" if p < 1e-4 else f"{p:.4f}"


def table(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(cell(value) for value in line) + " |" for line in lines)


def cell(value: Any) -> str:
    """`value` as the text of one cell."""
    text = " ".join(str(value).split())
    return re.sub(r"<(?=[A-Za-z/!])", "&lt;", text).replace("|", "\\|")


def _rate(system: Mapping[str, Any], kind: str, group: str, metric: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = system["groups"].get(kind, {}).get(group, {}).get(metric)
    return found
