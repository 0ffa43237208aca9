"""Weights to start from that can already copy.

A small model learns late that a word it has seen before is likely to go on as it went on there. The
circuit for it is known (induction heads; Olsson et al. 2022, arXiv 2209.11895): a head of an early layer
brings each token the one before it, a head of the next layer looks for places whose "one before" is the
current token, and what it finds there is copied out. Qwen2's attention has biases on queries and keys, so
both can be written down: this module does, in layers 0 and 1, and training starts from there.
"""

from __future__ import annotations

import torch
from transformers import Qwen2ForCausalLM

_BEFORE_SHARPNESS = 6.0
_MATCH_SHARPNESS = 2.4
_LOUDNESS = 12.0
_FAST = 6
"""Rotary frequencies used to tell the token before from all others, fastest first."""


@torch.no_grad()
def start_with_copying(model: Qwen2ForCausalLM) -> None:
    """Write the copying circuit into the first two layers of a freshly made `model`, in place."""
    config = model.config
    width, heads, shared = config.hidden_size, config.num_attention_heads, config.num_key_value_heads
    size = width // heads
    kept = shared * size  # channels that keys and values have room for
    scale = config.initializer_range
    before, match = model.model.layers[0].self_attn, model.model.layers[1].self_attn
    reading = torch.linalg.qr(torch.randn(width, width))[0]  # (width, width), orthogonal
    writing = torch.linalg.qr(torch.randn(width, width))[0]
    for layer in model.model.layers:  # the rest begins quiet, so that it does not drown the circuit
        layer.mlp.down_proj.weight.mul_(0.1)
        layer.self_attn.o_proj.weight.mul_(0.1)
    half = size // 2
    frequencies = config.rope_parameters["rope_theta"] ** (-torch.arange(half) / half)

    # Layer 0: each head looks one back. The query's bias is constant and the key's is the same turned by
    # one position, so the score depends on the distance alone and is highest at one.
    strength = (_BEFORE_SHARPNESS * size**0.5 / (1 - frequencies[:_FAST].cos()).sum()) ** 0.5
    query, key = torch.zeros(size), torch.zeros(size)
    query[:_FAST] = strength
    key[:_FAST] = strength * frequencies[:_FAST].cos()
    key[half : half + _FAST] = strength * frequencies[:_FAST].sin()
    before.q_proj.weight.mul_(0.1)
    before.k_proj.weight.mul_(0.1)
    before.q_proj.bias.copy_(query.repeat(heads))
    before.k_proj.bias.copy_(key.repeat(shared))
    before.v_proj.weight.copy_(reading[:kept])
    before.o_proj.weight.copy_(_for_each_head(writing[:kept].T * scale, heads, shared))

    # Layer 1: queries read the token itself, keys the token before, both in the slow rotary dimensions,
    # which hardly turn over a request; what is found is written out as the token it is.
    slow = torch.arange(_slow(frequencies), half)
    rows = torch.cat([slow, slow + half])
    gain = _MATCH_SHARPNESS * (size / len(rows)) ** 0.5
    match.q_proj.weight.mul_(0.1)
    match.k_proj.weight.mul_(0.1)
    for head in range(heads):
        there = head * shared // heads * size + rows  # of the key that this head sees
        match.q_proj.weight[head * size + rows] = gain * reading[there]
        match.k_proj.weight[there] = gain * writing[there]
    match.v_proj.weight.copy_(reading[:kept])
    match.o_proj.weight.copy_(_for_each_head(reading[:kept].T * _LOUDNESS * scale, heads, shared))


def _for_each_head(output: torch.Tensor, heads: int, shared: int) -> torch.Tensor:
    """An output matrix (width, shared · size) for `heads` heads that share values: (width, heads · size)."""
    blocks = output.unflatten(1, (shared, -1))
    return (blocks / (heads // shared)).repeat_interleave(heads // shared, dim=1).flatten(1)


def _slow(frequencies: torch.Tensor) -> int:
    """The first rotary pair that turns less than about half a radian over a hundred positions."""
    return int((frequencies * 100 > 0.6).sum())
