"""From a request to an answer that stands: tier after tier, repaired where a tier can be told the error."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from toolsmith_agent.budget import Budget
from toolsmith_agent.deadline import Deadline, TookTooLong, call_within, ends_in_time
from toolsmith_agent.events import Recorder
from toolsmith_agent.recovery import FailureKind, Progress, recover
from toolsmith_agent.results import Attempt
from toolsmith_agent.tiers import RepairingRouter, Tier
from toolsmith_agent.tracing import Tracing
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.errors import ToolsmithError
from toolsmith_schema.resolve import Resolved, resolve_routed
from toolsmith_schema.router import Routed
from toolsmith_schema.toolbox import Toolbox


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the tiers came to."""

    tier: str
    """Name of the tier whose answer it is; that of the last tier when none answered."""
    resolved: Resolved | None
    """The answer, converted and checked; None when no tier answered."""
    attempts: tuple[Attempt, ...]
    """Every answer of a tier, in order."""
    unsure: bool = False
    """Whether the tier was less sure of its call than it has to be."""


@dataclass(frozen=True, kw_only=True)
class _Turn:
    """One answer of one tier, before it is known what follows from it."""

    attempt: Attempt
    """What is kept of it."""
    failure: FailureKind | None
    """What is wrong with it."""
    routed: Routed | None = None
    """The router's answer."""
    resolved: Resolved | None = None
    """What it came to."""

    @property
    def raw(self) -> str | None:
        """The router's text; None where it gave none."""
        return self.routed.raw if self.routed else None


class Routing:
    """One request on its way through the tiers."""

    def __init__(
        self,
        request: str,
        *,
        toolbox: Toolbox,
        shown: Toolbox,
        now: datetime,
        budget: Budget,
        deadline: Deadline,
        recorder: Recorder,
        tracing: Tracing,
    ) -> None:
        """Route `request`; models see the toolbox `shown`, answers are checked against `toolbox`."""
        self._request, self._toolbox, self._shown, self._now = request, toolbox, shown, now
        self._budget, self._deadline = budget, deadline
        self._recorder, self._tracing = recorder, tracing
        self._attempts: list[Attempt] = []

    def through(self, tiers: Sequence[Tier]) -> Answer:
        """Ask the tiers in order until an answer stands, or nothing is left to try."""
        standing: tuple[str, _Turn] | None = None
        for number, tier in enumerate(tiers, 1):
            turn, goes_on = self._ask(tier, tiers=number, tiers_left=len(tiers) - number)
            if turn.resolved:
                standing = (tier.name, turn)
            if not goes_on:
                break
        name, kept = standing or (self._attempts[-1].tier, None)
        return Answer(
            tier=name,
            resolved=kept.resolved if kept else None,
            attempts=tuple(self._attempts),
            unsure=kept is not None and kept.failure == "unsure",
        )

    def _ask(self, tier: Tier, *, tiers: int, tiers_left: int) -> tuple[_Turn, bool]:
        """The last answer of one tier worth keeping, and whether the next tier is to be asked."""
        kept: _Turn | None = None
        repairs, before = 0, None
        while True:
            turn = self._turn(tier, before, repairs)
            repeated = before is not None and turn.failure == "invalid" and turn.raw == before.raw
            failure: FailureKind | None = "repeated" if repeated else turn.failure
            kept = turn if turn.resolved or kept is None else kept
            if failure is None:
                self._keep(turn, tier, "")
                return turn, False
            progress = Progress(
                repairs=repairs,
                tiers=tiers,
                tiers_left=tiers_left,
                seconds_left=self._deadline.left(),
                takes_feedback=tier.takes_feedback,
            )
            recovery = recover(failure, progress, self._budget)
            self._keep(turn, tier, recovery.row)
            if recovery.action != "repair":
                return kept, recovery.action == "fall_back"
            repairs, before = repairs + 1, turn

    def _turn(self, tier: Tier, before: _Turn | None, retry: int) -> _Turn:
        """Ask the tier once: for a first answer, or for a better one than `before`."""
        if not tier.breaker.allows():
            reason = f"{tier.name} failed too often lately; it is tried again in {tier.breaker.wait:.0f} s"
            return _failed(tier, "open", reason, retry)
        with self._tracing.chat(tier.router) as span:
            turn = self._answer(tier, before, retry)
            self._tracing.answered(span, turn.attempt, turn.routed)
        return turn

    def _answer(self, tier: Tier, before: _Turn | None, retry: int) -> _Turn:
        started = time.perf_counter()
        seconds = min(self._budget.tier_seconds, self._deadline.left())
        try:
            with Deadline(seconds).reaching():
                if ends_in_time(tier.router):
                    routed = self._route(tier, before)
                else:
                    routed = call_within(seconds, lambda: self._route(tier, before))
        except TookTooLong:
            tier.breaker.failed()
            reason = f"{tier.name} gave no answer within {seconds:.3g} s"
            return _failed(tier, "timeout", reason, retry, started)
        except ToolsmithError as error:
            tier.breaker.failed()
            return _failed(tier, "failed", str(error), retry, started)
        except Exception:
            tier.breaker.failed()
            raise
        except BaseException:
            tier.breaker.released()
            raise
        tier.breaker.succeeded()
        took = (time.perf_counter() - started) * 1e3
        resolved = resolve_routed(routed, self._toolbox, self._now)
        failure: FailureKind | None = "invalid" if resolved.outcome == "invalid" else None
        if resolved.outcome in ("call", "need_argument") and not tier.trusts(routed):
            failure = "unsure"
        attempt = Attempt(
            tier=tier.name,
            outcome="low_confidence" if failure == "unsure" else resolved.outcome,
            raw=routed.raw,
            violations=resolved.violations,
            coercions=resolved.coercions,
            latency_ms=routed.latency_ms or took,
            confidence=routed.confidence,
            retry=retry,
        )
        return _Turn(attempt=attempt, failure=failure, routed=routed, resolved=resolved)

    def _route(self, tier: Tier, before: _Turn | None) -> Routed:
        router = tier.router
        if before and before.routed and before.resolved and isinstance(router, RepairingRouter):
            return router.repair(self._request, self._shown, before.routed.raw, sentences(before))
        (routed,) = router.route([self._request], self._shown)
        return routed

    def _keep(self, turn: _Turn, tier: Tier, row: str) -> None:
        attempt = replace(turn.attempt, recovery=row)
        self._attempts.append(attempt)
        said = turn.resolved.said if turn.resolved else None
        call = said if isinstance(said, ToolCall) else None
        self._recorder.emit(
            "attempt",
            **attempt.to_json(),
            tool=call.tool if call else None,
            said_args=dict(call.args) if call else {},
            prompt_tokens=turn.routed.prompt_tokens if turn.routed else None,
            output_tokens=turn.routed.output_tokens if turn.routed else None,
            circuit=tier.breaker.state,
        )


def sentences(turn: _Turn) -> list[str]:
    """What is wrong with an answer, one sentence a place, for the model that gave it."""
    routed, resolved = turn.routed, turn.resolved
    if routed and routed.error and routed.error.for_model:
        return [routed.error.for_model]
    return [violation.sentence for violation in resolved.violations] if resolved else []


def _failed(tier: Tier, kind: FailureKind, reason: str, retry: int, started: float | None = None) -> _Turn:
    took = 0.0 if started is None else (time.perf_counter() - started) * 1e3
    attempt = Attempt(tier=tier.name, outcome="failed", error=reason, latency_ms=took, retry=retry)
    return _Turn(attempt=attempt, failure=kind)
