"""Writing the data files, and ``manifest.json``: their seed, counts, hashes and overlap figures."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from toolsmith_dataset.build import FILES, SEED, build
from toolsmith_dataset.leaks import Leaks, leaks
from toolsmith_dataset.stats import HANDWRITTEN, describe
from toolsmith_dataset.wordings import load
from toolsmith_schema.example import Example, read_examples, write_examples
from toolsmith_schema.files import sha256, write_json
from toolsmith_schema.toolbox import Toolbox

FORMAT: Final = 1
"""Version of the manifest's and the rows' format."""

MANIFEST: Final = "manifest.json"
"""The manifest's file name."""

HELD_OUT: Final[Mapping[str, str]] = {
    "dev.jsonl": "train.jsonl",
    "test.jsonl": "train.jsonl",
    "seed/test.jsonl": "seed/train.jsonl",
}
"""Held-out file → the training file that it must share nothing with."""


def write(
    output: Path, *, seed: int = SEED, preset: str = "all", toolbox: Toolbox | None = None
) -> dict[str, Any]:
    """Write the files of a preset (``full``, ``seed`` or ``all``) and the manifest; return the manifest.

    Files of the other preset stay, and in the manifest too when they are from the same seed.
    """
    box = toolbox or Toolbox.default()
    files = build(seed, box)
    for name in [name for key, names in FILES.items() if preset in (key, "all") for name in names]:
        write_examples(output / name, files[name])
    same = hashes(files)
    kept = [name for name in files if (output / name).exists() and sha256(output / name) == same[name]]
    manifest = make({name: files[name] for name in kept}, output, seed=seed, toolbox=box)
    write_json(output / MANIFEST, manifest)
    return manifest


def make(
    files: Mapping[str, Sequence[Example]],
    output: Path,
    *,
    seed: int,
    toolbox: Toolbox,
    found: Mapping[str, Leaks] | None = None,
) -> dict[str, Any]:
    """The manifest of `files`, which lie under `output`; `found` is their overlap where that is known."""
    found = overlap(files, toolbox) if found is None else found
    return {
        "format": FORMAT,
        "seed": seed,
        "toolbox": toolbox.fingerprint,
        "files": {
            name: {"sha256": sha256(output / name), **_summary(rows, toolbox)} for name, rows in files.items()
        },
        "handwritten": _handwritten(files, output, toolbox),
        "overlap": {name: one.figures for name, one in found.items()},
    }


def overlap(files: Mapping[str, Sequence[Example]], toolbox: Toolbox) -> dict[str, Leaks]:
    """Held-out file → what it shares with its training file."""
    return {
        held_out: leaks(
            files[train],
            files[held_out],
            toolbox,
            train_wordings=texts(files[train]),
            held_out_wordings=texts(files[held_out]),
        )
        for held_out, train in HELD_OUT.items()
        if train in files and held_out in files
    }


def texts(rows: Sequence[Example]) -> list[str]:
    """The texts of the wordings that `rows` were made from, in the order of the wordings."""
    used = {row.wording for row in rows}
    splits = sorted({row.split for row in rows})
    return [wording.text for split in splits for wording in load(split) if wording.id in used]


def hashes(files: Mapping[str, Sequence[Example]]) -> dict[str, str]:
    """File name → the SHA-256 that the file has once written."""
    with tempfile.TemporaryDirectory() as folder:
        return {name: sha256(write_examples(Path(folder) / name, rows)) for name, rows in files.items()}


def _handwritten(
    files: Mapping[str, Sequence[Example]], output: Path, toolbox: Toolbox
) -> dict[str, Any] | None:
    """Hash, counts and overlap with the training file of the hand-written file; None when it is not there."""
    path = output / HANDWRITTEN
    if not path.exists():
        return None
    rows = read_examples(path)
    shared = leaks(files["train.jsonl"], rows, toolbox).figures if "train.jsonl" in files else None
    return {"sha256": sha256(path), **_summary(rows, toolbox), "overlap": shared}


def _summary(rows: Sequence[Example], toolbox: Toolbox) -> dict[str, Any]:
    """The counts of `describe` with only the number of rows for each tool."""
    told = describe(rows, toolbox)
    return {**told, "tools": {tool: row["rows"] for tool, row in told["tools"].items()}}
