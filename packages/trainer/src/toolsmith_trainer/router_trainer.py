"""TRL's trainer for batches that share their toolbox: its loss, the order of its rows, its history.

Loss is taken only where there is a target. The order of the rows depends on the seed and the epoch alone, so
a run that was stopped within an epoch goes on with the rows that it has not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional as F
from torch.utils.data import Sampler
from transformers import TrainerCallback
from trl import SFTTrainer

from toolsmith_trainer.merged import MergedGradients
from toolsmith_trainer.rows import IGNORED, divided


class RouterTrainer(SFTTrainer):
    """SFTTrainer that scores only target positions of a shared-prefix batch."""

    optimizer: Any

    def __init__(
        self,
        *args: Any,
        groups: Sequence[int] = (),
        muon: bool = False,
        copies: Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        """As SFTTrainer.

        Args:
            groups: per row a number; a batch has rows of one number only. Left out, all rows are one group.
            muon: train the LoRA matrices with Muon instead of AdamW.
            copies: of the base; where there are any, `MergedGradients` computes with them.
        """
        self._groups, self._muon, self._copies = groups, muon, copies
        self._merged: MergedGradients | None = None
        super().__init__(*args, **kwargs)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Muon where it is asked for (all LoRA weights are matrices), else what the arguments name."""
        if not self._muon:
            return super().create_optimizer(model) if model is not None else super().create_optimizer()
        if self.optimizer is None:
            chosen = [p for p in (model or self.model).parameters() if p.requires_grad]
            self.optimizer = torch.optim.Muon(
                chosen, lr=self.args.learning_rate, weight_decay=0.0, momentum=0.95
            )
        return self.optimizer

    def training_step(
        self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """One step's gradients; by way of the merged weights where that was asked for."""
        if not self._copies:
            return super().training_step(model, inputs, num_items_in_batch)
        if self._merged is None:
            self._merged = MergedGradients(self.model, self._copies, target_loss)
        count = num_items_in_batch
        if count is None:
            count = (inputs["labels"][:, 1:] != IGNORED).sum()
        return torch.tensor(self._merged.gradients(divided(inputs, len(self._copies)), float(count)))

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Cross-entropy over the batch's targets divided by their number: the value of the plain loss."""
        loss = target_loss(model, inputs)
        count = (inputs["labels"][:, 1:] != IGNORED).sum()
        total = count if num_items_in_batch is None else num_items_in_batch
        loss = loss / total
        if self.args.average_tokens_across_devices and num_items_in_batch is not None:
            loss = loss * self.accelerator.num_processes
        return (loss, None) if return_outputs else loss

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        rows = self.train_dataset if train_dataset is None else train_dataset
        groups = self._groups or [0] * len(rows)
        return Shuffled(groups, batch_size=self.args.per_device_train_batch_size, seed=self.args.seed)


class Shuffled(Sampler[int]):
    """Row numbers in an order that differs in each epoch; each batch has rows of one group.

    What does not fill a batch of its group is left out of the epoch, but for the first group.
    """

    def __init__(self, groups: Sequence[int], *, batch_size: int, seed: int) -> None:
        self._members: dict[int, list[int]] = {}
        for row, group in enumerate(groups):
            self._members.setdefault(group, []).append(row)
        self._first = groups[0] if 0 not in self._members and groups else 0
        self._batch, self._seed, self._epoch = batch_size, seed, 0

    def __len__(self) -> int:
        return sum(
            len(rows) if group == self._first else len(rows) // self._batch * self._batch
            for group, rows in self._members.items()
        )

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of epoch number `epoch`."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(1000 * self._seed + self._epoch)
        whole: list[list[int]] = []
        rest: list[int] = []
        for group, rows in sorted(self._members.items()):
            order = [rows[i] for i in torch.randperm(len(rows), generator=generator).tolist()]
            full = len(order) // self._batch * self._batch
            whole += [order[i : i + self._batch] for i in range(0, full, self._batch)]
            if group == self._first:
                rest = order[full:]
        for i in torch.randperm(len(whole), generator=generator).tolist():
            yield from whole[i]
        yield from rest


def target_loss(model: Any, inputs: dict[str, Any]) -> torch.Tensor:
    """Summed cross-entropy of the batch's targets, a scalar; only columns with a target get logits."""
    labels = inputs["labels"][:, 1:]
    columns = (labels != IGNORED).any(0).nonzero()[:, 0]
    given = {key: value for key, value in inputs.items() if key != "labels"}
    logits = model(**given, use_cache=False, logits_to_keep=columns).logits
    chosen = labels[:, columns]
    wanted = chosen != IGNORED
    return F.cross_entropy(logits[wanted].float(), chosen[wanted], reduction="sum")


class DevLoss(TrainerCallback):
    """Measures the dev loss at the end of each epoch and keeps it in the trainer's history."""

    def __init__(self, batches: Sequence[Mapping[str, Any]]) -> None:
        self._batches = batches

    def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Add a row with ``step`` and ``dev_loss``, the mean over target tokens."""
        if not self._batches:
            return
        model.eval()
        total = count = 0.0
        with torch.no_grad():
            for batch in self._batches:
                moved = {
                    key: value.to(model.device) if isinstance(value, torch.Tensor) else value
                    for key, value in batch.items()
                }
                total += float(target_loss(model, moved))
                count += float((batch["labels"][:, 1:] != IGNORED).sum())
        model.train()
        state.log_history.append({"step": state.global_step, "dev_loss": total / count})


def curve_of(history: Sequence[Mapping[str, Any]]) -> tuple[dict[str, float], ...]:
    """The points of a trainer's history, which a resumed run has from its beginning.

    Each has ``step`` and either ``loss`` and ``learning_rate`` or ``dev_loss``.
    """
    points = []
    for row in history:
        if "loss" in row:
            loss, rate = round(float(row["loss"]), 5), float(row["learning_rate"])
            points.append({"step": row["step"], "loss": loss, "learning_rate": rate})
        elif "dev_loss" in row:
            points.append({"step": row["step"], "dev_loss": round(float(row["dev_loss"]), 5)})
    return tuple(points)
