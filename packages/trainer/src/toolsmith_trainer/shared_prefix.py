"""Attention for requests that share one toolbox: the toolbox is computed once, not once a request.

A row is laid out as a prefix of P tokens (the toolbox) followed by K turns of T tokens each (a request with
its answer). Prefix tokens look back at the prefix; a turn's tokens look at the whole prefix and back at
their own turn, never at another turn. Every turn is computed as if it stood alone behind the toolbox, at
the price of one toolbox for K turns, and no (P + K·T)² score matrix is ever made.

    with shared_prefix_attention(model):
        shape = Shape(prefix=458, turns=32, length=64)
        model(input_ids, position_ids=positions, prefix_mask=mask, shape=shape)

The function is registered with transformers' attention interface, so any decoder of that library whose
layers pass keyword arguments through can be used (Qwen2, Llama, Qwen3 …).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional as F
from transformers import AttentionInterface, PreTrainedModel

NAME = "toolsmith_shared_prefix"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How a row is laid out."""

    prefix: int
    """P, tokens of the toolbox, padding included."""
    turns: int
    """K, turns behind it."""
    length: int
    """T, tokens of a turn, padding included."""


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
        query: (B, H, P + K·T, D); `key` and `value` may have fewer heads.
        attention_mask: not used; the layout says who sees whom.
        prefix_mask: (B, P) bool, True where the prefix holds a real token.

    Returns:
        (B, P + K·T, H, D) and None, as the interface asks.
    """
    assert shape is not None and prefix_mask is not None
    batch, heads, _, width = query.shape
    if key.shape[1] != heads:
        key = key.repeat_interleave(heads // key.shape[1], dim=1)
        value = value.repeat_interleave(heads // value.shape[1], dim=1)
    p, k, t = shape.prefix, shape.turns, shape.length
    out = F.scaled_dot_product_attention(
        query[:, :, :p], key[:, :, :p], value[:, :, :p], is_causal=True, scale=scaling
    )
    if k:
        scale = scaling if scaling is not None else width**-0.5
        q = query[:, :, p:] * scale  # (B, H, K·T, D)
        blocks = (batch, heads, k, t, width)
        over_prefix = q @ key[:, :, :p].transpose(-1, -2)  # (B, H, K·T, P)
        over_prefix = over_prefix.masked_fill(~prefix_mask[:, None, None, :], float("-inf"))
        over_turn = q.reshape(blocks) @ key[:, :, p:].reshape(blocks).transpose(-1, -2)  # (B, H, K, T, T)
        later = torch.ones(t, t, dtype=torch.bool, device=query.device).triu(1)
        over_turn = over_turn.masked_fill(later, float("-inf")).reshape(batch, heads, k * t, t)
        weights = torch.cat([over_prefix, over_turn], dim=-1).softmax(dim=-1).to(value.dtype)
        seen = weights[..., :p] @ value[:, :, :p]
        own = weights[..., p:].reshape(batch, heads, k, t, t) @ value[:, :, p:].reshape(blocks)
        out = torch.cat([out, seen + own.reshape(batch, heads, k * t, width)], dim=2)
    return out.transpose(1, 2), None


AttentionInterface.register(NAME, shared_prefix_sdpa)


@contextmanager
def shared_prefix_attention(model: PreTrainedModel) -> Iterator[None]:
    """Use the shared-prefix attention in `model` within the block."""
    before = model.config._attn_implementation
    model.config._attn_implementation = NAME
    try:
        yield
    finally:
        model.config._attn_implementation = before
