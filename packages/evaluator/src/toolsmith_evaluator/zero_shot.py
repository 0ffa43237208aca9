"""Toolboxes that no model was trained on: does it read a toolbox, or does it know one by heart?

A folder holds one folder a toolbox, with ``toolbox.json`` and ``rows.jsonl``. Each row is answered with the
toolbox of its folder and scored like a test row. ``zero_shot.json`` holds one entry a system.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolsmith_evaluator.metrics import rates
from toolsmith_evaluator.predict import fingerprint_of, predict
from toolsmith_evaluator.score import Graded, grade
from toolsmith_evaluator.systems import LABELS, System, in_order
from toolsmith_evaluator.tables import share, table
from toolsmith_schema.errors import DataError
from toolsmith_schema.example import Example, read_examples
from toolsmith_schema.toolbox import Toolbox

_SHOWN = {
    "fully_correct": "fully correct",
    "correct_tool": "right tool",
    "no_tool_recall": "refuses where no tool fits",
    "schema_valid": "valid",
}


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """One toolbox with its rows."""

    name: str
    """The folder's name."""
    toolbox: Toolbox
    """What the model is shown."""
    rows: tuple[Example, ...]
    """Labelled requests."""


def read(folder: Path) -> list[Unseen]:
    """The toolboxes in `folder`, by name.

    Raises:
        DataError: there are none, or a file is malformed.
    """
    found = [
        Unseen(
            name=path.parent.name,
            toolbox=Toolbox.load(path),
            rows=tuple(read_examples(path.with_name("rows.jsonl"))),
        )
        for path in sorted(folder.glob("*/toolbox.json"))
    ]
    if not found:
        raise DataError(folder, "no toolboxes here: each is a folder with toolbox.json and rows.jsonl")
    return found


def measure(
    system: System,
    unseen: list[Unseen],
    folder: Path,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Answer all rows; predictions are kept in `folder`. Returns the rates over all, and by toolbox."""
    graded: dict[str, list[Graded]] = {}
    for one in unseen:
        answers = predict(
            system.router,
            one.rows,
            folder / system.name / f"{one.name}.jsonl",
            toolbox=one.toolbox,
            system=f"{system.name}/{one.name}",
            fingerprint=fingerprint_of(system=system.fingerprint, toolbox=one.toolbox.fingerprint),
        )
        graded[one.name] = [
            grade(row, answer, one.toolbox) for row, answer in zip(one.rows, answers, strict=True)
        ]
        if progress:
            progress(one.name, len(graded), len(unseen))
    return {
        "label": LABELS.get(system.name, system.name),
        "fingerprint": system.fingerprint,
        "all": _rates([row for rows in graded.values() for row in rows]),
        "toolboxes": {name: _rates(rows) for name, rows in graded.items()},
    }


def render(report: Mapping[str, Any]) -> str:
    """The Markdown page of ``zero_shot.json``."""
    systems = {name: report["systems"][name] for name in in_order(list(report["systems"]))}
    whole = [
        [system["label"], *(share(system["all"][metric]) for metric in _SHOWN)] for system in systems.values()
    ]
    names = sorted({name for system in systems.values() for name in system["toolboxes"]})
    each = [
        [name, *(share(system["toolboxes"][name]["fully_correct"]) for system in systems.values())]
        for name in names
    ]
    rows = max(system["all"]["fully_correct"]["n"] for system in systems.values())
    return "\n\n".join(
        [
            "# Toolboxes that no model was trained on",
            f"{rows} hand-written requests over {len(names)} toolboxes; per cent with 95 % Wilson intervals.",
            table(["system", *_SHOWN.values()], whole),
            "Fully correct by toolbox:",
            table(["toolbox", *(system["label"] for system in systems.values())], each),
            "",
        ]
    )


def _rates(rows: list[Graded]) -> dict[str, Any]:
    found = rates([row.score for row in rows])
    return {name: found[name].to_json() for name in _SHOWN}
