"""What happens in a run, step by step, and the sinks that take it.

One event as a line of ``logs/run-*.jsonl``::

    {"v": 1, "run": "5c0d…", "seq": 2, "wall": "2026-11-23T08:00:00.120+00:00", "mono": 812.406,
     "event": "attempt", "tier": "rules", "outcome": "call", "raw": "{…}", "retry": 0, "recovery": "", …}
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, runtime_checkable

logger = logging.getLogger(__name__)

VERSION = 1
"""Version of the form of an event; it changes when a reader of the old form would go wrong."""

EventKind = Literal[
    "start", "request", "warning", "attempt", "question", "confirmation", "intent", "effect", "end"
]
"""``start`` has no word of the request; ``intent`` is synced before a tool with side effects runs."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One step of a run."""

    run: str
    """The run's id."""
    seq: int
    """Number of the step in its run, from 0 without gaps."""
    kind: EventKind
    """What happened."""
    wall: datetime
    """When, in UTC."""
    mono: float
    """When, in seconds of a clock that never goes back, for differences within a process."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """The facts, as JSON values."""

    def to_json(self) -> dict[str, Any]:
        """The event as a JSON object."""
        return {
            "v": VERSION,
            "run": self.run,
            "seq": self.seq,
            "wall": self.wall.isoformat(timespec="milliseconds"),
            "mono": round(self.mono, 6),
            "event": self.kind,
            **self.data,
        }


@runtime_checkable
class EventSink(Protocol):
    """Takes the events of all runs, in order within each run, from any thread."""

    def emit(self, event: Event) -> None:
        """Take one event."""
        ...


class MemorySink:
    """Keeps every event, for tests and for looking at a run from Python."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        """Keep the event."""
        self.events.append(event)


class Recorder:
    """Numbers and times the events of one run; what a sink cannot take never stops the run."""

    def __init__(self, run: str, sink: EventSink | None) -> None:
        self.run = run
        self._sink = sink
        self._seq = 0

    def emit(self, kind: EventKind, **data: Any) -> None:
        """Send one event; without a sink nothing happens."""
        if self._sink is None:
            return
        event = Event(
            run=self.run, seq=self._seq, kind=kind, wall=datetime.now(UTC), mono=time.monotonic(), data=data
        )
        self._seq += 1
        try:
            self._sink.emit(event)
        except Exception:
            logger.exception("the sink %s could not take an event", type(self._sink).__name__)
