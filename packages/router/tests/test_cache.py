"""The roomy cache holds what transformers' own holds, also when rows are repeated, chosen and taken back."""

from __future__ import annotations

import copy

import pytest
import torch
from transformers import DynamicCache, Qwen2Config

from toolsmith_router.cache import roomy_cache


@pytest.fixture
def config() -> Qwen2Config:
    return Qwen2Config(num_hidden_layers=2, hidden_size=8, num_attention_heads=2, num_key_value_heads=1)


def test_every_change_gives_what_the_cache_of_transformers_gives(config: Qwen2Config) -> None:
    draw = torch.Generator().manual_seed(3)
    caches = [DynamicCache(config=config), roomy_cache(config)]

    def read(rows: int, tokens: int) -> None:
        new = torch.randn(2, rows, 1, tokens, 4, generator=draw)
        for layer in range(2):
            (keys, values), (other_keys, other_values) = (
                cache.update(new[0] + layer, new[1] - layer, layer) for cache in caches
            )
            assert torch.equal(keys, other_keys) and torch.equal(values, other_values)

    read(1, 70)
    before = copy.deepcopy(caches)
    for cache in caches:
        cache.batch_repeat_interleave(3)
    for tokens in (5, 1, 1, 60, 1):  # 60: beyond the room
        read(3, tokens)
    for cache in caches:
        cache.batch_select_indices(torch.tensor([2, 0]))
    read(2, 1)
    read(2, 1)
    for cache in caches:
        cache.crop(-3)
    read(2, 2)
    assert caches[1].get_seq_length() == caches[0].get_seq_length() == 70 + 68 + 2 - 3 + 2
    caches = before
    read(1, 2)
    assert caches[1].get_seq_length() == 72


def test_a_copy_does_not_change_what_it_was_made_from(config: Qwen2Config) -> None:
    cache = roomy_cache(config)
    for count in (4, 1):
        for layer in range(2):
            cache.update(torch.zeros(1, 1, count, 4), torch.zeros(1, 1, count, 4), layer)
    other = copy.deepcopy(cache)
    other.update(torch.ones(1, 1, 1, 4), torch.ones(1, 1, 1, 4), 0)
    cache.update(torch.zeros(1, 1, 1, 4), torch.zeros(1, 1, 1, 4), 0)
    assert other.layers[0].keys.sum() == 4 and cache.layers[0].keys.sum() == 0
