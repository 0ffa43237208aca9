"""The settings of a fine-tuning run. Imports nothing heavy, so that ``--help`` is quick."""

from __future__ import annotations

from dataclasses import dataclass

from toolsmith_schema.errors import ToolsmithError


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Everything that decides a fine-tuning run, beside its data."""

    epochs: float = 0.55
    """Passes over the training rows."""
    rank: int = 32
    """Rank of the LoRA matrices."""
    alpha: int = 64
    """LoRA scaling; the update is multiplied by alpha / rank."""
    dropout: float = 0.0
    """Dropout in front of the LoRA matrices."""
    learning_rate: float = 0.0
    """Peak learning rate, cosine to zero after a short warm-up; 0 takes 2e-3 for a base of under 50 M
    parameters and 2e-4 for a larger one."""
    muon: bool = False
    """Train the LoRA matrices with Muon instead of AdamW."""
    variants: float = 0.15
    """Share of the rows that see the toolbox in another order, under other names or among other tools."""
    batch_size: int = 48
    """Rows of one optimiser step."""
    seed: int = 7
    """Seeds LoRA weights and the order of the rows."""
    max_steps: int = 0
    """Stop after this many steps; 0 runs all epochs."""
    limit: int = 0
    """Use only this many rows, drawn evenly; 0 uses all."""

    def __post_init__(self) -> None:
        if self.rank < 1 or self.alpha < 1 or self.batch_size < 1:
            raise ToolsmithError("--rank, --alpha and --batch-size must be at least 1")
        if self.epochs <= 0:
            raise ToolsmithError("--epochs must be above zero")
        if not 0 <= self.variants <= 1:
            raise ToolsmithError("--variants must be in [0, 1]")
        if not 0 <= self.dropout < 1:
            raise ToolsmithError("--dropout must be in [0, 1)")
        if not 0 <= self.learning_rate < 1:
            raise ToolsmithError("--learning-rate must be in (0, 1), or 0 to choose by the size of the base")
