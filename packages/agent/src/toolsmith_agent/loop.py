"""One request through the tiers: the first answer that can stand ends the run.

>>> from datetime import datetime
>>> from toolsmith_schema import ScriptedRouter, Toolbox
>>> tiers = [
...     ScriptedRouter(["no idea"], name="small"),
...     ScriptedRouter(['{"tool": "get_weather", "args": {"city": "Oslo"}}'], name="large"),
... ]
>>> result = run_once("weather in Oslo", tiers, Toolbox.default(), datetime(2026, 11, 23, 9))
>>> result.outcome, result.tier, [attempt.outcome for attempt in result.attempts]
('call', 'large', ['invalid', 'call'])
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from toolsmith_agent.events import Attempt, RunResult
from toolsmith_schema.errors import ToolsmithError
from toolsmith_schema.resolve import Resolved, resolve_routed
from toolsmith_schema.router import Router
from toolsmith_schema.toolbox import Toolbox


def run_once(request: str, routers: Sequence[Router], toolbox: Toolbox, now: datetime) -> RunResult:
    """Route `request` through `routers` in order until an answer is a call, a refusal or a question.

    An invalid answer, or a router that fails with an expected error, hands the request to the next tier.
    When none is left, the last invalid answer is the result; when none answered, the outcome is ``failed``.
    `now` is the user's local clock. Nothing is executed.

    Raises:
        ValueError: there are no routers, or one does not answer one for one.
    """
    if not routers:
        raise ValueError("a run needs at least one router")
    started = time.perf_counter()
    attempts: list[Attempt] = []
    standing: tuple[str, Resolved] | None = None
    for router in routers:
        attempt, resolved = _ask(router, request, toolbox, now)
        attempts.append(attempt)
        if resolved:
            standing = (attempt.tier, resolved)
        if attempt.outcome not in ("invalid", "failed"):
            break
    tier, answer = standing or (attempts[-1].tier, None)
    return RunResult(
        request=request,
        now=now,
        outcome=answer.outcome if answer else "failed",
        decision=answer.decision if answer else None,
        said=answer.said if answer else None,
        tier=tier,
        violations=answer.violations if answer else (),
        attempts=tuple(attempts),
        latency_ms=(time.perf_counter() - started) * 1e3,
    )


def _ask(router: Router, request: str, toolbox: Toolbox, now: datetime) -> tuple[Attempt, Resolved | None]:
    """One tier's attempt, and what its answer came to where it answered."""
    try:
        (routed,) = router.route([request], toolbox)
    except ToolsmithError as error:
        return Attempt(tier=router.name, outcome="failed", error=str(error)), None
    resolved = resolve_routed(routed, toolbox, now)
    attempt = Attempt(
        tier=router.name,
        outcome=resolved.outcome,
        raw=routed.raw,
        violations=resolved.violations,
        coercions=resolved.coercions,
        latency_ms=routed.latency_ms,
        confidence=routed.confidence,
    )
    return attempt, resolved
