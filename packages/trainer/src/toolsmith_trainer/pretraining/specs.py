"""What a tool has to bring to be asked for: its names, its slots and a source of requests.

The three sources (`library`, `intents`, `made_up`) make specs; `definitions` turns one into a tool under
drawn names.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Drawn = tuple[str, dict[str, Any]]
"""A request and its slot values: spans of it, lists of spans, or enum values."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A tool that can be asked for: names to choose from, slots, and a source of requests."""

    names: Sequence[str]
    """Tool names to choose from."""
    descriptions: Sequence[str]
    """Descriptions to choose from."""
    slots: Mapping[str, Mapping[str, Any]]
    """Slot → ``{"names": [...], "schema": {...}, "required": bool}``."""
    family: str
    """Tools of one family may mean the same and never stand in one toolbox."""
    draw: Callable[[random.Random], Drawn] = field(repr=False)
    """Makes a request for the tool."""


_SCHEMAS: dict[str, dict[str, Any]] = {
    "date": {"type": "string", "format": "date"},
    "on_date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "at_time": {"type": "string", "format": "time"},
    "datetime": {"type": "string", "format": "date-time"},
    "int": {"type": "integer"},
    "number": {"type": "number"},
    "amount": {"type": "number"},
    "percent": {"type": "number"},
    "duration": {"type": "integer"},
}
_PREPOSITION = re.compile(r"^(?:on|at|in|by|around)\s+", re.IGNORECASE)


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of an argument whose values are of `kind`."""
    return _SCHEMAS.get(kind, {"type": "string"})


def without_preposition(value: str) -> str:
    """`value` as an argument: what is said as "on Friday" is the day "Friday"."""
    return _PREPOSITION.sub("", value)
