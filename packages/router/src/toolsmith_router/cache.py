"""A key-value cache that grows in place.

transformers' dynamic cache copies all keys and values for each token; behind a prompt of some hundred tokens
and for a batch of requests that copying takes a quarter of the time of a small model.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

_ROOM = 48  # tokens


def roomy_cache(config: Any) -> DynamicCache:
    """An empty cache for a model of `config`; layers with a sliding window stay as they are."""
    cache = DynamicCache(config=config)
    cache.layers = [_RoomyLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


class _RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer, (B, H, T, D), at the beginning of tensors with room behind them."""

    keys: torch.Tensor
    values: torch.Tensor
    _whole: tuple[torch.Tensor, ...] | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take in the new states, (B, H, T', D) each; returns all keys and all values."""
        used = self.get_seq_length()
        if not used:
            return super().update(key_states, value_states, *args, **kwargs)  # type: ignore[no-any-return]
        end = used + key_states.shape[-2]
        if not self._has_room(end):
            self._whole = tuple(_with_room(states, end + _ROOM) for states in (self.keys, self.values))
        assert self._whole is not None
        for whole, new in zip(self._whole, (key_states, value_states), strict=True):
            whole[..., used:end, :] = new
        self.keys, self.values = (whole[..., :end, :] for whole in self._whole)
        return self.keys, self.values

    def _has_room(self, end: int) -> bool:
        """Whether keys and values still lie in the roomy tensors, and `end` tokens fit there."""
        return (
            self._whole is not None
            and self._whole[0].shape[-2] >= end
            and all(
                whole.data_ptr() == part.data_ptr() and whole.shape[0] == part.shape[0]
                for whole, part in zip(self._whole, (self.keys, self.values), strict=True)
            )
        )


def _with_room(states: torch.Tensor, room: int) -> torch.Tensor:
    whole = states.new_empty((*states.shape[:-2], room, states.shape[-1]))
    whole[..., : states.shape[-2], :] = states
    return whole
