"""The loop: route, parse, coerce, check; repair, fall back; ask, confirm, execute; and tell all of it.

>>> from datetime import datetime
>>> from toolsmith_agent.mock_tools import MockExecutor
>>> from toolsmith_schema import ScriptedRouter, Toolbox
>>> tiers = [
...     ScriptedRouter(["no idea"], name="small"),
...     ScriptedRouter(['{"tool": "get_weather", "args": {"city": "Oslo"}}'], name="large"),
... ]
>>> agent = Agent(tiers, Toolbox.default(), executor=MockExecutor())
>>> result = agent.run("weather in Oslo", now=datetime(2026, 11, 23, 9))
>>> result.outcome, result.tier, [attempt.outcome for attempt in result.attempts], result.effect.status
('call', 'large', ['invalid', 'call'], 'completed')
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from datetime import datetime

from toolsmith_agent.asking import AskUser, fill_in
from toolsmith_agent.budget import Budget
from toolsmith_agent.deadline import Deadline
from toolsmith_agent.dispatch import Confirm, Dispatcher
from toolsmith_agent.events import EventSink, Recorder
from toolsmith_agent.execution import ToolExecutor
from toolsmith_agent.guard import ToolboxMismatch, clean_toolbox, hidden_places, mismatches
from toolsmith_agent.ledger import Ledger
from toolsmith_agent.results import RunResult
from toolsmith_agent.routing import Routing
from toolsmith_agent.tiers import Tier
from toolsmith_agent.tracing import Tracing
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.router import Router
from toolsmith_schema.toolbox import Toolbox

logger = logging.getLogger(__name__)


class Agent:
    """Turns requests into checked calls and, where it is asked to, executes them. Threads may share it."""

    def __init__(
        self,
        tiers: Sequence[Router | Tier],
        toolbox: Toolbox,
        *,
        executor: ToolExecutor | None = None,
        budget: Budget = Budget(),  # noqa: B008 - frozen
        sink: EventSink | None = None,
        ledger: Ledger | None = None,
        ask: AskUser | None = None,
        confirm: Confirm | None = None,
        strict: bool = False,
        tracing: Tracing = Tracing(),  # noqa: B008 - frozen
    ) -> None:
        """Ask `tiers` in order about the tools of `toolbox`, each run within `budget`.

        Args:
            tiers: routers, or tiers with what the loop keeps about them.
            toolbox: the only tools that can be called.
            executor: runs the tools; without one nothing can be executed.
            budget: the limits of one run.
            sink: takes what happens, step by step.
            ledger: remembers side effects; without one they are remembered until the process ends.
            ask: asked for missing arguments, in the thread that called `run`; without it they stay missing.
            confirm: asked, in that thread, before a destructive tool runs; without it none does.
            strict: refuse a tier whose adapter was trained on another toolbox, instead of warning.
            tracing: how spans are made; they carry nothing of what was said unless it says so.

        Raises:
            ToolboxMismatch: in strict mode, a tier was trained on another toolbox.
            ValueError: there are no tiers.
        """
        self.tiers = tuple(Tier.of(tier) for tier in tiers)
        if not self.tiers:
            raise ValueError("an agent needs at least one tier")
        self.toolbox = toolbox
        self.ledger = ledger or Ledger()
        self._executor, self._budget, self._sink, self._ask = executor, budget, sink, ask
        self._confirm, self._tracing = confirm, tracing
        self._shown = clean_toolbox(toolbox)
        self.warnings = self._look(strict)

    def route(self, request: str, *, now: datetime, run_id: str | None = None) -> RunResult:
        """Route, check, repair and fall back until an answer stands; nothing is asked and nothing executed.

        A refusal and a call that lacks arguments are answers too. `now` is the user's local clock. An error
        that a router does not announce as a `ToolsmithError` is not caught.
        """
        return self._whole(request, now, run_id, executes=False)

    def run(self, request: str, *, now: datetime, run_id: str | None = None) -> RunResult:
        """The same, then ask for what is missing and execute the call.

        With the `run_id` of an earlier run, what that run has done or may have done is not done again.

        Raises:
            ValueError: the agent has no executor.
        """
        if self._executor is None:
            raise ValueError("an agent without an executor can route, but not run: pass executor=")
        return self._whole(request, now, run_id, executes=True)

    def _look(self, strict: bool) -> tuple[str, ...]:
        """What is odd about toolbox and tiers, told once in the log of the program and in every result."""
        warnings = mismatches(self.tiers, self.toolbox)
        if warnings and strict:
            raise ToolboxMismatch(" ".join(warnings))
        warnings += [
            f"The toolbox has characters that a person does not see at {place}."
            for place in hidden_places(self.toolbox)
        ]
        for warning in warnings:
            logger.warning("%s", warning)
        return tuple(warnings)

    def _whole(self, request: str, now: datetime, run_id: str | None, *, executes: bool) -> RunResult:
        started = time.perf_counter()
        recorder = Recorder(run_id or uuid.uuid4().hex, self._sink)
        deadline = Deadline(self._budget.seconds)
        self._start(recorder, request, now, executes)
        result: RunResult | None = None
        ending = "error"
        try:
            with deadline.reaching(), self._tracing.agent(recorder.run, request) as span:
                result = self._result(request, now, deadline, recorder, started, executes)
                self._tracing.ended(span, result)
        except KeyboardInterrupt:
            ending = "interrupted"
            raise
        finally:
            self._end(recorder, result, ending)
        return result

    def _result(
        self,
        request: str,
        now: datetime,
        deadline: Deadline,
        recorder: Recorder,
        started: float,
        executes: bool,
    ) -> RunResult:
        routing = Routing(
            request,
            toolbox=self.toolbox,
            shown=self._shown,
            now=now,
            budget=self._budget,
            deadline=deadline,
            recorder=recorder,
            tracing=self._tracing,
        )
        answer = routing.through(self.tiers)
        resolved = answer.resolved
        if executes and resolved and not answer.unsure:
            resolved = fill_in(
                resolved,
                toolbox=self.toolbox,
                now=now,
                budget=self._budget,
                deadline=deadline,
                recorder=recorder,
                ask=self._ask,
            )
        effect = None
        sure = resolved is not None and not answer.unsure
        if executes and self._executor and sure and resolved and resolved.outcome == "call":
            assert isinstance(resolved.decision, ToolCall)
            dispatcher = Dispatcher(
                self.toolbox, self._executor, self.ledger, self._budget, self._confirm, self._tracing
            )
            effect = dispatcher.dispatch(resolved.decision, deadline, recorder)
        return RunResult(
            request=request,
            now=now,
            outcome="failed" if not resolved else "low_confidence" if answer.unsure else resolved.outcome,
            decision=resolved.decision if resolved else None,
            said=resolved.said if resolved else None,
            tier=answer.tier,
            run_id=recorder.run,
            violations=resolved.violations if resolved else (),
            attempts=answer.attempts,
            effect=effect,
            warnings=self.warnings,
            latency_ms=(time.perf_counter() - started) * 1e3,
        )

    def _start(self, recorder: Recorder, request: str, now: datetime, executes: bool) -> None:
        recorder.emit(
            "start",
            tiers=[tier.name for tier in self.tiers],
            toolbox=self.toolbox.fingerprint,
            executes=executes,
        )
        recorder.emit("request", request=request, now=now.isoformat(timespec="minutes"))
        for warning in self.warnings:
            recorder.emit("warning", text=warning)

    def _end(self, recorder: Recorder, result: RunResult | None, ending: str) -> None:
        if result is None:
            recorder.emit("end", outcome=ending)
            return
        row = result.to_json()
        if result.effect:
            recorder.emit("effect", tool=row["tool"], result=row["result"], **row["effect"])
        kept = ("outcome", "tier", "tool", "args", "said_args", "missing", "latency_ms")
        status = result.effect.status if result.effect else None
        recorder.emit("end", **{name: row[name] for name in kept}, effect=status)
