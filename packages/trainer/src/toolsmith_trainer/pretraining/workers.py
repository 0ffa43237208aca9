"""Copies of a model that compute the gradient of a batch together, each a part of it in a thread of its own.

The copies are in bfloat16, with half the memory traffic and no casts; the optimisers work on the float32
original, since steps smaller than 1/256 of a weight would be lost in a copy (master weights; Micikevicius et
al. 2018, arXiv 1710.03740).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import PreTrainedModel

from toolsmith_trainer.pretraining.packing import Batch
from toolsmith_trainer.shared_prefix import use_shared_prefix
from toolsmith_trainer.threads import Threads


class Workers:
    """`count` copies of `model` with a thread each."""

    def __init__(
        self, model: PreTrainedModel, count: int, loss: Callable[[Any, Batch], torch.Tensor]
    ) -> None:
        self._model, self._loss = model, loss
        self._copies = [copy.deepcopy(model).to(torch.bfloat16).train() for _ in range(count)]
        for one in self._copies:
            use_shared_prefix(one)
        self._threads = Threads(count)

    def gradients(self, parts: Sequence[Batch]) -> float:
        """Put the gradient of the weighted mean loss over `parts` into the model; returns that loss.

        Args:
            parts: at most as many as there are copies.
        """
        total = float(sum(part.weights[:, 1:].sum() for part in parts))
        losses = self._threads.map(self._one, self._copies, parts, [total] * len(parts))
        self._gather(len(parts))
        return sum(losses)

    def _one(self, model: PreTrainedModel, part: Batch, total: float) -> float:
        loss = self._loss(model, part) / total
        loss.backward()
        return float(loss.detach())

    @torch.no_grad()
    def _gather(self, count: int) -> None:
        for master, *others in zip(
            self._model.parameters(), *(one.parameters() for one in self._copies), strict=True
        ):
            found = [other.grad for other in others[:count] if other.grad is not None]
            master.grad = torch.stack([grad.float() for grad in found]).sum(0) if found else None
            for other in others:
                other.grad = None

    @torch.no_grad()
    def update(self) -> None:
        """Round the model's weights into the copies."""
        for one in self._copies:
            for master, worker in zip(self._model.parameters(), one.parameters(), strict=True):
                worker.copy_(master)
