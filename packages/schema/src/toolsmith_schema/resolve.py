"""From a router's decision to what is done with it: coerce, check, and name the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from toolsmith_schema.check import Violation, missing, shown
from toolsmith_schema.coerce import Coercion, coerce
from toolsmith_schema.decision import Decision, NeedArgument, NoTool, ToolCall
from toolsmith_schema.router import Routed
from toolsmith_schema.toolbox import Toolbox

Outcome = Literal["call", "no_tool", "need_argument", "invalid"]
"""``call``: ready; ``no_tool``: none fits; ``need_argument``: ask the user; ``invalid``: repair or refuse."""


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What a decision came to."""

    outcome: Outcome
    """One word for it."""
    decision: Decision | None
    """The decision with typed arguments; None only when the router's text was no decision."""
    said: ToolCall | NoTool | None
    """The decision as the router gave it."""
    coercions: tuple[Coercion, ...] = ()
    """What was converted on the way."""
    violations: tuple[Violation, ...] = ()
    """Why the outcome is ``invalid``."""


def resolve(decision: ToolCall | NoTool, toolbox: Toolbox, now: datetime) -> Resolved:
    """Convert and check a decision; `now` is the user's local clock."""
    if isinstance(decision, NoTool):
        return Resolved(outcome="no_tool", decision=decision, said=decision)
    coerced = coerce(decision, toolbox, now)
    left_out = missing(coerced.call, toolbox)
    outcome: Outcome = "invalid" if coerced.violations else "need_argument" if left_out else "call"
    typed: Decision = coerced.call
    if outcome == "need_argument":
        typed = NeedArgument(call=coerced.call, missing=left_out)
    return Resolved(
        outcome=outcome,
        decision=typed,
        said=decision,
        coercions=coerced.coercions,
        violations=coerced.violations,
    )


def resolve_routed(routed: Routed, toolbox: Toolbox, now: datetime) -> Resolved:
    """Resolve what a router answered; text that is no decision is ``invalid`` and says why."""
    if routed.decision is not None:
        return resolve(routed.decision, toolbox, now)
    reason = routed.error.reason if routed.error else "the router gave no decision"
    violation = Violation(
        pointer="",
        expected='exactly one JSON object {"tool": ..., "args": {...}}',
        got=shown(routed.raw),
        message=reason,
    )
    return Resolved(outcome="invalid", decision=None, said=None, violations=(violation,))
