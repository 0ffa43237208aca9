"""Run a router over test rows into a file of predictions; a stopped run goes on where it left off.

Rows are appended batch by batch and flushed to the disk. On the next run a row is kept when its id, its
request hash and the system's fingerprint still match; a torn last line and stale rows are dropped, rows of
requests that are not asked for this time stay. At the end the file is put into the order of the test rows,
so that it does not depend on interruptions.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from toolsmith_evaluator.prediction import Prediction, distinct, request_hash, to_line, write_predictions
from toolsmith_schema.errors import DataError, ToolsmithError
from toolsmith_schema.example import Example
from toolsmith_schema.files import read_jsonl
from toolsmith_schema.router import Routed, Router
from toolsmith_schema.toolbox import Toolbox

_WEIGHTS = (".safetensors", ".bin", ".json", ".jinja", ".txt", ".model")


def predict(
    router: Router,
    examples: Sequence[Example],
    path: Path | str,
    *,
    toolbox: Toolbox,
    system: str,
    fingerprint: str,
    batch_size: int = 32,
    progress: Callable[[int, int], None] | None = None,
) -> list[Prediction]:
    """Predict every example, reusing what `path` already holds; returns them in the order of `examples`.

    Raises:
        DataError: two examples share an id.
        ToolsmithError: the router does not answer one for one, or contradicts its own text.
    """
    path = Path(path)
    wanted = distinct(examples, "the test rows")
    done, others = _reusable(path, wanted, fingerprint)
    write_predictions(path, [*others, *done.values()])
    todo = [example for example in examples if example.id not in done]
    with path.open("ab") as stream:
        for start in range(0, len(todo), batch_size):
            batch = todo[start : start + batch_size]
            routed = router.route([example.request for example in batch], toolbox)
            if len(routed) != len(batch):
                raise ToolsmithError(f"{router.name} answered {len(routed)} of {len(batch)} requests")
            for example, answer in zip(batch, routed, strict=True):
                row = _row(router, example, answer, toolbox, system, fingerprint)
                done[example.id] = row
                stream.write(to_line(row))
            stream.flush()
            os.fsync(stream.fileno())
            if progress:
                progress(len(done), len(examples))
    ordered = [done[example.id] for example in examples]
    if others or list(done) != [example.id for example in examples]:
        write_predictions(path, [*ordered, *others])
    return ordered


def fingerprint_of(**parts: Any) -> str:
    """SHA-256 (16 hexadecimal digits) of the canonical JSON of what a system's answers depend on.

    A path stands for the content of the file, or of the weights and settings in the directory.
    """
    content = {name: _content(value) for name, value in parts.items()}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8")).hexdigest()[:16]


def _reusable(
    path: Path, wanted: dict[str, Example], fingerprint: str
) -> tuple[dict[str, Prediction], list[Prediction]]:
    """The rows of `path` that answer a wanted example, by id, and those of other examples."""
    if not path.exists():
        return {}, []
    kept: dict[str, Prediction] = {}
    others: dict[str, Prediction] = {}
    for row in read_jsonl(path, torn_tail=True):
        try:
            prediction = Prediction.from_json(row)
        except ValueError as error:
            hint = "predict again with --fresh, or give another --output"
            raise DataError(path, f"not a prediction file ({error}); {hint}") from None
        if prediction.fingerprint != fingerprint:
            continue
        if prediction.id not in wanted:
            others.setdefault(prediction.id, prediction)
        elif prediction.request_hash == request_hash(wanted[prediction.id]):
            kept.setdefault(prediction.id, prediction)
    return kept, list(others.values())


def _row(
    router: Router, example: Example, answer: Routed, toolbox: Toolbox, system: str, fingerprint: str
) -> Prediction:
    try:
        return Prediction.of(example, answer, toolbox, system=system, fingerprint=fingerprint)
    except ValueError as error:
        raise ToolsmithError(f"{router.name} answered {example.id} with contradictions: {error}") from None


def _content(value: Any) -> Any:
    if isinstance(value, Example):
        return value.to_json()
    if isinstance(value, list | tuple):
        return [_content(item) for item in value]
    if not isinstance(value, Path) or not value.exists():
        return str(value) if isinstance(value, Path) else value
    if value.is_file():
        return _file_hash(value)
    return {file.name: _file_hash(file) for file in sorted(value.iterdir()) if file.suffix in _WEIGHTS}


def _file_hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
