"""The agent loop: route through tiers, check, repair, fall back, execute, and say what happened."""

from toolsmith_agent.asking import AskUser
from toolsmith_agent.budget import Budget
from toolsmith_agent.dispatch import Confirm
from toolsmith_agent.endpoint import EndpointRouter
from toolsmith_agent.events import Event, EventSink
from toolsmith_agent.execution import FunctionExecutor, ToolExecutor, ToolFailed, ToolResult
from toolsmith_agent.ledger import Ledger
from toolsmith_agent.loop import Agent
from toolsmith_agent.mock_tools import MockExecutor
from toolsmith_agent.results import Attempt, Effect, RunOutcome, RunResult
from toolsmith_agent.tiers import TIERS, RepairingRouter, Tier, load_tiers

__all__ = [
    "TIERS",
    "Agent",
    "AskUser",
    "Attempt",
    "Budget",
    "Confirm",
    "Effect",
    "EndpointRouter",
    "Event",
    "EventSink",
    "FunctionExecutor",
    "Ledger",
    "MockExecutor",
    "RepairingRouter",
    "RunOutcome",
    "RunResult",
    "Tier",
    "ToolExecutor",
    "ToolFailed",
    "ToolResult",
    "load_tiers",
]
