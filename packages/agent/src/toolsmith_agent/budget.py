"""How much a run may take: repairs, tiers, questions and time are counted apart from one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The limits of one run."""

    repairs: int = 2
    """How often one tier is asked again after an answer that cannot stand."""
    tiers: int = 8
    """How many tiers are asked."""
    questions: int = 2
    """How often a person is asked for missing arguments."""
    tier_seconds: float = 30.0
    """Time for one answer of a tier, in seconds, within that of the run, so that the next has some left."""
    seconds: float = 60.0
    """Time for the whole run, in seconds; while a person is asked, it stands still."""
    tool_seconds: float = 20.0
    """Time for one tool, in seconds, within that of the run."""
    seconds_by_tool: Mapping[str, float] = field(default_factory=dict)
    """Tool name → its own time, in seconds, in place of `tool_seconds`."""

    def __post_init__(self) -> None:
        if self.repairs < 0 or self.questions < 0:
            raise ValueError("repairs and questions are counts of at least 0")
        if self.tiers < 1:
            raise ValueError("a run asks at least one tier: tiers is at least 1")
        times = [self.seconds, self.tier_seconds, self.tool_seconds, *self.seconds_by_tool.values()]
        if not all(value > 0 for value in times):
            raise ValueError("seconds are greater than 0")

    def seconds_of(self, tool: str) -> float:
        """Time for the tool of this name, in seconds."""
        return self.seconds_by_tool.get(tool, self.tool_seconds)
