"""What is in the folder of an exported model, for those that read it without transformers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolsmith_schema.errors import ArtifactMissing, ToolsmithError


def shards(folder: Path) -> list[Path]:
    """The files of its weights.

    Raises:
        ArtifactMissing: there are none.
    """
    found = sorted(folder.glob("*.safetensors"))
    if not found:
        raise ArtifactMissing("the exported model", folder, f"toolsmith export --output {folder}")
    return found


def tied_qwen2(folder: Path, refusal: str) -> dict[str, Any]:
    """Its configuration.

    Raises:
        ToolsmithError: it is no Qwen2 model with tied embeddings; `refusal` is the sentence.
    """
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    if config.get("model_type") != "qwen2" or not config.get("tie_word_embeddings"):
        raise ToolsmithError(refusal)
    return config


def rope_theta(config: Mapping[str, Any]) -> float:
    """The base of the rotary positions."""
    rope = config.get("rope_parameters") or {}
    return float(rope.get("rope_theta", config.get("rope_theta", 10_000.0)))


def chat_template(folder: Path, settings: Mapping[str, Any]) -> str:
    """Its chat template, in a file of its own or in the tokenizer's `settings`."""
    file = folder / "chat_template.jinja"
    return file.read_text("utf-8") if file.exists() else str(settings["chat_template"])
