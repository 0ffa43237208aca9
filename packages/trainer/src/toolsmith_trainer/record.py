"""The receipt of a training run, its picture and its model card."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from toolsmith_schema.files import write_text


@dataclass(frozen=True, kw_only=True)
class TrainRecord:
    """What made an adapter. Written to ``train.json``."""

    config: dict[str, Any]
    """The fields of `TrainConfig`."""
    base: str
    """Directory or hub id of the base."""
    data: str
    """The training file."""
    data_sha256: str
    """SHA-256 of its bytes."""
    rows: int
    """Examples trained on."""
    toolbox_fingerprint: str
    """`Toolbox.fingerprint` of the toolbox in the prompt."""
    trainable_parameters: int
    """Parameters of the LoRA matrices."""
    total_parameters: int
    """Parameters of base and adapter."""
    steps: int
    """Optimiser steps."""
    wall_seconds: float
    """Wall time of the run, in seconds; of the last part when it was resumed."""
    resumed: bool
    """Whether the run went on from a checkpoint."""
    device: str
    """Where it ran."""
    precision: str
    """Arithmetic of the forward pass."""
    versions: dict[str, str]
    """Versions of the libraries that matter."""
    machine: str
    """Processor kind and threads."""
    curve: tuple[dict[str, float], ...]
    """Points with ``step`` and either ``loss`` and ``learning_rate`` or ``dev_loss``."""

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        return {**asdict(self), "curve": list(self.curve)}


def versions() -> dict[str, str]:
    """Installed versions of the libraries that decide the result."""
    found = {}
    for name in (
        "torch",
        "transformers",
        "peft",
        "trl",
        "datasets",
        "accelerate",
        "tokenizers",
        "toolsmith-trainer",
    ):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_loss_picture(path: Path, record: TrainRecord) -> Path:
    """Draw the training loss and, where measured, the dev loss."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    points = [(p["step"], p["loss"]) for p in record.curve if "loss" in p]
    dev = [(p["step"], p["dev_loss"]) for p in record.curve if "dev_loss" in p]
    axes.plot(*zip(*points, strict=True), color="#0072B2", label="training (mean since the last point)")
    if dev:
        axes.plot(*zip(*dev, strict=True), "o-", color="#D55E00", label="dev, at the end of each epoch")
    axes.set_yscale("log")
    for ticks in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        ticks("{x:g}")
    axes.set_xlabel("optimiser step")
    axes.set_ylabel("cross-entropy per answer token (nats)")
    axes.set_title(f"LoRA fine-tuning, rank {record.config['rank']}, {record.rows:,} rows")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130, metadata={"Software": None})
    plt.close(figure)
    return path


def write_model_card(folder: Path, record: TrainRecord) -> Path:
    """Write the adapter's ``README.md``."""
    return write_text(folder / "README.md", model_card(record))


def model_card(record: TrainRecord) -> str:
    """The adapter's model card, made from its record."""
    c = record.config
    last = [p["loss"] for p in record.curve if "loss" in p][-1:]
    dev = [p["dev_loss"] for p in record.curve if "dev_loss" in p][-1:]
    losses = "".join(
        f"| {name} | {values[0]:.4f} |\n"
        for name, values in (("last training loss", last), ("last dev loss", dev))
        if values
    )
    share = record.trainable_parameters / record.total_parameters
    trainable = f"{record.trainable_parameters:,} of {record.total_parameters:,} ({share:.2%})"
    where = f"{record.device} ({record.machine}, {record.precision})"
    libraries = ", ".join(f"{name} {number}" for name, number in record.versions.items())
    return f"""---
base_model: {record.base}
library_name: peft
pipeline_tag: text-generation
tags: [lora, tool-calling]
---

# toolsmith adapter

A LoRA adapter that makes `{record.base}` a tool-call router for one toolbox: a request in, one JSON tool call
or an explicit "no tool fits" out. Use it with `toolsmith route`, or load it with PEFT and the base's chat
template.

| | |
|---|---|
| base | `{record.base}` |
| toolbox fingerprint | `{record.toolbox_fingerprint[:16]}…` |
| rows | {record.rows:,} |
| data SHA-256 | `{record.data_sha256[:16]}…` |
| rank, alpha, dropout | {c["rank"]}, {c["alpha"]}, {c["dropout"]} on all attention and MLP projections |
| trainable parameters | {trainable} |
| epochs, steps, batch | {c["epochs"]:g}, {record.steps:,}, {c["batch_size"]} |
| learning rate | {c["learning_rate"]:g}, cosine |
| seed | {c["seed"]} |
| wall time | {record.wall_seconds / 60:.1f} minutes on {where} |
{losses}| libraries | {libraries} |

Loss on the answer only. How good it is stands in the evaluation report beside it, not here. Its licence
follows the base's. It answers in English, one call at a time, and can be wrong: validate each call, and ask
before anything that cannot be undone.
"""
