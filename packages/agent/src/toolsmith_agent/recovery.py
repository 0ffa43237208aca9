"""What happens after a failure: a pure function of the failure, how far the run is, and its budget.

The manifest is the rule itself: the first row that applies decides, and its id is in the log.

>>> from toolsmith_agent.budget import Budget
>>> recover("invalid", Progress(takes_feedback=True, tiers_left=1, seconds_left=9.0), Budget())
Recovery(row='repair', action='repair')
>>> recover("invalid", Progress(takes_feedback=False, tiers_left=1, seconds_left=9.0), Budget())
Recovery(row='no-feedback', action='fall_back')
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from toolsmith_agent.budget import Budget

FailureKind = Literal[
    "invalid",
    "repeated",
    "failed",
    "timeout",
    "open",
    "unsure",
    "missing",
    "unusable",
    "not_dispatched",
    "tool_failed",
    "tool_unknown",
]
"""What went wrong.

Before a call stands: ``invalid``, the answer is no decision or breaks the schema; ``repeated``, it is the
same invalid answer as before; ``failed``, the tier could not answer; ``timeout``, it did not in time;
``open``, its circuit is open; ``unsure``, its confidence is below what was asked for. With a call:
``missing``, required arguments; ``unusable``, the person's answer cannot be converted. On dispatch:
``not_dispatched``, it was declined or held back; ``tool_failed``; ``tool_unknown``.
"""

Action = Literal["repair", "fall_back", "ask", "stop"]
"""Ask the same tier again with what is wrong, ask the next tier, ask the person, or end the run."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is when something fails."""

    repairs: int = 0
    """Repairs of this tier so far."""
    tiers: int = 1
    """Tiers asked so far, this one included."""
    tiers_left: int = 0
    """Tiers after this one."""
    questions: int = 0
    """Questions asked so far."""
    seconds_left: float
    """Time until the deadline, in seconds."""
    takes_feedback: bool = False
    """Whether the tier can be told what was wrong with its answer."""
    someone_to_ask: bool = False
    """Whether there is a person to ask."""


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """The decision, and which row of the manifest made it."""

    row: str
    """Id of the row in `MANIFEST`."""
    action: Action
    """What to do."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the manifest."""

    id: str
    """Its name, in logs, reports and tests."""
    action: Action
    """What to do where it applies."""
    why: str
    """The reason, in a sentence."""
    applies: Callable[[FailureKind, Progress, Budget], bool]
    """Whether it applies, the rows before it aside."""


def recover(failure: FailureKind, progress: Progress, budget: Budget) -> Recovery:
    """What to do about `failure`: the first row of the manifest that applies."""
    row = next(row for row in MANIFEST if row.applies(failure, progress, budget))
    return Recovery(row=row.id, action=row.action)


def _next_tier(progress: Progress, budget: Budget) -> bool:
    return progress.tiers_left > 0 and progress.tiers < budget.tiers


def _hands_on(kind: FailureKind) -> Callable[[FailureKind, Progress, Budget], bool]:
    return lambda failure, progress, budget: failure == kind and _next_tier(progress, budget)


MANIFEST: tuple[Row, ...] = (
    Row(
        id="effect-unknown",
        action="stop",
        why="The tool may have done its work; doing it again could do it twice.",
        applies=lambda failure, progress, budget: failure == "tool_unknown",
    ),
    Row(
        id="effect-failed",
        action="stop",
        why="The call was right and the tool could not do it; another call would be another request.",
        applies=lambda failure, progress, budget: failure == "tool_failed",
    ),
    Row(
        id="not-dispatched",
        action="stop",
        why="A person or the guard held the call back; no other tier may get around that.",
        applies=lambda failure, progress, budget: failure == "not_dispatched",
    ),
    Row(
        id="out-of-time",
        action="stop",
        why="The deadline of the run has passed.",
        applies=lambda failure, progress, budget: progress.seconds_left <= 0,
    ),
    Row(
        id="nobody-to-ask",
        action="stop",
        why="Required arguments are missing and there is nobody to ask; the result says which.",
        applies=lambda failure, progress, budget: failure == "missing" and not progress.someone_to_ask,
    ),
    Row(
        id="ask",
        action="ask",
        why="Required arguments are missing and a person can give them.",
        applies=lambda failure, progress, budget: (
            failure == "missing" and progress.questions < budget.questions
        ),
    ),
    Row(
        id="ask-again",
        action="ask",
        why="The person's answer could not be converted; they are told why.",
        applies=lambda failure, progress, budget: (
            failure == "unusable" and progress.questions < budget.questions
        ),
    ),
    Row(
        id="questions-spent",
        action="stop",
        why="The person was asked as often as the budget allows.",
        applies=lambda failure, progress, budget: failure in ("missing", "unusable"),
    ),
    Row(
        id="repair",
        action="repair",
        why="The tier can be told what is wrong, and the budget has a repair left.",
        applies=lambda failure, progress, budget: (
            failure == "invalid" and progress.takes_feedback and progress.repairs < budget.repairs
        ),
    ),
    Row(
        id="no-feedback",
        action="fall_back",
        why="The tier would give the same answer again, as it cannot be told what was wrong.",
        applies=lambda failure, progress, budget: (
            failure == "invalid" and not progress.takes_feedback and _next_tier(progress, budget)
        ),
    ),
    Row(
        id="repairs-spent",
        action="fall_back",
        why="The tier was told as often as the budget allows.",
        applies=_hands_on("invalid"),
    ),
    Row(
        id="repeated-output",
        action="fall_back",
        why="The tier repeats itself word for word; another repair would be wasted.",
        applies=_hands_on("repeated"),
    ),
    Row(
        id="tier-failed",
        action="fall_back",
        why="The tier could not answer.",
        applies=_hands_on("failed"),
    ),
    Row(
        id="tier-timed-out",
        action="fall_back",
        why="The tier did not answer in time.",
        applies=_hands_on("timeout"),
    ),
    Row(
        id="circuit-open",
        action="fall_back",
        why="The tier failed too often lately and is left alone for a while.",
        applies=_hands_on("open"),
    ),
    Row(
        id="low-confidence",
        action="fall_back",
        why="The tier has an answer and is not sure enough of it.",
        applies=_hands_on("unsure"),
    ),
    Row(
        id="tiers-spent",
        action="stop",
        why="There are more tiers, but the budget has no more.",
        applies=lambda failure, progress, budget: progress.tiers_left > 0,
    ),
    Row(
        id="last-tier",
        action="stop",
        why="There is no tier left to ask.",
        applies=lambda failure, progress, budget: True,
    ),
)
"""Every recovery, in order: the first row that applies decides."""
