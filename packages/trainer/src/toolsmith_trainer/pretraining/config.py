"""The settings of a pretraining run. Imports nothing heavy, so that ``--help`` is quick."""

from __future__ import annotations

from dataclasses import dataclass

from toolsmith_schema.errors import ToolsmithError


@dataclass(frozen=True, kw_only=True)
class PretrainConfig:
    """Everything that decides a pretraining run."""

    minutes: float = 60.0
    """Time box of the training loop, in minutes of wall time; summed over interruptions."""
    seed: int = 7
    """Seeds weights and data."""
    vocab_size: int = 8192
    """Tokens of the tokenizer, a multiple of 64."""
    hidden_size: int = 256
    """Width of the residual stream."""
    layers: int = 8
    """Decoder layers."""
    heads: int = 4
    """Attention heads; the width is divided among them."""
    kv_heads: int = 4
    """Key-value heads, each shared by as many attention heads."""
    intermediate_size: int = 768
    """Width of the gated MLP."""
    rows: int = 2
    """Toolboxes of a batch."""
    turns: int = 24
    """Requests a toolbox."""
    muon_lr: float = 0.005
    """Learning rate of the weight matrices."""
    adam_lr: float = 0.002
    """Learning rate of embeddings and gains."""
    copying_lr: float = 0.0001
    """Learning rate of the two layers that start with a copying circuit."""
    cooldown: float = 0.4
    """Share of the time box in which the learning rate falls to zero."""
    warmup_steps: int = 40
    """Steps of linear warm-up."""
    save_minutes: float = 5.0
    """Minutes between checkpoints."""

    def __post_init__(self) -> None:
        if self.hidden_size % self.heads or self.heads % self.kv_heads:
            raise ToolsmithError("--hidden-size must be a multiple of --heads, and --heads one of --kv-heads")
        if self.hidden_size // self.heads < 16 or self.hidden_size // self.heads % 2:
            raise ToolsmithError(
                "--hidden-size must give each of --heads an even number of channels, 16 or more"
            )
        if self.layers < 2:
            raise ToolsmithError("--layers must be at least 2: the copying circuit takes two")
        if self.vocab_size < 320 or self.vocab_size % 64:
            raise ToolsmithError("--vocab-size must be a multiple of 64, at least 320")
        if self.minutes <= 0:
            raise ToolsmithError("--minutes must be above zero")
