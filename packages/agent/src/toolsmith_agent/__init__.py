"""The agent loop: route through tiers, check, fall back, and say what happened."""

from toolsmith_agent.events import Attempt, RunOutcome, RunResult
from toolsmith_agent.loop import run_once
from toolsmith_agent.tiers import TIERS, load_tiers

__all__ = [
    "TIERS",
    "Attempt",
    "RunOutcome",
    "RunResult",
    "load_tiers",
    "run_once",
]
