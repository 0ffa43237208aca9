"""What happened in a run: one attempt for each tier that was asked, and the result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from toolsmith_schema.check import Violation
from toolsmith_schema.coerce import Coercion
from toolsmith_schema.decision import Decision, NeedArgument, NoTool, ToolCall
from toolsmith_schema.resolve import Outcome

RunOutcome = Outcome | Literal["failed"]
"""The outcomes of `toolsmith_schema.resolve`, and ``failed`` when a tier could not answer at all."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One tier's answer."""

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
    """Wall time that the router reports, in milliseconds."""
    confidence: float | None = None
    """Probability of the answer under the model, 0–1, where the router knows it."""

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
    violations: tuple[Violation, ...] = ()
    """Why the outcome is ``invalid``."""
    attempts: tuple[Attempt, ...] = ()
    """Every tier that was asked, in order."""
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

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        call = self.call
        confidence = next((a.confidence for a in reversed(self.attempts) if a.tier == self.tier), None)
        return {
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
        }
