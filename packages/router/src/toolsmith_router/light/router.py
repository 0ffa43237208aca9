"""The exported model as a Router, without torch: greedy, bound to the request's spans."""

from __future__ import annotations

import itertools
import math
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from toolsmith_router.constraint import Forced, Grammars, Matcher
from toolsmith_router.exported import shards, tied_qwen2
from toolsmith_router.light.model import Model, Prefix
from toolsmith_router.light.tokens import Tokens
from toolsmith_schema.errors import ParseError
from toolsmith_schema.files import read_json
from toolsmith_schema.router import Routed
from toolsmith_schema.toolbox import Toolbox

MODEL = Path(__file__).parent / "model"
"""The exported model that travels with the package."""
_KEPT = 8
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


class _Clock:
    """A stopwatch."""

    def __init__(self) -> None:
        self.seconds = self._started = 0.0

    def start(self) -> None:
        self._started = time.perf_counter()

    def stop(self) -> None:
        self.seconds += time.perf_counter() - self._started


class LightRouter:
    """Routes with an exported model: deterministic, one request at a time."""

    name = "tuned-span-light"
    trained_on: str | None
    """Fingerprint of the toolbox that the model was trained on, where its folder says so."""

    def __init__(self, folder: Path | str = MODEL, *, ahead: int = 3, force: bool = True) -> None:
        """Load the model in `folder`.

        Args:
            ahead: most tokens of a span to read ahead. The answers do not depend on it, their speed does.
            force: take what the grammar forces without asking the model; else it chooses among one.

        Raises:
            ArtifactMissing: there is none.
            ToolsmithError: it is not a model that this runtime can run.
        """
        self._ahead, self._force = ahead, force
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
        return [
            self._routed(request.encode("utf-8", "replace").decode("utf-8"), toolbox) for request in requests
        ]

    def _routed(self, request: str, toolbox: Toolbox) -> Routed:
        started = time.perf_counter()
        prompt = self._tokens.prompt(request, toolbox)
        if len(prompt) + len(request) // 2 + 64 > self._model.longest:
            reason = (
                f"the request makes a prompt of {len(prompt)} tokens, and the model takes at most "
                f"{self._model.longest}"
            )
            return Routed(
                raw="", decision=None, error=ParseError(reason, "", kind="too_long"), tier=self.name
            )
        answer = self._decode(prompt, request, toolbox)
        return Routed.from_text(
            answer.text,
            latency_ms=(time.perf_counter() - started) * 1e3,
            prompt_tokens=len(prompt),
            output_tokens=answer.tokens,
            confidence=answer.probability,
            tier=self.name,
            details=answer.details,
        ).as_said(request, toolbox)

    def _decode(self, prompt: list[int], request: str, toolbox: Toolbox) -> _Answer:
        """Greedy decoding in few steps: the model reads forced tokens together with those it chose.

        The grammar of the request is made in another thread while the model reads the prompt.

        It also reads ahead. Within a span the next tokens are most likely the next ones of the request, and
        reading four tokens takes hardly longer than reading one; what was guessed wrong is taken back, so
        the answer is the same (prompt lookup; Saxena 2023, after the speculative decoding of Leviathan et al.
        2023, arXiv 2211.17192).
        """
        known = self._known(toolbox)
        own = prompt[len(known.prompt) :]
        began = time.perf_counter()
        coming = self._beside.submit(self._grammars.matcher, toolbox, request)
        state = self._model.state(known.state, room=2 * len(own) + 64)
        limit = self._model.longest - len(prompt) - self._ahead
        made = list(known.opening)
        # the model's states behind what was chosen, then behind each token of the guess
        hidden = self._model.forward([*own, *made], state)
        unread: list[int] = []
        log, steps, first = 0.0, 1, 0.0
        guess: list[int] = []  # read, not yet chosen
        clock = _Clock()
        clock.start()
        matcher = coming.result()
        for opened in made:
            matcher.consume(opened)
        clock.stop()
        while len(made) < limit:
            clock.start()
            token, allowed = self._forced_token(matcher, made)
            clock.stop()
            if token is None:
                if not len(hidden):
                    guess = _following(made[-1], own, self._ahead) if made else []
                    hidden = self._model.forward([*unread, *guess], state, last=len(guess) + 1)
                    unread, steps = [], steps + 1
                scores = self._model.embeddings[allowed] @ hidden[0]
                best = int(scores.argmax())
                token = int(allowed[best])
                first = first or time.perf_counter() - began
                log -= math.log(float(np.exp(scores - scores[best]).sum()))
            made.append(token)
            if token == self._tokens.end:
                break
            matcher.consume(token)
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

    def _known(self, toolbox: Toolbox) -> _Known:
        """The constant part of the prompts of `toolbox`, its state, and how every answer begins."""
        key = toolbox.fingerprint
        if key not in self._prefixes:
            pairs = zip(*(self._tokens.prompt(text, toolbox) for text in ("a", "Zq 7?")), strict=False)
            shared = [one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)]
            known = _Known(prompt=shared, state=self._model.prefix(shared), opening=self._opening(toolbox))
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


def _following(token: int, prompt: Sequence[int], most: int) -> list[int]:
    """At most `most` tokens behind the last place of `token` in `prompt`; none where it does not occur."""
    for at in range(len(prompt) - 1, -1, -1):
        if prompt[at] == token:
            return list(prompt[at + 1 : at + 1 + most])
    return []


def load_light(folder: Path | str = MODEL) -> LightRouter:
    """The router of an exported model; by default the one that travels with the package.

    Raises:
        ArtifactMissing: there is no model in `folder`.
    """
    return LightRouter(folder)
