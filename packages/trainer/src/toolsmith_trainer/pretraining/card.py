"""The model card of the embedded base, written from its record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolsmith_schema.files import read_json, write_text

_LINKS = {
    "SGD": "Schema-Guided Dialogue",
    "CLINC150": "CLINC150",
    "SNIPS": "SNIPS NLU benchmark",
    "BANKING77": "BANKING77",
    "SMCalFlow": "SMCalFlow",
    "HWU64": "HWU64",
    "SLURP": "SLURP",
    "TM4": "Taskmaster-4",
}


def write_card(folder: Path) -> Path:
    """Write ``README.md`` beside the weights from ``pretrain.json``."""
    record = read_json(folder / "pretrain.json")
    return write_text(folder / "README.md", card(record))


def card(record: dict[str, Any]) -> str:
    """The card's text for a pretraining record."""
    config, curve = record["config"], record["curve"]
    sources = "\n".join(
        f"| {_LINKS.get(name, name)} | {licence} |" for name, licence in sorted(record["licences"].items())
    )
    last = f"{curve[-1]['loss']:.3f}" if curve else "not logged"
    shape = (
        f"{config['layers']} layers, width {config['hidden_size']}, MLP {config['intermediate_size']}, "
        f"{config['heads']} heads, {config['kv_heads']} key-value heads"
    )
    vocabulary = (
        f"{config['vocab_size']:,}, byte-level BPE; words with the space before them; "
        "wire-format pieces are single tokens"
    )
    return f"""---
library_name: transformers
pipeline_tag: text-generation
license: cc-by-sa-4.0
language: en
---

# toolsmith embedded base

A small teaching-scale base for tool calling, pretrained from nothing so that the whole project works offline.
It is **not** Qwen and no general language model: it has the Qwen2 architecture and
{record["parameters"] / 1e6:.2f} M parameters, and it knows only tool-calling requests, a little plain English
and how to copy spans. It cannot chat, and without fine-tuning it is often wrong. Use it as the base of
`toolsmith train`.

| | |
|---|---|
| parameters | {record["parameters"]:,} |
| shape | {shape} |
| vocabulary | {vocabulary} |
| tokens seen | {record["tokens"]:,} (padding included) |
| steps | {record["step"]:,} |
| wall time | {record["seconds"] / 60:.1f} minutes |
| last training loss | {last} |
| weights | bfloat16 |
| torch | {record["torch"]} |

## Training data

Packs of requests that share a toolbox: public utterances whose intents became tools, a library of tools with
wordings written for this project, made-up tools with made-up names (copying), repeated random tokens (copying
again), and plain text. In the last part of the run three of five packs are training rows of toolsmith's data
set (`--examples`), asked of siblings of its tools: other names, other arguments, other descriptions, values
swapped among the rows. The default toolbox itself stays out: its tool names, argument names and descriptions
are refused by the generator, so the base has never seen it; nor has it seen a row of a dev or test file.

| source | licence |
|---|---|
{sources}

## Limits

English only. One call at a time. Short requests (up to about 100 words were seen). It can be led astray by
text in the request; decode with the span grammar, check the call, and ask before anything that cannot be
undone.
"""
