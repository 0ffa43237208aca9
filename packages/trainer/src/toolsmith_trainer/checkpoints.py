"""Where a stopped fine-tuning run goes on from."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolsmith_schema.files import write_json


def checkpoint_of(work: Path, key: Mapping[str, Any]) -> Path | None:
    """The last checkpoint in `work` of a run with this `key`, or None; those of other runs are removed.

    `key` is what has to be the same for a run to go on: settings, base, data and toolbox.
    """
    path = work / "run.json"
    if path.exists() and json.loads(path.read_text("utf-8")) == json.loads(json.dumps(key)):
        found = sorted(work.glob("checkpoint-*"), key=lambda folder: int(folder.name.split("-")[1]))
        whole = [folder for folder in found if (folder / "trainer_state.json").exists()]
        return whole[-1] if whole else None
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    write_json(path, key)
    return None


def weights_digest(model: Any) -> str:
    """SHA-256 of the model's input embeddings: a base made anew in the same place has another."""
    weight = model.get_input_embeddings().weight
    return hashlib.sha256(weight.detach().cpu().float().numpy().tobytes()).hexdigest()
