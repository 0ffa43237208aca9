"""Search for the most probable answer of each request of a batch: greedy, or with a beam.

Greedy search commits to the first word of a span before it has seen where the span ends. A beam keeps the
best few beginnings of each request and returns the whole answer whose tokens are together most probable. The
tool is chosen greedily in either case: a refusal is one answer and a call is spread over all that its
arguments could be, so a beam over both would refuse too often.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache

from toolsmith_router.constraint import Grammars


@dataclass(frozen=True, kw_only=True)
class Found:
    """The answer that was found."""

    tokens: list[int]
    """With the end token, unless the limit was reached."""
    log: float
    """Natural logarithm of the product of the tokens' probabilities, among those that were allowed."""


@dataclass(eq=False, kw_only=True)
class _Path:
    """A beginning of an answer."""

    request: int
    tokens: list[int]
    log: float
    matcher: Any


class Search:
    """Decodes batches with one model."""

    def __init__(self, model: Any, *, device: str, end: int, pad: int, grammars: Grammars | None) -> None:
        """Search with `model`; `grammars` is wanted where requests have matchers."""
        self._model, self._device, self._end, self._pad = model, device, end, pad
        self._grammars = grammars

    def run(
        self,
        cache: DynamicCache,
        start: int,
        own: Sequence[Sequence[int]],
        matchers: Sequence[Any],
        *,
        limits: Sequence[int],
        beams: int,
        past_tool: Callable[[Sequence[int]], bool] = lambda tokens: True,
    ) -> list[Found]:
        """The best answer of each request.

        Args:
            cache: state of the `start` tokens that all prompts begin with, one row; it is used up.
            own: what each prompt has behind them.
            matchers: per request what may be answered, or None.
            limits: per request the most tokens of an answer.
            beams: beginnings kept per request.
            past_tool: whether the tool stands in a beginning, so that others may be kept beside it.
        """
        rows, longest = len(own), max(map(len, own))
        if rows > 1:
            cache.batch_repeat_interleave(rows)
        ids = torch.full((rows, longest), self._pad, dtype=torch.long)
        mask = torch.zeros((rows, start + longest), dtype=torch.long)
        mask[:, :start] = 1
        for i, tokens in enumerate(own):
            ids[i, longest - len(tokens) :] = torch.tensor(tokens)
            mask[i, start + longest - len(tokens) :] = 1
        positions = (mask.cumsum(1) - 1).clamp(min=0)[:, start:]
        alive = [_Path(request=i, tokens=[], log=0.0, matcher=matcher) for i, matcher in enumerate(matchers)]
        best: list[Found | None] = [None] * rows
        while True:
            logits = self._model(
                input_ids=ids.to(self._device),
                attention_mask=mask.to(self._device),
                position_ids=positions.to(self._device),
                past_key_values=cache,
                logits_to_keep=1,
            ).logits[:, -1]
            alive, parents = self._extend(alive, logits.float().cpu(), best, limits, beams, past_tool)
            if not alive:
                return [found for found in best if found is not None]
            if parents != list(range(len(mask))):
                index = torch.tensor(parents)
                cache.batch_select_indices(index.to(self._device))
                mask, positions = mask[index], positions[index]
            ids = torch.tensor([[path.tokens[-1]] for path in alive])
            mask = torch.cat([mask, torch.ones(len(alive), 1, dtype=torch.long)], dim=1)
            positions = positions[:, -1:] + 1

    def _extend(
        self,
        alive: list[_Path],
        logits: torch.Tensor,
        best: list[Found | None],
        limits: Sequence[int],
        beams: int,
        past_tool: Callable[[Sequence[int]], bool],
    ) -> tuple[list[_Path], list[int]]:
        """The paths one token on and the rows they come from; finished ones go into `best`."""
        scores = logits.log_softmax(-1)
        if any(path.matcher is not None for path in alive):
            assert self._grammars is not None
            allowed = torch.from_numpy(self._grammars.allowed([path.matcher for path in alive]))
            scores = scores.masked_fill(~allowed, -math.inf).log_softmax(-1)
        top = scores.topk(min(beams, scores.shape[-1]))
        steps: dict[int, list[tuple[float, int, int]]] = {}
        for row, (path, values, tokens) in enumerate(
            zip(alive, top.values.tolist(), top.indices.tolist(), strict=True)
        ):
            count = beams if beams > 1 and past_tool(path.tokens) else 1
            steps.setdefault(path.request, []).extend(
                (path.log + value, row, token)
                for value, token in zip(values[:count], tokens[:count], strict=True)
                if value > -math.inf
            )
        grown: list[tuple[int, _Path]] = []
        for request, options in steps.items():
            for log, row, token in sorted(options, key=lambda option: -option[0])[:beams]:
                tokens = [*alive[row].tokens, token]
                found = best[request]
                if found is not None and log <= found.log:
                    continue
                if token == self._end or len(tokens) >= limits[request]:
                    best[request] = Found(tokens=tokens, log=log)
                else:
                    grown.append((row, _Path(request=request, tokens=tokens, log=log, matcher=row)))
        kept = [(row, path) for row, path in grown if _open(path, best)]
        for row, path in kept:
            matcher = alive[row].matcher
            path.matcher = matcher.copy() if matcher is not None and beams > 1 else matcher
            if path.matcher is not None:
                path.matcher.consume(path.tokens[-1])
        return [path for _, path in kept], [row for row, _ in kept]


def _open(path: _Path, best: Sequence[Found | None]) -> bool:
    """Whether `path` can still become better than what was found."""
    found = best[path.request]
    return found is None or path.log > found.log
