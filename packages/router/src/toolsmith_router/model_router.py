"""A language model as a Router: base or tuned, decoding free or bound to the request's spans."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from toolsmith_router.engine import Engine
from toolsmith_router.loading import DEFAULT_ADAPTER, DEFAULT_BASE, LoadedModel, load_model
from toolsmith_schema.errors import ParseError, ToolsmithError
from toolsmith_schema.example import Example
from toolsmith_schema.router import Routed
from toolsmith_schema.toolbox import Toolbox

Model = Literal["base", "tuned"]
Decoding = Literal["free", "span"]
BEAMS = 1
"""Beginnings of an answer that are kept while decoding; one is greedy search."""


class ModelRouter:
    """Routes with a loaded model: deterministic, batched; one request never sees another."""

    def __init__(
        self,
        loaded: LoadedModel,
        *,
        model: Model = "tuned",
        decoding: Decoding = "span",
        shots: Sequence[Example] = (),
        batch_size: int = 16,
        beams: int = BEAMS,
    ) -> None:
        if model == "tuned" and loaded.adapter is None:
            raise ToolsmithError("a tuned router needs a model that was loaded with an adapter")
        self.name = f"{model}-{decoding}" + ("-few-shot" if shots else "")
        self._engine = Engine(loaded, tuned=model == "tuned", shots=shots)
        self._spans = decoding == "span"
        self._batch_size = batch_size
        self.beams = beams

    def route(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        """Route each request; the result has the order of `requests`.

        Raises:
            GrammarError: decoding is "span" and the toolbox has a schema it cannot express.
        """
        texts = [request.encode("utf-8", "replace").decode("utf-8") for request in requests]
        done: dict[int, Routed] = {}
        lengths = {i: len(self._engine.prompt_ids(text, toolbox)) for i, text in enumerate(texts)}
        fitting = []
        for i, length in sorted(lengths.items(), key=lambda item: item[1]):
            if length + len(texts[i]) // 2 + 64 > self._engine.max_tokens:
                done[i] = self._too_long(length)
            else:
                fitting.append(i)
        for at in range(0, len(fitting), self._batch_size):
            batch = fitting[at : at + self._batch_size]
            started = time.perf_counter()
            answers = self._engine.decode(
                [texts[i] for i in batch], toolbox, spans=self._spans, beams=self.beams
            )
            share = (time.perf_counter() - started) * 1e3 / len(batch)
            for i, answer in zip(batch, answers, strict=True):
                done[i] = Routed.from_text(
                    answer.text,
                    latency_ms=share,
                    prompt_tokens=answer.prompt_tokens,
                    output_tokens=answer.tokens,
                    confidence=answer.probability,
                    tier=self.name,
                ).as_said(texts[i], toolbox)
        return [done[i] for i in range(len(texts))]

    def constant_tokens(self, toolbox: Toolbox) -> int:
        """How many tokens at the beginning of a prompt do not depend on the request."""
        return self._engine.constant_tokens(toolbox)

    def forget(self) -> None:
        """Drop the cached states of all toolboxes."""
        self._engine.forget()

    def _too_long(self, length: int) -> Routed:
        most = self._engine.max_tokens
        reason = f"the request makes a prompt of {length} tokens, and the model takes at most {most}"
        return Routed(raw="", decision=None, error=ParseError(reason, "", kind="too_long"), tier=self.name)


def load_router(
    base: Path | str = DEFAULT_BASE,
    adapter: Path | str | None = DEFAULT_ADAPTER,
    *,
    model: Model = "tuned",
    decoding: Decoding = "span",
    shots: Sequence[Example] = (),
    batch_size: int = 16,
    beams: int = BEAMS,
) -> ModelRouter:
    """Load a router; routers of one (base, adapter) pair share the loaded model.

    Raises:
        ArtifactMissing: a model is not there; the error names the command that makes it.
    """
    if model == "base" and adapter is not None and not Path(adapter).exists():
        adapter = None
    return ModelRouter(
        load_model(base, adapter),
        model=model,
        decoding=decoding,
        shots=shots,
        batch_size=batch_size,
        beams=beams,
    )
