"""The Router protocol and the fakes that come with it.

>>> router = FunctionRouter(lambda request: '{"tool": null, "args": {}}')
>>> router.route(["hello"], Toolbox.default())[0].decision
NoTool()
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

from toolsmith_schema.decision import NoTool, ToolCall
from toolsmith_schema.errors import ParseError, ToolsmithError
from toolsmith_schema.letter_case import call_as_said
from toolsmith_schema.parse import parse
from toolsmith_schema.toolbox import Toolbox


@dataclass(frozen=True, kw_only=True)
class Routed:
    """What a router made of one request, before coercion and checking."""

    raw: str
    """The model's text as it came, but for words that were typed in capitals and read in small letters."""
    decision: ToolCall | NoTool | None
    """The parsed decision in said form, or None when `raw` is not one decision."""
    error: ParseError | None = None
    """Why there is no decision."""
    latency_ms: float = 0.0
    """Wall time spent on this request, in milliseconds (its share of a batch)."""
    prompt_tokens: int | None = None
    """Tokens of the prompt, where the router counts them."""
    output_tokens: int | None = None
    """Tokens of the answer, where the router counts them."""
    confidence: float | None = None
    """Probability of the answer under the model, 0–1, where the router knows it."""
    tier: str = ""
    """Name of the router or model that answered."""
    details: Mapping[str, object] = field(default_factory=dict)
    """Further facts of one router kind, for logs."""

    @classmethod
    def from_text(cls, raw: str, **facts: object) -> Routed:
        """Parse `raw` and keep either the decision or the reason why there is none."""
        try:
            return cls(raw=raw, decision=parse(raw), **facts)  # type: ignore[arg-type]
        except ParseError as error:
            return cls(raw=raw, decision=None, error=error, **facts)  # type: ignore[arg-type]

    def as_said(self, request: str, toolbox: Toolbox) -> Routed:
        """The same with the words as they stand in `request`, which the model was shown `as_read`."""
        if self.decision is None:
            return self
        call = call_as_said(self.decision, request, toolbox)
        if call == self.decision:
            return self
        return replace(self, decision=call, raw=json.dumps(call.to_json(), ensure_ascii=False))


@runtime_checkable
class Router(Protocol):
    """Anything that turns requests into decisions, one for one and in order."""

    name: str
    """Shown in logs and reports."""

    def route(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        """Route each request; the list has the length and order of `requests`."""
        ...


class FunctionRouter:
    """A router from a function of the request to a model's text, for tests and for users."""

    def __init__(self, function: Callable[[str], str], *, name: str = "function") -> None:
        self._function = function
        self.name = name

    def route(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        """Call the function once a request."""
        routed = []
        for request in requests:
            start = time.perf_counter()
            raw = self._function(request)
            took = (time.perf_counter() - start) * 1e3
            routed.append(Routed.from_text(raw, latency_ms=took, tier=self.name))
        return routed


class ScriptedRouter:
    """A router that plays back prepared texts in order and remembers what it was asked.

    Raises `ToolsmithError` when the script has ended, so that a test cannot pass by accident.
    """

    def __init__(self, script: Iterable[str], *, name: str = "scripted") -> None:
        self._script = list(script)
        self.name = name
        self.asked: list[str] = []

    def route(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        """Answer each request with the next text of the script."""
        routed = []
        for request in requests:
            if len(self.asked) >= len(self._script):
                raise ToolsmithError(
                    f"the script of {self.name!r} has {len(self._script)} answers and was asked for one more"
                )
            raw = self._script[len(self.asked)]
            self.asked.append(request)
            routed.append(Routed.from_text(raw, tier=self.name))
        return routed
