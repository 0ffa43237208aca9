"""From a call that stands to its effect: guard, confirmation, intent, the tool itself, outcome.

Whatever happens before the tool starts leaves nothing behind; whatever happens after it started is told as
completed, failed or unknown, and never tried again by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from toolsmith_agent.budget import Budget
from toolsmith_agent.deadline import Deadline, TookTooLong, call_within, ends_in_time
from toolsmith_agent.events import Recorder
from toolsmith_agent.execution import ToolExecutor, ToolFailed, ToolResult, as_json
from toolsmith_agent.guard import is_destructive, needs_intent
from toolsmith_agent.ledger import Ledger, Record
from toolsmith_agent.recovery import FailureKind, Progress, recover
from toolsmith_agent.results import Effect
from toolsmith_agent.tracing import Tracing
from toolsmith_schema.check import check, missing
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.toolbox import Tool, Toolbox

Confirm = Callable[[ToolCall, Tool], bool]
"""Asked before a destructive tool runs: may this call be made?"""


_FAILURES: dict[str, FailureKind] = {
    "failed": "tool_failed",
    "unknown": "tool_unknown",
    "declined": "not_dispatched",
    "blocked": "not_dispatched",
}


class Dispatcher:
    """Executes calls of one toolbox."""

    def __init__(
        self,
        toolbox: Toolbox,
        executor: ToolExecutor,
        ledger: Ledger,
        budget: Budget,
        confirm: Confirm | None,
        tracing: Tracing,
    ) -> None:
        self._toolbox, self._executor, self._ledger = toolbox, executor, ledger
        self._budget, self._confirm, self._tracing = budget, confirm, tracing

    def dispatch(self, call: ToolCall, deadline: Deadline, recorder: Recorder) -> Effect:
        """Execute `call`, or say why not."""
        effect = self._effect(call, deadline, recorder)
        if effect.status == "completed":
            return effect
        progress = Progress(seconds_left=deadline.left())
        return replace(effect, recovery=recover(_FAILURES[effect.status], progress, self._budget).row)

    def _effect(self, call: ToolCall, deadline: Deadline, recorder: Recorder) -> Effect:
        if reason := self._held_back(call, deadline):
            return Effect(status="blocked", dispatched=False, error=reason)
        tool = self._toolbox[call.tool]
        if is_destructive(tool) and (refusal := self._unconfirmed(call, tool, deadline, recorder)):
            return Effect(status="declined", dispatched=False, error=refusal)
        if not needs_intent(tool):
            return self._execute(call, tool, deadline, recorder.run)
        try:
            key, standing = self._ledger.begin(recorder.run, call)
        except OSError as error:
            reason = (
                f"the intent could not be written to the ledger ({error}), so {tool.name} was not started"
            )
            return Effect(status="blocked", dispatched=False, error=reason)
        if standing:
            return _known(key, standing, recorder.run)
        status: Literal["completed", "failed", "unknown"] = "unknown"
        try:
            recorder.emit("intent", tool=tool.name, args=dict(call.args), key=key)
            effect = self._execute(call, tool, deadline, recorder.run, key=key)
            status = effect.status  # type: ignore[assignment]
        finally:  # an interruption of the wait leaves the tool running: unknown
            self._ledger.settle(key, status)
        return effect

    def _held_back(self, call: ToolCall, deadline: Deadline) -> str:
        """Why the call must not run at all; empty when it may."""
        if call.tool not in self._toolbox:
            return f"{call.tool!r} is not a tool of the toolbox"
        if missing(call, self._toolbox) or check(call, self._toolbox):
            return f"the call of {call.tool} is not what its schema asks for"
        if deadline.left() <= 0:
            return f"no time was left to start {call.tool}"
        return ""

    def _unconfirmed(self, call: ToolCall, tool: Tool, deadline: Deadline, recorder: Recorder) -> str:
        """Why a destructive call is not confirmed; empty when it is."""
        if self._confirm is None:
            return f"{tool.name} is destructive and there was nobody to confirm it"
        with deadline.paused():
            said_yes = self._confirm(call, tool) is True
        recorder.emit("confirmation", tool=tool.name, confirmed=said_yes)
        return "" if said_yes else f"{tool.name} was not confirmed"

    def _execute(self, call: ToolCall, tool: Tool, deadline: Deadline, run: str, *, key: str = "") -> Effect:
        with self._tracing.tool(call, key or run) as span:
            effect = self._run(call, tool, deadline, key)
            self._tracing.executed(span, effect)
        return effect

    def _run(self, call: ToolCall, tool: Tool, deadline: Deadline, key: str) -> Effect:
        """Run the tool in a thread of its own and wait for it, not longer than it may take."""
        seconds = min(self._budget.seconds_of(tool.name), deadline.left())
        started = time.perf_counter()
        try:
            if ends_in_time(self._executor):
                given = self._executor.execute(call, deadline=Deadline(seconds))
            else:
                given = call_within(seconds, lambda: self._executor.execute(call, deadline=Deadline(seconds)))
        except TookTooLong:
            given = _broken(tool, f"{tool.name} gave no answer within {seconds:.3g} s and was left alone")
        except ToolFailed as error:
            given = ToolResult(status="failed", error=str(error))
        except Exception as error:
            given = _broken(tool, f"{tool.name} broke with {type(error).__name__}: {error}")
        return Effect(
            status=given.status,
            dispatched=True,
            result=as_json(given.value),
            error=given.error,
            key=key,
            latency_ms=(time.perf_counter() - started) * 1e3,
        )


def _broken(tool: Tool, reason: str) -> ToolResult:
    """A tool that ended in no proper way: harmless where it could be done again, unknown elsewhere."""
    if not needs_intent(tool):
        return ToolResult(status="failed", error=reason)
    return ToolResult(status="unknown", error=f"{reason}; it may have done its work and is not started again")


def _known(key: str, record: Record, run: str) -> Effect:
    """The effect that the ledger tells instead of a dispatch."""
    if record.key == key and record.status == "completed":
        reason = f"run {run} has already done this at {record.at}"
        return Effect(status="completed", dispatched=False, error=reason, key=key)
    reason = (
        f"{record.tool} was started with the same arguments by run {record.run} at {record.at} and its "
        f"outcome is not known; find out what happened, then settle {record.key} in the ledger"
    )
    if record.key == key:
        return Effect(status="unknown", dispatched=False, error=reason, key=key)
    return Effect(status="blocked", dispatched=False, error=reason, key=record.key)
