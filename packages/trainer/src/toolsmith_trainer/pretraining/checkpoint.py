"""What a stopped pretraining run goes on from: weights, optimisers and counters in one file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from toolsmith_schema.errors import ArtifactMissing, ToolsmithError
from toolsmith_schema.files import write_json
from toolsmith_trainer.pretraining.config import PretrainConfig


@dataclass(frozen=True, kw_only=True)
class State:
    """What a stopped run needs to go on, beside weights and optimisers."""

    step: int = 0
    """Steps made."""
    tokens: int = 0
    """Tokens seen, padding included."""
    seconds: float = 0.0
    """Wall time of the loop, in seconds, summed over interruptions."""
    curve: tuple[dict[str, float], ...] = ()
    """Points with ``step``, ``seconds``, ``tokens`` and ``loss``."""


def pin_config(config: PretrainConfig, work: Path) -> None:
    """Keep the configuration beside the checkpoint and refuse to resume under another one.

    A run that was stopped before its first checkpoint has left at most a tokenizer, which goes.

    Raises:
        ToolsmithError: `work` holds a checkpoint of another configuration.
    """
    path = work / "config.json"
    mine = _pinned(config)
    theirs = json.loads(path.read_text("utf-8")) if path.exists() else mine
    changed = sorted(key for key in mine if mine[key] != theirs.get(key))
    if changed:
        if (work / "state.pt").exists():
            raise ToolsmithError(
                f"{work} holds a run with other settings ({', '.join(changed)}). Use the same ones to go on, "
                "another --output, or delete that folder to begin anew."
            )
        shutil.rmtree(work / "tokenizer", ignore_errors=True)
    write_json(path, mine)


def _pinned(config: PretrainConfig) -> dict[str, Any]:
    """The settings that must stay the same while a run goes on."""
    return {key: value for key, value in asdict(config).items() if key not in ("minutes", "save_minutes")}


def save(model: torch.nn.Module, opts: Sequence[torch.optim.Optimizer], state: State, work: Path) -> None:
    """Write the run's state beside the old one, then rename."""
    temporary = work / "state.pt.partial"
    torch.save(
        {"model": model.state_dict(), "optimizers": [o.state_dict() for o in opts], "state": asdict(state)},
        temporary,
    )
    temporary.replace(work / "state.pt")


def adopt(base: Path, config: PretrainConfig, work: Path) -> None:
    """Make the published `base` the first checkpoint of a run in `work`, unless that has one already.

    Weights, tokenizer and counters are those of the base; its optimisers were not published and begin anew.

    Raises:
        ArtifactMissing: there is no base in that folder.
        ToolsmithError: the base was made with other settings.
    """
    if (work / "state.pt").exists():
        return
    record = base / "pretrain.json"
    if not record.exists():
        command = f"toolsmith pretrain --corpus FOLDER --output {base}"
        raise ArtifactMissing("a base to start from", base, command)
    published = json.loads(record.read_text("utf-8"))
    theirs = published["config"]
    changed = sorted(key for key, value in _pinned(config).items() if theirs.get(key) != value)
    if changed:
        raise ToolsmithError(
            f"{base} was pretrained with other settings ({', '.join(changed)}). "
            "Give the same ones to go on from it."
        )
    shutil.rmtree(work / "tokenizer", ignore_errors=True)
    (work / "tokenizer").mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copyfile(base / name, work / "tokenizer" / name)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    state = State(**{f.name: published[f.name] for f in fields(State)})
    save(model, (), state, work)


def restore(model: torch.nn.Module, opts: Sequence[torch.optim.Optimizer], work: Path, device: str) -> State:
    """Load the run's state into `model` and `opts`; a fresh `State` where nothing was saved."""
    path = work / "state.pt"
    if not path.exists():
        return State()
    saved: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    model.load_state_dict(saved["model"])
    if saved["optimizers"]:
        for optimizer, held in zip(opts, saved["optimizers"], strict=True):
            optimizer.load_state_dict(held)
    return State(**{**saved["state"], "curve": tuple(saved["state"]["curve"])})
