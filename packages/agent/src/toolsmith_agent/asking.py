"""Missing arguments: a person is asked, and the answer goes through the same conversion and checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from toolsmith_agent.budget import Budget
from toolsmith_agent.deadline import Deadline
from toolsmith_agent.events import Recorder
from toolsmith_agent.recovery import FailureKind, Progress, recover
from toolsmith_schema.decision import NeedArgument, ToolCall
from toolsmith_schema.resolve import Resolved, resolve
from toolsmith_schema.toolbox import Toolbox

AskUser = Callable[[Mapping[str, str], ToolCall], Mapping[str, Any] | None]
"""Asked with the missing arguments (name → description) and the call so far; gives values, or None.

A value may be in the user's words ("next Thursday"); it is converted like those of the request.
"""


def fill_in(
    resolved: Resolved,
    *,
    toolbox: Toolbox,
    now: datetime,
    budget: Budget,
    deadline: Deadline,
    recorder: Recorder,
    ask: AskUser | None,
) -> Resolved:
    """Ask for what is missing until the call is complete, or nobody answers, or the budget is spent.

    What cannot be converted is asked for again with the reason; what was not asked for is not taken over.
    """
    questions, failure, unusable = 0, _missing(resolved), dict[str, str]()
    while failure and isinstance(resolved.decision, NeedArgument):
        wanted = dict(resolved.decision.missing)
        progress = Progress(questions=questions, seconds_left=deadline.left(), someone_to_ask=ask is not None)
        recovery = recover(failure, progress, budget)
        if recovery.action != "ask" or ask is None:
            recorder.emit("question", missing=wanted, answered=False, recovery=recovery.row)
            break
        question = {name: f"{text} {unusable.get(name, '')}".strip() for name, text in wanted.items()}
        with deadline.paused():
            answers = ask(question, resolved.decision.call)
        given = {name: value for name, value in (answers or {}).items() if name in wanted}
        recorder.emit("question", missing=wanted, answered=bool(given), args=given, recovery=recovery.row)
        if not given:
            break
        questions += 1
        resolved, unusable = _take(resolved, given, toolbox, now)
        failure = "unusable" if unusable else _missing(resolved)
    return resolved


def _take(
    before: Resolved, given: Mapping[str, Any], toolbox: Toolbox, now: datetime
) -> tuple[Resolved, dict[str, str]]:
    """The call with the answers that can stand, and for each of the others why it cannot."""
    assert isinstance(before.said, ToolCall)
    said = ToolCall(tool=before.said.tool, args={**before.said.args, **given})
    whole = resolve(said, toolbox, now)
    wrong: dict[str, str] = {}
    for violation in whole.violations:
        name = violation.pointer[1:].partition("/")[0].replace("~1", "/").replace("~0", "~")
        wrong[name if name in given else next(iter(given))] = violation.sentence
    if not wrong:
        return whole, {}
    kept = {name: value for name, value in said.args.items() if name not in wrong}
    return resolve(ToolCall(tool=said.tool, args=kept), toolbox, now), wrong


def _missing(resolved: Resolved) -> FailureKind | None:
    return "missing" if resolved.outcome == "need_argument" else None
