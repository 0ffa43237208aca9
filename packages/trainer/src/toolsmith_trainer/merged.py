"""The gradient of LoRA matrices by way of the merged weights: fewer, larger operations, the same numbers.

A LoRA layer computes W·x + s·B·A·x, two more products and a sum for every token. With x the same,
W' = W + s·B·A gives that in one product, and from the gradient G of W' follow those of the matrices::

    ∂A = s·Bᵀ·G        ∂B = s·G·Aᵀ

(the chain rule for the update of Hu et al. 2021, "LoRA", arXiv 2106.09685). For a small base on a CPU that is
faster, although G has to be computed. It holds only without dropout between x and A.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from peft import PeftModel
from peft.tuners.lora import Linear
from transformers import PreTrainedModel

from toolsmith_trainer.shared_prefix import use_shared_prefix
from toolsmith_trainer.threads import Threads

_INSIDE = "base_model.model."


class MergedGradients:
    """Copies of a LoRA model with merged weights, a thread each, that fill in its gradients."""

    def __init__(
        self,
        model: PeftModel,
        copies: Sequence[PreTrainedModel],
        loss: Callable[[Any, dict[str, Any]], torch.Tensor],
    ) -> None:
        """Keep `model`, whose LoRA matrices are to be trained.

        Args:
            copies: of the base without LoRA, as many as parts of a batch are computed at once, in the type to
                compute with; sums over the parts and the LoRA matrices are in float32.
            loss: of a copy and a part, a scalar to be summed over the parts.
        """
        self._copies, self._loss, self._threads = copies, loss, Threads(len(copies))
        layers = {name: module for name, module in model.named_modules() if isinstance(module, Linear)}
        self._layers = list(layers.values())
        self._weights = []
        for one in copies:
            use_shared_prefix(one.requires_grad_(False).train())
            self._weights.append([one.get_submodule(name.removeprefix(_INSIDE)).weight for name in layers])
            for weight in self._weights[-1]:
                weight.requires_grad_(True)

    def gradients(self, parts: Sequence[dict[str, Any]], total: float) -> float:
        """Put the gradient of the parts' summed loss over `total` into the LoRA matrices; returns that loss.

        Args:
            parts: at most as many as there are copies.
        """
        self._merge()
        losses = self._threads.map(self._one, self._copies, parts, [total] * len(parts))
        self._divide(len(parts))
        return sum(losses)

    def _one(self, model: Any, part: dict[str, Any], total: float) -> float:
        loss = self._loss(model, part) / total
        loss.backward()
        return float(loss.detach())

    @torch.no_grad()
    def _merge(self) -> None:
        for layer, *copies in zip(self._layers, *self._weights, strict=True):
            name = layer.active_adapters[0]
            merged = layer.get_base_layer().weight.float() + layer.get_delta_weight(name).float()
            for weight in copies:
                weight.copy_(merged)

    @torch.no_grad()
    def _divide(self, count: int) -> None:
        for layer, *copies in zip(self._layers, *self._weights[:count], strict=True):
            name = layer.active_adapters[0]
            a, b, scaling = layer.lora_A[name].weight, layer.lora_B[name].weight, layer.scaling[name]
            gradient = torch.stack([weight.grad.float() for weight in copies]).sum(0)
            a.grad, b.grad = scaling * (b.T.float() @ gradient), scaling * (gradient @ a.T.float())
            for weight in copies:
                weight.grad = None
