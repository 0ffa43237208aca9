"""What a run came to: every attempt of a tier, the effect of the call, and the result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from toolsmith_schema.check import Violation
from toolsmith_schema.coerce import Coercion
from toolsmith_schema.decision import Decision, NeedArgument, NoTool, ToolCall
from toolsmith_schema.resolve import Outcome

RunOutcome = Outcome | Literal["low_confidence", "failed"]
"""The outcomes of `toolsmith_schema.resolve`, and two more.

``low_confidence``: no tier was sure enough of its call, which is not executed; ``failed``: no tier could
answer.
"""

EffectStatus = Literal["completed", "failed", "unknown", "declined", "blocked"]
"""What became of a call.

``completed``: the tool did it; ``failed``: it said that it did not; ``unknown``: it may have done it, so it
is not done again; ``declined``: it was not confirmed; ``blocked``: the guard, the ledger or the deadline held
it back.
"""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One answer of one tier."""

    tier: str
    """Name of the router."""
    outcome: RunOutcome
    """What its answer came to."""
    raw: str = ""
    """The router's text, as it came."""
    violations: tuple[Violation, ...] = ()
    """Why the answer is ``invalid``."""
    coercions: tuple[Coercion, ...] = ()
    """Which values were converted."""
    error: str = ""
    """Why the tier ``failed``, in one paragraph."""
    latency_ms: float = 0.0
    """Wall time in milliseconds: what the router reports, or else what was measured."""
    confidence: float | None = None
    """Probability of the answer under the model, 0–1, where the router knows it."""
    retry: int = 0
    """How many repairs of this tier came before; 0 for its first answer."""
    recovery: str = ""
    """Id of the row of `recovery.MANIFEST` that said what to do next; empty when the answer stands."""

    def to_json(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return {
            "tier": self.tier,
            "outcome": self.outcome,
            "raw": self.raw,
            "violations": [violation.to_json() for violation in self.violations],
            "coercions": [coercion.to_json() for coercion in self.coercions],
            "error": self.error,
            "latency_ms": round(self.latency_ms, 3),
            "confidence": self.confidence,
            "retry": self.retry,
            "recovery": self.recovery,
        }


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What became of a call that was to be executed."""

    status: EffectStatus
    """One word for it."""
    dispatched: bool
    """Whether the tool was started."""
    result: Any = None
    """What the tool gave, as a JSON value."""
    error: str = ""
    """Why it is not ``completed``, in one paragraph."""
    key: str = ""
    """The key of its intent in the ledger; empty where the tool needs none."""
    latency_ms: float = 0.0
    """Wall time of the tool, in milliseconds."""
    recovery: str = ""
    """Id of the row of `recovery.MANIFEST` that ended the run; empty when the effect is ``completed``."""

    def to_json(self) -> dict[str, Any]:
        """The fields as a JSON object; the result stands beside it in that of the run."""
        return {
            "status": self.status,
            "dispatched": self.dispatched,
            "error": self.error,
            "key": self.key,
            "latency_ms": round(self.latency_ms, 3),
            "recovery": self.recovery,
        }


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What a request came to."""

    request: str
    """What the user asked."""
    now: datetime
    """The user's local clock, which "tomorrow" refers to."""
    outcome: RunOutcome
    """One word for it; `decision` and `violations` have the evidence."""
    decision: Decision | None
    """The decision with typed arguments, or None when no tier gave one."""
    said: ToolCall | NoTool | None
    """The decision as the router gave it, arguments in the words of the request."""
    tier: str
    """Name of the tier whose answer this is; that of the last tier when all failed."""
    run_id: str = ""
    """The run's name in the log and the ledger."""
    violations: tuple[Violation, ...] = ()
    """Why the outcome is ``invalid``."""
    attempts: tuple[Attempt, ...] = ()
    """Every answer of a tier, in order."""
    effect: Effect | None = None
    """What became of the call; None where nothing was to be executed."""
    warnings: tuple[str, ...] = ()
    """What the user of the result should know, one sentence each."""
    latency_ms: float = 0.0
    """Wall time of the whole run, in milliseconds."""

    @property
    def call(self) -> ToolCall | None:
        """The call, complete or not; None when there is none."""
        call = self.decision.call if isinstance(self.decision, NeedArgument) else self.decision
        return call if isinstance(call, ToolCall) else None

    @property
    def valid(self) -> bool:
        """Whether the call can be made as it is."""
        return self.outcome == "call"

    @property
    def missing(self) -> dict[str, str]:
        """Required arguments that the user still has to give, name → description."""
        return dict(self.decision.missing) if isinstance(self.decision, NeedArgument) else {}

    @property
    def succeeded(self) -> bool:
        """Whether the run has an answer that stands and, where it was to be executed, the tool did it."""
        if self.outcome in ("invalid", "low_confidence", "failed"):
            return False
        return self.effect is None or self.effect.status == "completed"

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object; ``effect`` and ``result`` are null where nothing was executed."""
        call = self.call
        confidence = next((a.confidence for a in reversed(self.attempts) if a.tier == self.tier), None)
        return {
            "run_id": self.run_id,
            "request": self.request,
            "now": self.now.isoformat(timespec="minutes"),
            "outcome": self.outcome,
            "tool": call.tool if call else None,
            "args": dict(call.args) if call else {},
            "said_args": dict(self.said.args) if isinstance(self.said, ToolCall) else {},
            "valid": self.valid,
            "missing": self.missing,
            "violations": [violation.to_json() for violation in self.violations],
            "tier": self.tier,
            "confidence": confidence,
            "latency_ms": round(self.latency_ms, 3),
            "attempts": [attempt.to_json() for attempt in self.attempts],
            "effect": self.effect.to_json() if self.effect else None,
            "result": self.effect.result if self.effect else None,
            "warnings": list(self.warnings),
        }
