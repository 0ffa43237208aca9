"""Beam search against the definition: the most probable of all answers that are allowed."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from toolsmith_router import load_router
from toolsmith_router.search import Search
from toolsmith_schema import Toolbox

from .test_router import REQUESTS

END, PAD, WORDS = 1, 0, 5
BOX = Toolbox.default()


class Table:
    """A model whose next token depends on the last two; its cache is what it has seen."""

    def __init__(self, seed: int) -> None:
        self.logits = torch.randn(WORDS, WORDS, WORDS, generator=torch.Generator().manual_seed(seed)) * 2

    def next(self, tokens: list[int]) -> torch.Tensor:
        return self.logits[tokens[-2], tokens[-1]].log_softmax(-1)

    def __call__(self, *, input_ids: torch.Tensor, past_key_values: Any, **_: Any) -> Any:
        past_key_values.rows = [
            seen + ids for seen, ids in zip(past_key_values.rows, input_ids.tolist(), strict=True)
        ]
        return SimpleNamespace(logits=torch.stack([self.next(row) for row in past_key_values.rows])[:, None])


class Cache:
    def __init__(self) -> None:
        self.rows: list[list[int]] = [[2]]

    def batch_repeat_interleave(self, count: int) -> None:
        self.rows = [list(row) for row in self.rows for _ in range(count)]

    def batch_select_indices(self, index: torch.Tensor) -> None:
        self.rows = [list(self.rows[i]) for i in index.tolist()]


def best(table: Table, prompt: list[int], longest: int) -> float:
    """The log probability of the best answer of at most `longest` tokens, by trying all."""
    found = -math.inf
    for n in range(1, longest + 1):
        for tokens in itertools.product(range(WORDS), repeat=n):
            if END in tokens[:-1] or (tokens[-1] != END and n < longest):
                continue
            seen, log = list(prompt), 0.0
            for token in tokens:
                log += float(table.next(seen)[token])
                seen.append(token)
            found = max(found, log)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_wide_beam_finds_the_most_probable_answer_and_a_narrow_one_never_a_better(seed: int) -> None:
    table, own = Table(seed), [[3, 4], [4, 2], [2, 3]]
    results = {}
    for beams in (1, 2, 3, 125):
        search = Search(table, device="cpu", end=END, pad=PAD, grammars=None)
        results[beams] = search.run(Cache(), 1, own, [None] * 3, limits=[4] * 3, beams=beams)  # type: ignore[arg-type]
    for i, prompt in enumerate(own):
        wanted = best(table, prompt, 4)
        assert results[125][i].log == pytest.approx(wanted, abs=1e-4)
        assert all(results[beams][i].log <= wanted + 1e-4 for beams in results)


def test_an_answer_does_not_depend_on_the_others_of_its_batch(base: Path, adapter: Path) -> None:
    router = load_router(base, adapter, decoding="span", beams=3)
    together = [routed.raw for routed in router.route(REQUESTS, BOX)]
    assert together == [router.route([request], BOX)[0].raw for request in REQUESTS]
    greedy = load_router(base, adapter, decoding="span", beams=1).route(REQUESTS, BOX)
    wide = router.route(REQUESTS, BOX)
    assert any(b.confidence > a.confidence * 1.001 for a, b in zip(greedy, wide, strict=True))  # type: ignore[operator]
