"""What a stopped pretraining run goes on from: weights, optimisers and counters in one file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from toolsmith_schema.errors import ToolsmithError
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
    mine = {key: value for key, value in asdict(config).items() if key not in ("minutes", "save_minutes")}
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


def save(model: torch.nn.Module, opts: Sequence[torch.optim.Optimizer], state: State, work: Path) -> None:
    """Write the run's state beside the old one, then rename."""
    temporary = work / "state.pt.partial"
    torch.save(
        {"model": model.state_dict(), "optimizers": [o.state_dict() for o in opts], "state": asdict(state)},
        temporary,
    )
    temporary.replace(work / "state.pt")


def restore(model: torch.nn.Module, opts: Sequence[torch.optim.Optimizer], work: Path, device: str) -> State:
    """Load the run's state into `model` and `opts`; a fresh `State` where nothing was saved."""
    path = work / "state.pt"
    if not path.exists():
        return State()
    saved: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    model.load_state_dict(saved["model"])
    for optimizer, held in zip(opts, saved["optimizers"], strict=True):
        optimizer.load_state_dict(held)
    return State(**{**saved["state"], "curve": tuple(saved["state"]["curve"])})
