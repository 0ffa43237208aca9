"""The forward pass of a Qwen2 decoder in numpy, for one request or a few at once behind a cached prefix.

A model of a few million parameters spends more time between operations than in them, and numpy's operations
are short. The architecture is that of Qwen2 (arXiv 2407.10671): pre-norm RMSNorm, rotary positions, biases
on queries, keys and values, gated SiLU, tied embeddings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from toolsmith_router.exported import rope_theta

Array: TypeAlias = NDArray[np.float32]
_FEW = 3
"""Rows up to which a product goes row by row."""


@dataclass(frozen=True, kw_only=True)
class _Layer:
    norm: Array
    qkv: Array
    qkv_bias: Array
    out: Array
    mlp_norm: Array
    gate_up: Array
    down: Array


@dataclass(frozen=True, kw_only=True)
class _Turn:
    cos: Array
    sin: Array
    later: Array | None


@dataclass(frozen=True, kw_only=True)
class Prefix:
    """Keys and values of the constant part of a prompt; read by many requests, changed by none."""

    length: int
    """P, its tokens."""
    keys: list[Array]
    """Per layer (H, D, P)."""
    values: list[Array]
    """Per layer (H, P, D)."""


class State:
    """Keys and values of one request behind a prefix."""

    def __init__(self, prefix: Prefix, layers: int, heads: int, width: int, room: int) -> None:
        self.prefix, self.length = prefix, 0
        self.keys = np.empty((layers, heads, room, width), np.float32)
        self.values = np.empty((layers, heads, room, width), np.float32)

    def forget(self, tokens: int) -> None:
        """Take back the `tokens` read last."""
        self.length -= tokens

    def grow(self, by: int) -> None:
        """Make room for `by` more tokens."""
        layers, heads, room, width = self.keys.shape
        if self.length + by > room:
            more = np.empty((layers, heads, max(by, room), width), np.float32)
            self.keys = np.concatenate([self.keys, more], axis=2)
            self.values = np.concatenate([self.values, more], axis=2)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the model is to read next of one request."""

    ids: Sequence[int]
    """Tokens, one at least."""
    state: State
    """What it has read before; it grows by the tokens."""
    last: int = 1
    """How many of them the hidden states are wanted of, counted from the end."""


class Model:
    """Weights and the forward pass."""

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, NDArray[Any]]) -> None:
        """A model of `config` (Hugging Face names) with `weights` (Hugging Face names, any float type).

        Raises:
            KeyError: a weight is missing.
        """

        def get(name: str) -> Array:
            return np.ascontiguousarray(weights[name], dtype=np.float32)

        self._heads = int(config["num_attention_heads"])
        self._shared = int(config["num_key_value_heads"])
        self._width = int(config["hidden_size"]) // self._heads
        self._epsilon = np.float32(config["rms_norm_eps"])
        self.longest = int(config["max_position_embeddings"])
        """Most tokens of a prompt with its answer."""
        self.embeddings = get("model.embed_tokens.weight")
        """(V, width)."""
        self._norm = get("model.norm.weight")
        self._layers = [
            self._layer(f"model.layers.{i}.", get) for i in range(int(config["num_hidden_layers"]))
        ]
        half = self._width // 2
        theta = rope_theta(config)
        angles = np.arange(self.longest)[:, None] * theta ** (-np.arange(half) / half)[None, :]
        self._cos = np.tile(np.cos(angles), 2).astype(np.float32)  # (longest, D)
        self._sin = np.concatenate([-np.sin(angles), np.sin(angles)], axis=1).astype(np.float32)

    def _layer(self, at: str, get: Any) -> _Layer:
        parts = [f"{at}self_attn.{name}_proj." for name in "qkv"]
        mlp = [f"{at}mlp.{name}_proj.weight" for name in ("gate", "up")]
        return _Layer(
            norm=get(f"{at}input_layernorm.weight"),
            qkv=np.ascontiguousarray(np.concatenate([get(f"{part}weight") for part in parts]).T),
            qkv_bias=np.concatenate([get(f"{part}bias") for part in parts]),
            out=np.ascontiguousarray(get(f"{at}self_attn.o_proj.weight").T),
            mlp_norm=get(f"{at}post_attention_layernorm.weight"),
            gate_up=np.ascontiguousarray(np.concatenate([get(name) for name in mlp]).T),
            down=np.ascontiguousarray(get(f"{at}mlp.down_proj.weight").T),
        )

    def prefix(self, ids: Sequence[int]) -> Prefix:
        """The state of a prompt's constant part."""
        empty = Prefix(length=0, keys=[], values=[])
        state = self.state(empty, room=len(ids))
        self.forward([Reading(ids=ids, state=state)])
        used = slice(0, len(ids))
        return Prefix(
            length=len(ids),
            keys=[np.ascontiguousarray(keys[:, used].transpose(0, 2, 1)) for keys in state.keys],
            values=[np.ascontiguousarray(values[:, used]) for values in state.values],
        )

    def state(self, prefix: Prefix, *, room: int) -> State:
        """An empty state behind `prefix`, with room for `room` tokens at first."""
        return State(prefix, len(self._layers), self._heads, self._width, room)

    def forward(self, readings: Sequence[Reading]) -> list[Array]:
        """Read on in each of the requests; returns the final hidden states that each wants, (last, width).

        The matrix products are made for all of them at once, so the weights go through the processor once;
        the attention is each request's own. The last layer keeps the keys and values of all tokens, and goes
        on with those alone that are returned.
        """
        for reading in readings:
            reading.state.grow(len(reading.ids))
        counts = [len(reading.ids) for reading in readings]
        ends = list(accumulate(counts))
        hidden = self.embeddings[[token for reading in readings for token in reading.ids]]
        turns = [self._turn(reading) for reading in readings]
        for number, layer in enumerate(self._layers):
            qkv = _product(self._normed(hidden, layer.norm), layer.qkv) + layer.qkv_bias
            wanted = counts
            if number == len(self._layers) - 1:
                wanted = [reading.last for reading in readings]
                hidden = _joined([hidden[end - n : end] for end, n in zip(ends, wanted, strict=True)])
            mixed = _joined(
                [
                    self._attention(qkv[end - count : end], number, reading.state, turn, wanted=n)
                    for reading, turn, end, count, n in zip(
                        readings, turns, ends, counts, wanted, strict=True
                    )
                ]
            )
            hidden = hidden + _product(mixed, layer.out)
            both = _product(self._normed(hidden, layer.mlp_norm), layer.gate_up)
            size = both.shape[1] // 2
            gate = both[:, :size]
            hidden = hidden + _product(gate / (1 + np.exp(-gate)) * both[:, size:], layer.down)
        for reading, count in zip(readings, counts, strict=True):
            reading.state.length += count
        out = self._normed(hidden, self._norm)
        stops = list(accumulate(reading.last for reading in readings))
        return [out[stop - reading.last : stop] for reading, stop in zip(readings, stops, strict=True)]

    def _turn(self, reading: Reading) -> _Turn:
        """The angles of the tokens' positions, and who of them sees whom."""
        count = len(reading.ids)
        first = reading.state.prefix.length + reading.state.length
        later = np.triu(np.full((count, count), -np.inf, np.float32), 1) if count > 1 else None
        return _Turn(cos=self._cos[first : first + count], sin=self._sin[first : first + count], later=later)

    def _attention(
        self,
        qkv: Array,
        number: int,
        state: State,
        turn: _Turn,
        *,
        wanted: int,
    ) -> Array:
        """What the last `wanted` of one request's tokens gather, (wanted, width)."""
        count, heads, width = len(qkv), self._heads, self._width
        split = [heads * width, (heads + self._shared) * width]
        query, key, value = (
            part.reshape(count, -1, width).transpose(1, 0, 2) for part in np.split(qkv, split, axis=1)
        )
        query, key = _rotated(query, turn.cos, turn.sin), _rotated(key, turn.cos, turn.sin)
        if self._shared != heads:
            key, value = (part.repeat(heads // self._shared, axis=0) for part in (key, value))
        end = state.length + count
        state.keys[number, :, state.length : end] = key
        state.values[number, :, state.length : end] = value
        query = query[:, -wanted:] * np.float32(width**-0.5)
        own = query @ state.keys[number, :, :end].transpose(0, 2, 1)  # (H, T, end)
        if turn.later is not None:
            own[:, :, state.length :] += turn.later[-wanted:]
        p = state.prefix.length
        scores = np.concatenate([query @ state.prefix.keys[number], own], axis=2) if p else own
        scores -= scores.max(axis=2, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=2, keepdims=True)
        mixed = scores[:, :, p:] @ state.values[number, :, :end]
        if p:
            mixed += scores[:, :, :p] @ state.prefix.values[number]
        return mixed.transpose(1, 0, 2).reshape(wanted, heads * width)

    def _normed(self, hidden: Array, gain: Array) -> Array:
        square = np.einsum("td,td->t", hidden, hidden)[:, None] / np.float32(hidden.shape[1])
        return hidden * (gain / np.sqrt(square + self._epsilon))


def _joined(parts: Sequence[Array]) -> Array:
    """The rows of all parts."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _product(x: Array, weight: Array) -> Array:
    """(T, K) times (K, N); a few rows one by one, as a matrix product would first copy the whole weight."""
    if 1 < len(x) <= _FEW:
        return np.stack([row @ weight for row in x])
    product: Array = x @ weight
    return product


def _rotated(x: Array, cos: Array, sin: Array) -> Array:
    """Rotary positions: (H, T, D) turned by the angles of T positions."""
    half = x.shape[2] // 2
    return x * cos + np.concatenate([x[:, :, half:], x[:, :, :half]], axis=2) * sin
