"""The tuned model as files for other runtimes: adapter merged, weights in half precision.

    toolsmith export --output artifacts/merged

The folder is an ordinary Hugging Face model directory (safetensors), which transformers, vLLM and
llama.cpp's converter read, and which the light runtime runs.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch

from toolsmith_router.loading import load_alone
from toolsmith_schema.files import read_json, write_json
from toolsmith_schema.toolbox import Toolbox


def export(base: str, adapter: str | None, output: Path) -> dict[str, Any]:
    """Merge `adapter` into `base` and write the model to `output`; returns what was written, for the record.

    The folder is made beside its place and moved in, so a stopped export leaves the old one.

    Raises:
        ArtifactMissing: base or adapter is not there.
    """
    loaded = load_alone(base, adapter)
    model = loaded.model.merge_and_unload() if adapter else loaded.model
    fresh = output.with_name(f".{output.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    model.to("cpu", torch.float16).save_pretrained(fresh, max_shard_size="14MB")
    loaded.tokenizer.save_pretrained(fresh)
    about = {
        "base": base,
        "adapter": adapter,
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "precision": "float16",
        "toolbox_fingerprint": _fingerprint(adapter),
    }
    write_json(fresh / "export.json", about)
    calibration = Path(adapter or "").parent / "calibration.json"
    if adapter and calibration.exists():
        shutil.copy(calibration, fresh)
    shutil.rmtree(output, ignore_errors=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    fresh.rename(output)
    return about


def _fingerprint(adapter: str | None) -> str:
    """The toolbox that the adapter was trained on, as its record says."""
    record = Path(adapter or "").parent / "train.json"
    return (
        str(read_json(record)["toolbox_fingerprint"])
        if adapter and record.exists()
        else Toolbox.default().fingerprint
    )
