"""Attention for requests that share one toolbox: the toolbox is computed once, not once a request.

A row is laid out as a prefix of P tokens (the toolbox) followed by K turns (a request with its answer) of
T₁ … T_K tokens. Prefix tokens look back at the prefix; a turn's tokens look at the whole prefix and back at
their own turn, never at another turn. Every turn is computed as if it stood alone behind the toolbox, at
the price of one toolbox for K turns, and no square score matrix over the whole row is ever made.

    with shared_prefix_attention(model):
        shape = Shape(prefix=458, turns=(40, 40, 64))
        model(input_ids, position_ids=positions, prefix_mask=mask, shape=shape)

The function is registered with transformers' attention interface, so any decoder of that library whose
layers pass keyword arguments through can be used (Qwen2, Llama, Qwen3 …).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any

import torch
from torch.nn import functional as F
from transformers import AttentionInterface, PreTrainedModel

NAME = "toolsmith_shared_prefix"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How a row is laid out. Its length N is the prefix and all turns, padding included."""

    prefix: int
    """P, tokens of the toolbox, padding included."""
    turns: tuple[int, ...] = ()
    """Tokens of each turn behind it, padding included; turns of one length side by side are done at once."""

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each turn begins."""
        return tuple(accumulate(self.turns, initial=self.prefix))[:-1]

    @property
    def length(self) -> int:
        """N."""
        return self.prefix + sum(self.turns)


def slots(lengths: Sequence[int], *, at_once: int = 8, multiple: int = 8) -> tuple[int, ...]:
    """Room for turns of ascending `lengths`: each `at_once` get that of their longest, rounded up.

    A batch can so hold turns of all lengths with little padding.
    """
    return tuple(
        round_up(lengths[min(i // at_once * at_once + at_once, len(lengths)) - 1], multiple)
        for i in range(len(lengths))
    )


def round_up(length: int, multiple: int) -> int:
    """The first multiple of `multiple` that is not below `length`."""
    return -(-length // multiple) * multiple


def shared_prefix_sdpa(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    scaling: float | None = None,
    shape: Shape | None = None,
    prefix_mask: torch.Tensor | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attention over a row of `shape`.

    Args:
        query: (B, H, N, D); `key` and `value` may have fewer heads.
        attention_mask: not used; the layout says who sees whom.
        prefix_mask: (B, P) bool, True where the prefix holds a real token.

    Returns:
        (B, N, H, D) and None, as the interface asks.
    """
    assert shape is not None and prefix_mask is not None
    batch, heads, _, width = query.shape
    if key.shape[1] != heads:
        key = key.repeat_interleave(heads // key.shape[1], dim=1)
        value = value.repeat_interleave(heads // value.shape[1], dim=1)
    p = shape.prefix
    out = F.scaled_dot_product_attention(
        query[:, :, :p], key[:, :, :p], value[:, :, :p], is_causal=True, scale=scaling
    )
    if not shape.turns:
        return out.transpose(1, 2), None
    query = query[:, :, p:] * (scaling if scaling is not None else width**-0.5)
    over_prefix = query @ key[:, :, :p].transpose(-1, -2)  # (B, H, N - P, P)
    over_prefix = over_prefix.masked_fill(~prefix_mask[:, None, None, :], float("-inf"))
    made, at = [out], 0
    for t, same in groupby(shape.turns):
        k = len(tuple(same))
        here, blocks = slice(at, at + k * t), (batch, heads, k, t, width)
        keys, values = (x[:, :, p + at : p + at + k * t].reshape(blocks) for x in (key, value))
        over_turn = query[:, :, here].reshape(blocks) @ keys.transpose(-1, -2)  # (B, H, K, T, T)
        later = torch.ones(t, t, dtype=torch.bool, device=query.device).triu(1)
        over_turn = over_turn.masked_fill(later, float("-inf")).reshape(batch, heads, k * t, t)
        weights = torch.cat([over_prefix[:, :, here], over_turn], dim=-1).softmax(dim=-1).to(value.dtype)
        own = weights[..., p:].reshape(batch, heads, k, t, t) @ values
        made.append(weights[..., :p] @ value[:, :, :p] + own.reshape(batch, heads, k * t, width))
        at += k * t
    out = torch.cat(made, dim=2)
    return out.transpose(1, 2), None


AttentionInterface.register(NAME, shared_prefix_sdpa)


def use_shared_prefix(model: PreTrainedModel) -> None:
    """Use the shared-prefix attention in `model` from now on."""
    model.config._attn_implementation = NAME


@contextmanager
def shared_prefix_attention(model: PreTrainedModel) -> Iterator[None]:
    """Use the shared-prefix attention in `model` within the block."""
    before = model.config._attn_implementation
    use_shared_prefix(model)
    try:
        yield
    finally:
        model.config._attn_implementation = before
