"""``toolsmith agent demo``: scripted runs that take every way through the loop; no model and no network.

Each scenario is a request and what the tiers would say to it. The log is like that of a real run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolsmith_agent.budget import Budget
from toolsmith_agent.deadline import Deadline
from toolsmith_agent.execution import ToolResult
from toolsmith_agent.ledger import Ledger
from toolsmith_agent.log_file import EventLog
from toolsmith_agent.loop import Agent
from toolsmith_agent.mock_tools import MockExecutor
from toolsmith_agent.results import RunResult
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.errors import ToolsmithError
from toolsmith_schema.example import DEFAULT_NOW
from toolsmith_schema.router import Routed
from toolsmith_schema.toolbox import Toolbox

PATH = Path("logs/run-demo.jsonl")
"""Where the log is written."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One scripted run."""

    name: str
    """What it shows; also the run's id in the log."""
    request: str
    """What the user asks."""
    script: tuple[tuple[str, tuple[str, ...]], ...]
    """For each tier its name and what it says, in order; nothing to say means that it is down."""
    lost: bool = False
    """Whether the tool's answer gets lost on the way."""


SCENARIOS = (
    Scenario(
        name="no-recovery",
        request="What's the weather in Tokyo tomorrow?",
        script=(("tuned", ('{"tool": "get_weather", "args": {"city": "Tokyo", "date": "tomorrow"}}',)),),
    ),
    Scenario(
        name="repair",
        request="Convert twenty dollars to yen",
        script=(
            (
                "tuned",
                (
                    '{"tool": "convert_currency", "args": {"amount": "some", "from_currency": "dollars", '
                    '"to_currency": "yen"}}',
                    '{"tool": "convert_currency", "args": {"amount": "twenty", "from_currency": "dollars", '
                    '"to_currency": "yen"}}',
                ),
            ),
        ),
    ),
    Scenario(
        name="fall-back",
        request="Show me 5 open tickets",
        script=(
            ("tuned", ("Here are your tickets!", "Here are your tickets!")),
            ("endpoint", ()),
            (
                "base",
                ('{"tool": "query_table", "args": {"table": "tickets", "status": "open", "limit": "5"}}',),
            ),
        ),
    ),
    Scenario(
        name="need-argument",
        request="Remind me to call the plumber",
        script=(("tuned", ('{"tool": "set_reminder", "args": {"text": "call the plumber"}}',)),),
    ),
    Scenario(
        name="no-tool",
        request="Tell me a joke about llamas",
        script=(("tuned", ('{"tool": null, "args": {}}',)),),
    ),
    Scenario(
        name="side-effect-unknown",
        request="Email Zoe Lind at zoe@example.org that the demo is at noon",
        script=(
            (
                "tuned",
                ('{"tool": "send_email", "args": {"to": "Zoe Lind", "body": "the demo is at noon"}}',),
            ),
        ),
        lost=True,
    ),
    Scenario(
        name="side-effect-not-repeated",
        request="Email Zoe Lind that the demo is at noon",
        script=(
            (
                "tuned",
                ('{"tool": "send_email", "args": {"to": "Zoe Lind", "body": "the demo is at noon"}}',),
            ),
        ),
    ),
)
"""The ways through the loop, in the order in which they are shown."""


def run_demo(path: Path | str = PATH) -> list[tuple[Scenario, RunResult]]:
    """Play every scenario and write the log to `path`, in place of an earlier one.

    Raises:
        OSError: the log cannot be written.
    """
    Path(path).unlink(missing_ok=True)
    ledger = Ledger()
    results = []
    with EventLog(path) as log:
        for scenario in SCENARIOS:
            agent = Agent(
                [_Actor(name, lines) for name, lines in scenario.script],
                Toolbox.default(),
                executor=_Losing() if scenario.lost else MockExecutor(),
                budget=Budget(repairs=1),
                sink=log,
                ledger=ledger,
                confirm=lambda call, tool: True,
            )
            results.append((scenario, agent.run(scenario.request, now=DEFAULT_NOW, run_id=scenario.name)))
    return results


class _Actor:
    """Says its lines, and goes on where it is told that one was wrong."""

    keeps_deadline = True

    def __init__(self, name: str, lines: Sequence[str]) -> None:
        self.name = name
        self._lines = list(lines)

    def route(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        return [self._say() for _ in requests]

    def repair(self, request: str, toolbox: Toolbox, raw: str, sentences: Sequence[str]) -> Routed:
        return self._say()

    def _say(self) -> Routed:
        if not self._lines:
            raise ToolsmithError(f"nobody answers at {self.name}")
        return Routed.from_text(self._lines.pop(0), tier=self.name)


class _Losing:
    """Tools whose answer gets lost: whether they did their work cannot be told."""

    keeps_deadline = True

    def execute(self, call: ToolCall, *, deadline: Deadline) -> ToolResult:
        raise ConnectionError("the connection was lost before an answer came")
