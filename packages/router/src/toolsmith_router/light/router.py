"""The exported model as a Router, without torch: greedy, bound to the request's spans."""

from __future__ import annotations

import itertools
import math
import time
from collections import OrderedDict
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from toolsmith_router.constraint import Forced, Grammars, Matcher
from toolsmith_router.exported import shards, tied_qwen2
from toolsmith_router.light.drafts import Frames, following
from toolsmith_router.light.model import Array, Model, Prefix, Reading
from toolsmith_router.light.tokens import Tokens
from toolsmith_router.places import Places, Range, swallowed
from toolsmith_schema.errors import ParseError
from toolsmith_schema.files import read_json
from toolsmith_schema.letter_case import as_read
from toolsmith_schema.router import Routed
from toolsmith_schema.toolbox import Toolbox

MODEL = Path(__file__).parent / "model"
"""The exported model that travels with the package."""
_KEPT = 8
_MOST_AHEAD = 8
"""Most tokens of a guess."""
_NOTHING = np.empty((0, 0), np.float32)


@dataclass(frozen=True, kw_only=True)
class _Answer:
    text: str
    tokens: int
    probability: float
    details: dict[str, float]
    """Times the model was run, and milliseconds to the first choice and in the grammar."""


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What does not depend on the request."""

    prompt: list[int]
    """The tokens that every prompt begins with."""
    state: Prefix
    """The model's state behind them."""
    opening: list[int]
    """The tokens that every answer begins with."""
    frames: Frames
    """What stands between the spans."""


class _Clock:
    """A stopwatch."""

    def __init__(self) -> None:
        self.seconds = self._started = 0.0

    def start(self) -> None:
        self._started = time.perf_counter()

    def stop(self) -> None:
        self.seconds += time.perf_counter() - self._started


class LightRouter:
    """Routes with an exported model: deterministic; one request never sees another."""

    name = "tuned-span-light"
    trained_on: str | None
    """Fingerprint of the toolbox that the model was trained on, where its folder says so."""

    def __init__(
        self, folder: Path | str = MODEL, *, batch_size: int = 8, ahead: int = 3, force: bool = True
    ) -> None:
        """Load the model in `folder`.

        Args:
            batch_size: most requests to answer side by side.
            ahead: most tokens of a span to read ahead, 0 to guess nothing. Answers do not depend on it, their
                speed does.
            force: take what the grammar forces without asking the model; else it chooses among one.

        Raises:
            ArtifactMissing: there is none.
            ToolsmithError: it is not a model that this runtime can run.
        """
        self._batch_size, self._ahead, self._force = batch_size, ahead, force
        folder = Path(folder)
        files = shards(folder)
        config = tied_qwen2(
            folder,
            "the light runtime runs Qwen2 models with tied embeddings, "
            f"and {folder} is none; use --runtime torch",
        )
        about = folder / "export.json"
        self.trained_on = read_json(about).get("toolbox_fingerprint") if about.exists() else None
        self._model = Model(config, {k: v for shard in files for k, v in load_file(shard).items()})
        size = len(self._model.embeddings)
        self._tokens = Tokens(folder, size)
        self._grammars = Grammars(self._tokens.for_grammars, size)
        self._texts = self._tokens.bytes_of
        self._forced = Forced(self._grammars, self._texts)
        self._prefixes: OrderedDict[str, _Known] = OrderedDict()
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="toolsmith-grammar")

    def route(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        """Route each request; the result has the order of `requests`.

        Raises:
            GrammarError: the toolbox has a schema that the span grammar cannot express.
        """
        texts = [request.encode("utf-8", "replace").decode("utf-8") for request in requests]
        done: list[Routed] = []
        for at in range(0, len(texts), self._batch_size):
            done += self._batch(texts[at : at + self._batch_size], toolbox)
        return done

    def _batch(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        """Answer requests side by side, each step of the model for all of them."""
        started = time.perf_counter()
        prompts = [self._tokens.prompt(request, toolbox) for request in requests]
        jobs = {
            i: self._answer(prompt, request, toolbox)
            for i, (prompt, request) in enumerate(zip(prompts, requests, strict=True))
            if len(prompt) + len(request) // 2 + 64 <= self._model.longest
        }
        asked = {i: next(job) for i, job in jobs.items()}
        answers: dict[int, _Answer] = {}
        while asked:
            states = self._model.forward(list(asked.values()))
            for i, hidden in zip(list(asked), states, strict=True):
                try:
                    asked[i] = jobs[i].send(hidden)
                except StopIteration as stop:
                    answers[i] = stop.value
                    del asked[i]
        share = (time.perf_counter() - started) * 1e3 / len(requests)
        return [
            self._routed(request, toolbox, len(prompt), answers.get(i), share)
            for i, (request, prompt) in enumerate(zip(requests, prompts, strict=True))
        ]

    def _routed(
        self, request: str, toolbox: Toolbox, length: int, answer: _Answer | None, milliseconds: float
    ) -> Routed:
        """The result of a request whose prompt has `length` tokens; without an answer it was too long."""
        if answer is None:
            most = self._model.longest
            reason = f"the request makes a prompt of {length} tokens, and the model takes at most {most}"
            error = ParseError(reason, "", kind="too_long")
            return Routed(raw="", decision=None, error=error, tier=self.name)
        return Routed.from_text(
            answer.text,
            latency_ms=milliseconds,
            prompt_tokens=length,
            output_tokens=answer.tokens,
            confidence=answer.probability,
            tier=self.name,
            details=answer.details,
        ).as_said(request, toolbox)

    def _answer(
        self, prompt: list[int], request: str, toolbox: Toolbox
    ) -> Generator[Reading, Array, _Answer]:
        """Decode; and once more where a free argument has swallowed a date or number."""
        answer = yield from self._decode(prompt, request, toolbox, ())
        kept = swallowed(toolbox, as_read(request), answer.text)
        return (yield from self._decode(prompt, request, toolbox, kept)) if kept else answer

    def _decode(
        self, prompt: list[int], request: str, toolbox: Toolbox, kept: Sequence[Range]
    ) -> Generator[Reading, Array, _Answer]:
        """Greedy decoding in few steps: the model reads forced tokens together with those it chose.

        Yields what the model is to read next and is sent the hidden states. The grammar of the request is
        made in another thread while the model reads the prompt. The model also reads ahead (`drafts`).
        """
        known = self._known(toolbox)
        own = prompt[len(known.prompt) :]
        began = time.perf_counter()
        coming = self._beside.submit(self._grammars.matcher, toolbox, request, kept)
        state = self._model.state(known.state, room=2 * len(own) + 64)
        limit = self._model.longest - len(prompt) - _MOST_AHEAD
        made = list(known.opening)
        # the model's states behind what was chosen, then behind each token of the guess
        hidden = yield Reading(ids=[*own, *made], state=state)
        unread: list[int] = []
        log, steps, first = 0.0, 1, 0.0
        guess: list[int] = []  # read, not yet chosen
        clock = _Clock()
        clock.start()
        matcher = coming.result()
        for opened in made:
            matcher.consume(opened)
        clock.stop()
        frame = list(made)  # what was made since the last span
        while len(made) < limit:
            clock.start()
            token, allowed = self._forced_token(matcher, made)
            clock.stop()
            if token is None:
                if not len(hidden):
                    guess = self._guess(matcher.places, made, frame, own, known)
                    hidden = yield Reading(ids=[*unread, *guess], state=state, last=len(guess) + 1)
                    unread, steps = [], steps + 1
                scores = self._model.embeddings[allowed] @ hidden[0]
                best = int(scores.argmax())
                token = int(allowed[best])
                first = first or time.perf_counter() - began
                log -= math.log(float(np.exp(scores - scores[best]).sum()))
            made.append(token)
            if token == self._tokens.end:
                break
            within = matcher.places.in_span
            matcher.consume(token)
            if not (within and matcher.places.in_span):
                frame = [token] if within else [*frame, token]
            if guess and token == guess[0]:
                guess, hidden = guess[1:], hidden[1:]
            else:
                state.forget(len(guess))
                guess, hidden = [], _NOTHING
                unread = [*unread, token]
        return _Answer(
            text=self._tokens.text(made),
            tokens=len(made),
            probability=math.exp(log),
            details={"steps": steps, "first_ms": first * 1e3, "grammar_ms": clock.seconds * 1e3},
        )

    def _guess(
        self, places: Places, made: Sequence[int], frame: Sequence[int], own: Sequence[int], known: _Known
    ) -> list[int]:
        """What may follow: within a span as the request goes on, else the rest of the frame."""
        if not self._ahead or not made:
            return []
        if places.in_span:
            return following(made[-1], own, self._ahead)
        return known.frames.rest(places, frame)[:_MOST_AHEAD]

    def _known(self, toolbox: Toolbox) -> _Known:
        """The constant part of the prompts of `toolbox`, its state, and how every answer begins."""
        key = toolbox.fingerprint
        if key not in self._prefixes:
            pairs = zip(*(self._tokens.prompt(text, toolbox) for text in ("a", "Zq 7?")), strict=False)
            shared = [one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)]
            known = _Known(
                prompt=shared,
                state=self._model.prefix(shared),
                opening=self._opening(toolbox),
                frames=Frames(toolbox, self._tokens),
            )
            self._prefixes[key] = known
            if len(self._prefixes) > _KEPT:
                self._prefixes.popitem(last=False)
        self._prefixes.move_to_end(key)
        return self._prefixes[key]

    def _opening(self, toolbox: Toolbox) -> list[int]:
        """The tokens before the first choice; none where the model is asked for each."""
        opening: list[int] = []
        matcher = self._grammars.matcher(toolbox, "a")
        while self._force:
            token = self._forced_token(matcher, opening)[0]
            if token is None:
                break
            opening.append(token)
            matcher.consume(token)
        return opening

    def _forced_token(self, matcher: Matcher, made: Sequence[int]) -> tuple[int | None, NDArray[np.intp]]:
        """The next token where it is forced, and all that are allowed."""
        allowed = np.flatnonzero(self._grammars.allowed([matcher])[0])
        before = self._texts[made[-1]] if made else b""
        return self._forced.token(matcher, allowed.tolist(), before) if self._force else None, allowed


def load_light(folder: Path | str = MODEL, *, batch_size: int = 8) -> LightRouter:
    """The router of an exported model; by default the one that travels with the package.

    Raises:
        ArtifactMissing: there is no model in `folder`.
    """
    return LightRouter(folder, batch_size=batch_size)
