"""The data files from the wordings and the slot values.

::

    toolsmith dataset build --output data --preset all

A row depends on the seed, the identifier of its wording and its number within it, and on nothing else, so
that a new wording leaves the rows of the others as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from toolsmith_dataset.draw import Draw
from toolsmith_dataset.expand import expand
from toolsmith_dataset.partition import SPLITS
from toolsmith_dataset.values.registry import arguments
from toolsmith_dataset.wordings import Wording, load
from toolsmith_schema.decision import NoTool
from toolsmith_schema.errors import ToolsmithError
from toolsmith_schema.example import Example
from toolsmith_schema.toolbox import Toolbox

SEED: Final = 1
"""The seed of the committed files."""

FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "full": ("train.jsonl", "dev.jsonl", "test.jsonl"),
    "seed": ("seed/train.jsonl", "seed/test.jsonl"),
}
"""Preset → its files."""

_FILLS: Final[Mapping[tuple[str, str], tuple[int, int]]] = {
    ("train", "easy"): (2, 2),
    ("train", "hard"): (3, 3),
    ("train", "no_tool"): (2, 3),
    ("dev", "easy"): (4, 4),
    ("dev", "hard"): (4, 4),
    ("dev", "no_tool"): (4, 4),
    ("test", "easy"): (2, 2),
    ("test", "hard"): (2, 3),
    ("test", "no_tool"): (1, 2),
}
"""Rows per wording, for wordings on even and on odd lines."""

_FILLS_WITHOUT_SLOTS: Final[Mapping[str, int]] = {"train": 2, "dev": 3, "test": 1}
_MORE_WITHOUT_TOOL: Final[Mapping[str, int]] = {"train": 2, "dev": 1, "test": 1}
"""How many times as many rows for wordings that no tool fits and that are not plain, which are fewer."""

_TRIES = 12
_SEED_SHARES: Final[Mapping[str, tuple[tuple[str, int, int], ...]]] = {
    "train": (("easy", 144, 28), ("hard", 50, 21)),
    "test": (("easy", 46, 8), ("hard", 36, 7)),
}
"""Preset ``seed``: bucket, rows with a tool, rows without."""


def build(seed: int = SEED, toolbox: Toolbox | None = None) -> dict[str, list[Example]]:
    """File name → its rows, for both presets.

    Raises:
        ToolsmithError: the toolbox has tools or arguments that there are no wordings for.
    """
    box = toolbox or Toolbox.default()
    _refuse_unknown(box)
    full = {split: _numbered(split, _rows(split, seed, box)) for split in SPLITS}
    files = {f"{split}.jsonl": rows for split, rows in full.items()}
    for split in _SEED_SHARES:
        files[f"seed/{split}.jsonl"] = _numbered(f"seed-{split}", _sample(full[split], split, seed))
    return files


def group_of(example: Example) -> str:
    """The tool of an example, or ``no_tool``."""
    return "no_tool" if isinstance(example.decision, NoTool) else example.decision.tool


def _rows(split: str, seed: int, toolbox: Toolbox) -> list[Example]:
    seen: set[tuple[str, ...]] = set()
    rows: list[Example] = []
    for wording in load(split):
        for number in range(_fills(wording)):
            for attempt in range(_TRIES):
                row = expand(wording, Draw(seed, wording.id, number, attempt), toolbox)
                key = tuple(row.request.split())
                if key not in seen:
                    seen.add(key)
                    rows.append(row)
                    break
    return Draw(seed, split, "order").shuffled(rows)


def _fills(wording: Wording) -> int:
    kind = wording.group if wording.group in ("hard", "no_tool") else "easy"
    count = _FILLS[wording.split, kind][int(wording.id.rpartition("/")[2]) % 2]
    count = count if wording.slots else min(count, _FILLS_WITHOUT_SLOTS[wording.split])
    rarer = kind == "no_tool" and wording.register != "plain"
    return count * _MORE_WITHOUT_TOOL[wording.split] if rarer else count


def _sample(rows: Sequence[Example], split: str, seed: int) -> list[Example]:
    """Rows of the preset ``seed``: one a wording, the tools in turn."""
    chosen: list[Example] = []
    for bucket, with_tool, without in _SEED_SHARES[split]:
        queues: dict[str, list[Example]] = {}
        wordings: set[str] = set()
        for row in rows:
            if row.bucket == bucket and row.wording not in wordings:
                wordings.add(row.wording)
                queues.setdefault(group_of(row), []).append(row)
        chosen += queues.pop("no_tool")[:without]
        tools = [queues[name] for name in sorted(queues)]
        in_turn = [queue[i] for i in range(max(map(len, tools))) for queue in tools if i < len(queue)]
        chosen += in_turn[:with_tool]
    return Draw(seed, "seed", split, "order").shuffled(chosen)


def _numbered(name: str, rows: Iterable[Example]) -> list[Example]:
    return [replace(row, id=f"{name}-{number:05}") for number, row in enumerate(rows, 1)]


def _refuse_unknown(toolbox: Toolbox) -> None:
    """Only a toolbox with the tools and arguments of the wordings can be generated for."""
    wanted: dict[str, set[str]] = {}
    for split in SPLITS:
        for wording in load(split):
            if wording.tool:
                named = {name for slot in wording.slots for name in arguments(slot)}
                wanted.setdefault(wording.tool, set()).update(named, wording.fixed)
    absent = sorted(name for name in wanted if name not in toolbox)
    absent += sorted(
        f"{tool}.{name}"
        for tool, names in wanted.items()
        if tool in toolbox
        for name in names
        if name not in toolbox[tool].properties
    )
    more = sorted(name for name in toolbox.names if name not in wanted)
    if absent or more:
        raise ToolsmithError(
            "Examples can be generated only for a toolbox with the tools and arguments of the wordings in "
            "toolsmith_dataset/wordings; descriptions may differ. "
            + (f"Missing from the toolbox: {', '.join(absent)}. " if absent else "")
            + (f"Without wordings: {', '.join(more)}. " if more else "")
            + "For other tools write wordings and slot values of their own, or bring data as JSON lines."
        )
