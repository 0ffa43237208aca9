"""What the server does, without the protocol: route a request, run it, make one call."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from toolsmith_agent import Agent, Budget, Effect, EventSink, Ledger, RunResult, Tier, ToolExecutor
from toolsmith_agent.deadline import Deadline
from toolsmith_agent.dispatch import Dispatcher
from toolsmith_agent.events import Recorder
from toolsmith_agent.tracing import Tracing
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.router import Router
from toolsmith_schema.toolbox import Tool, Toolbox

BY_CLIENT = "client"
"""The tier, in the log, of a call that the client makes itself."""


class Questions(Protocol):
    """Who is asked during one run; called on the thread of that run."""

    def ask(self, missing: Mapping[str, str], call: ToolCall) -> Mapping[str, Any] | None:
        """The arguments that the person gives for the missing ones (name → description), or None."""
        ...

    def confirm(self, call: ToolCall, tool: Tool) -> bool:
        """Whether the person wants this call to be made."""
        ...


_ASKED: ContextVar[Questions] = ContextVar("toolsmith_questions")


def local_clock() -> datetime:
    """This machine's local time, to the minute."""
    return datetime.now().replace(second=0, microsecond=0)


class Service:
    """Tiers, toolbox and executor of one server; threads may share it."""

    def __init__(
        self,
        tiers: Sequence[Router | Tier],
        toolbox: Toolbox | None = None,
        *,
        executor: ToolExecutor | None = None,
        budget: Budget = Budget(),  # noqa: B008 - frozen
        clock: Callable[[], datetime] = local_clock,
        sink: EventSink | None = None,
        ledger: Ledger | None = None,
        confirms: bool = True,
        strict: bool = False,
    ) -> None:
        """Route through `tiers` and run what they come to with `executor`.

        Args:
            tiers: asked in order.
            toolbox: the tools; the default ones when left out.
            executor: runs the tools; without one the server only routes.
            budget: the limits of one run.
            clock: read where a request names no time.
            sink: takes the events of all runs.
            ledger: remembers side effects.
            confirms: a destructive tool runs only after somebody said yes, so not where nobody can be asked.
            strict: refuse a tier that was trained on another toolbox.

        Raises:
            ToolboxMismatch: in strict mode, a tier was trained on another toolbox.
        """
        self.toolbox = toolbox or Toolbox.default()
        self.executes = executor is not None
        self.clock = clock
        self._executor, self._budget, self._sink, self._confirms = executor, budget, sink, confirms
        self._agent = Agent(
            tiers,
            self.toolbox,
            executor=executor,
            budget=budget,
            sink=sink,
            ledger=ledger,
            confirm=None if confirms else _yes,
            strict=strict,
        )

    @property
    def tiers(self) -> tuple[str, ...]:
        """Names of the tiers, in order."""
        return tuple(tier.name for tier in self._agent.tiers)

    def route(self, request: str, now: datetime) -> RunResult:
        """Route `request`; nothing is executed."""
        return self._agent.route(request, now=now)

    def run(
        self, request: str, now: datetime, *, run_id: str | None = None, questions: Questions | None = None
    ) -> RunResult:
        """Route `request`, ask what `questions` can answer, and make the call."""
        if questions is None:
            return self._agent.run(request, now=now, run_id=run_id)
        before = _ASKED.set(questions)
        try:
            return self._asking.run(request, now=now, run_id=run_id)
        finally:
            _ASKED.reset(before)

    def call(self, call: ToolCall) -> tuple[str, Effect]:
        """Make a call that the client, knowing the tool's annotations, decided on; also give its run's id."""
        if self._executor is None:
            raise ValueError("a service without an executor makes no calls")
        started = time.perf_counter()
        recorder = Recorder(uuid.uuid4().hex, self._sink)
        recorder.emit("start", tiers=[BY_CLIENT], toolbox=self.toolbox.fingerprint, executes=True)
        dispatcher = Dispatcher(
            toolbox=self.toolbox,
            executor=self._executor,
            ledger=self._agent.ledger,
            budget=self._budget,
            confirm=_yes,
            tracing=Tracing(),
        )
        effect = dispatcher.dispatch(call, Deadline(self._budget.seconds), recorder)
        recorder.emit("effect", tool=call.tool, result=effect.result, **effect.to_json())
        recorder.emit(
            "end",
            outcome="call",
            tier=BY_CLIENT,
            tool=call.tool,
            args=dict(call.args),
            said_args={},
            missing={},
            latency_ms=round((time.perf_counter() - started) * 1e3, 3),
            effect=effect.status,
        )
        return recorder.run, effect

    @cached_property
    def _asking(self) -> Agent:
        """The same agent, with somebody to ask."""
        return Agent(
            self._agent.tiers,
            self.toolbox,
            executor=self._executor,
            budget=self._budget,
            sink=self._sink,
            ledger=self._agent.ledger,
            ask=lambda missing, call: _ASKED.get().ask(missing, call),
            confirm=(lambda call, tool: _ASKED.get().confirm(call, tool)) if self._confirms else _yes,
        )


def _yes(call: ToolCall, tool: Tool) -> bool:
    return True
