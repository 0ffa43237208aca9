"""Is the data what it should be? Rows, leaks, hashes and rebuilt bytes, with a paragraph for each fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolsmith_dataset.build import build
from toolsmith_dataset.leaks import Leaks
from toolsmith_dataset.manifest import FORMAT, MANIFEST, hashes, make, overlap
from toolsmith_dataset.stats import HANDWRITTEN, read_files
from toolsmith_dataset.wordings import load
from toolsmith_schema.decision import NoTool, ToolCall
from toolsmith_schema.errors import ArtifactMissing, DataError
from toolsmith_schema.example import Example
from toolsmith_schema.files import read_json, sha256
from toolsmith_schema.resolve import resolve
from toolsmith_schema.toolbox import Toolbox

_SHOWN = 5
_REFUSED = "have a decision that the tool's schema refuses"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The outcome of a check."""

    problems: tuple[str, ...]
    """A paragraph for each fault; empty when the data is sound."""
    notes: tuple[str, ...] = ()
    """What is worth knowing and no fault."""
    figures: Mapping[str, Any]
    """Held-out file → what it shares with its training file."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """The fields and the verdict."""
        return {
            "ok": self.ok,
            "problems": list(self.problems),
            "notes": list(self.notes),
            "overlap": dict(self.figures),
        }


def verify(output: Path, toolbox: Toolbox | None = None) -> Verdict:
    """Check the data files under `output`. A hand-written request may say what nobody can convert.

    Raises:
        ArtifactMissing: there is no manifest.
        DataError: a file is malformed.
    """
    box = toolbox or Toolbox.default()
    if not (output / MANIFEST).exists():
        raise ArtifactMissing(
            "The data manifest", output / MANIFEST, f"toolsmith dataset build --output {output}"
        )
    manifest = read_json(output / MANIFEST)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise DataError(output / MANIFEST, f"not a manifest of format {FORMAT}")
    files = read_files(output)
    problems = [problem for name, rows in files.items() for problem in row_problems(name, rows, box)]
    notes = [problem for problem in problems if problem.startswith(HANDWRITTEN) and _REFUSED in problem]
    problems = [problem for problem in problems if problem not in notes]
    generated = {name: rows for name, rows in files.items() if name in manifest["files"]}
    found = overlap(generated, box)
    for name, leaked in found.items():
        problems += leaked.paragraphs(name)
    problems += _stale(output, manifest, files, box, found)
    figures = {name: one.figures for name, one in found.items()}
    return Verdict(problems=tuple(problems), notes=tuple(notes), figures=figures)


def row_problems(name: str, rows: Sequence[Example], toolbox: Toolbox) -> list[str]:
    """What is wrong with single rows, a paragraph for each kind of fault."""
    faults: dict[str, list[str]] = {}
    known = {wording.id: wording for split in {row.split for row in rows} for wording in _wordings(split)}
    seen = Counter(row.id for row in rows)
    for row in rows:
        for fault, evidence in _faults(row, toolbox):
            faults.setdefault(fault, []).append(f"{row.id} {evidence}")
        if seen[row.id] > 1 or not row.id:
            faults.setdefault("have an id that is empty or not their own", []).append(row.id)
        if name != HANDWRITTEN and row.wording not in known:
            faults.setdefault("name a wording that does not exist", []).append(f"{row.id} {row.wording}")
    return [
        f"{name}: {len(evidence)} rows {fault}: {'; '.join(evidence[:_SHOWN])}"
        for fault, evidence in faults.items()
    ]


def _wordings(split: str) -> Sequence[Any]:
    return load(split) if split in ("train", "dev", "test") else ()


def _faults(row: Example, toolbox: Toolbox) -> Iterator[tuple[str, str]]:
    if not row.request.strip():
        yield "have no request", ""
    for decision in (row.decision, *row.alternatives):
        if isinstance(decision, NoTool):
            continue
        if decision.tool not in toolbox:
            yield "call a tool that is not in the toolbox", decision.tool
            continue
        yield from _not_said(row, decision, toolbox)
        for violation in resolve(decision, toolbox, row.now).violations:
            yield _REFUSED, violation.sentence
        order = [name for name in toolbox[decision.tool].properties if name in decision.args]
        if decision is row.decision and order != list(decision.args):
            yield "have arguments in another order than the schema", ", ".join(decision.args)


def _not_said(row: Example, call: ToolCall, toolbox: Toolbox) -> Iterator[tuple[str, str]]:
    for name, value in call.args.items():
        schema = toolbox[call.tool].properties.get(name, {})
        if isinstance(schema, Mapping) and "enum" in schema:
            continue
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, str) or item not in row.request:
                yield "have an argument that is no part of the request", f"{name}={item!r}"


def _stale(
    output: Path,
    manifest: Mapping[str, Any],
    files: Mapping[str, Sequence[Example]],
    toolbox: Toolbox,
    found: Mapping[str, Leaks],
) -> Iterator[str]:
    """Where files, manifest and generator disagree."""
    again = f"Build again: toolsmith dataset build --output {output} --seed {manifest['seed']}"
    absent = [name for name in manifest["files"] if name not in files]
    if absent:
        yield f"The manifest names files that are not there: {', '.join(absent)}. {again}"
        return
    rebuilt = hashes(build(manifest["seed"], toolbox))
    for name in manifest["files"]:
        if sha256(output / name) != rebuilt[name]:
            yield f"{name} is not what the generator makes of seed {manifest['seed']}. {again}"
    for name in files:
        if name != HANDWRITTEN and name not in manifest["files"]:
            yield f"{name} is not in the manifest. {again}"
    kept = {name: files[name] for name in manifest["files"]}
    if make(kept, output, seed=manifest["seed"], toolbox=toolbox, found=found) != manifest:
        yield f"{MANIFEST} does not describe the files beside it. {again}"
