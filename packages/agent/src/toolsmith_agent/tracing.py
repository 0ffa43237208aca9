"""OpenTelemetry spans with the conventions for generative AI; without an SDK they cost next to nothing.

::

    invoke_agent toolsmith
    ├── chat tuned-span            one for each answer of a tier
    └── execute_tool get_weather   where the call is dispatched

What was said is left out unless it is asked for; an error is told by its type alone. The conventions are
still in development: their names stand here and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from toolsmith_agent.results import Attempt, Effect, RunResult
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.router import Routed, Router

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer, TracerProvider

AGENT = "toolsmith"
"""The agent's name, and the provider's where a tier runs in this process."""

OPERATION, PROVIDER, AGENT_NAME = "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.agent.name"
MODEL, INPUT_TOKENS, OUTPUT_TOKENS = (
    "gen_ai.request.model",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
)
TOOL, TOOL_TYPE, CALL_ID = "gen_ai.tool.name", "gen_ai.tool.type", "gen_ai.tool.call.id"
ARGUMENTS, RESULT = "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"
INPUT, OUTPUT, ERROR = "gen_ai.input.messages", "gen_ai.output.messages", "error.type"
RUN, TIER, OUTCOME, RETRY, STATUS = (
    "toolsmith.run.id",
    "toolsmith.tier",
    "toolsmith.outcome",
    "toolsmith.retry",
    "toolsmith.effect",
)


@dataclass(frozen=True)
class Tracing:
    """Makes the spans of an agent."""

    content: bool = False
    """Whether spans carry requests, answers, arguments and results."""
    provider: TracerProvider | None = None
    """Where spans go; None is the provider of the process."""

    @cached_property
    def _tracer(self) -> Tracer:
        from importlib.metadata import version

        from opentelemetry import trace

        return trace.get_tracer("toolsmith-agent", version("toolsmith-agent"), self.provider)

    @contextmanager
    def _span(self, name: str, attributes: dict[str, Any], *, client: bool = False) -> Iterator[Span]:
        """A span around the block; what the block raises is told by its type."""
        from opentelemetry.trace import SpanKind

        with self._tracer.start_as_current_span(
            name,
            kind=SpanKind.CLIENT if client else SpanKind.INTERNAL,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                _failed(span, type(error).__name__)
                raise

    @contextmanager
    def agent(self, run: str, request: str) -> Iterator[Span]:
        """The span of a whole run; `ended` completes it."""
        attributes = {OPERATION: "invoke_agent", PROVIDER: AGENT, AGENT_NAME: AGENT, RUN: run}
        if self.content:
            attributes[INPUT] = _message("user", request)
        with self._span(f"invoke_agent {AGENT}", attributes) as span:
            yield span

    @contextmanager
    def chat(self, router: Router) -> Iterator[Span]:
        """The span of one answer of a tier; `answered` completes it."""
        model, provider = getattr(router, "model", router.name), getattr(router, "provider", None)
        attributes = {OPERATION: "chat", PROVIDER: provider or AGENT, MODEL: str(model), TIER: router.name}
        with self._span(f"chat {model}", attributes, client=provider is not None) as span:
            yield span

    @contextmanager
    def tool(self, call: ToolCall, call_id: str) -> Iterator[Span]:
        """The span of a tool at work; `executed` completes it."""
        attributes = {OPERATION: "execute_tool", TOOL: call.tool, TOOL_TYPE: "function", CALL_ID: call_id}
        if self.content:
            attributes[ARGUMENTS] = json.dumps(dict(call.args), default=str)
        with self._span(f"execute_tool {call.tool}", attributes) as span:
            yield span

    def ended(self, span: Span, result: RunResult) -> None:
        """Tell what a run came to."""
        span.set_attribute(OUTCOME, result.outcome)
        span.set_attribute(TIER, result.tier)
        if result.effect:
            span.set_attribute(STATUS, result.effect.status)
        if self.content:
            said = result.decision.to_json() if result.decision else None
            span.set_attribute(OUTPUT, _message("assistant", json.dumps(said, default=str)))
        if not result.succeeded:
            _failed(span, result.effect.status if result.effect else result.outcome)

    def answered(self, span: Span, attempt: Attempt, routed: Routed | None) -> None:
        """Tell what a tier answered."""
        span.set_attribute(OUTCOME, attempt.outcome)
        span.set_attribute(RETRY, attempt.retry)
        for name, count in (
            (INPUT_TOKENS, routed.prompt_tokens if routed else None),
            (OUTPUT_TOKENS, routed.output_tokens if routed else None),
        ):
            if count is not None:
                span.set_attribute(name, count)
        if self.content and routed:
            span.set_attribute(OUTPUT, _message("assistant", routed.raw))
        if attempt.outcome in ("failed", "invalid"):
            _failed(span, attempt.outcome)

    def executed(self, span: Span, effect: Effect) -> None:
        """Tell what became of a call."""
        span.set_attribute(STATUS, effect.status)
        if self.content:
            span.set_attribute(RESULT, json.dumps(effect.result, default=str))
        if effect.status != "completed":
            _failed(span, effect.status)


def _failed(span: Span, kind: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute(ERROR, kind)
    span.set_status(Status(StatusCode.ERROR))


def _message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}], ensure_ascii=False)
