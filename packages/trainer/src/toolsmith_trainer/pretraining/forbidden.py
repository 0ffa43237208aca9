"""What keeps the default toolbox out of pretraining, so that the base has never seen what it is measured on.

Its tool names, argument names and descriptions are refused; an argument that would have one of its names
takes a stand-in.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from toolsmith_schema.toolbox import Toolbox

_DEFAULT = Toolbox.default()
FORBIDDEN_TOOLS = frozenset(re.sub(r"[^a-z]", "", name.lower()) for name in _DEFAULT.names)
FORBIDDEN_ARGS = frozenset(name for tool in _DEFAULT for name in tool.properties)
FORBIDDEN_TEXTS = frozenset(tool.description.lower() for tool in _DEFAULT)
STAND_INS = {
    "city": ("place", "town", "location", "where"),
    "date": ("day", "on_day", "which_day"),
    "units": ("scale", "measure"),
    "to": ("recipient", "receiver", "person", "whom"),
    "subject": ("headline", "topic", "regarding"),
    "body": ("content", "words", "letter"),
    "text": ("content", "note", "words", "message"),
    "channel": ("app", "via", "service"),
    "title": ("name", "label", "what"),
    "time": ("hour", "at", "clock", "start"),
    "duration_minutes": ("minutes", "length", "how_long"),
    "attendees": ("people", "guests", "members"),
    "when": ("moment", "at", "due"),
    "query": ("terms", "search", "keywords", "q"),
    "max_results": ("count", "how_many", "top"),
    "table": ("source", "records", "dataset"),
    "status": ("state", "phase"),
    "limit": ("rows", "max", "count"),
    "amount": ("sum", "value", "quantity"),
    "from_currency": ("source_money", "have", "base"),
    "to_currency": ("target_money", "want", "into"),
}
"""Argument name of the default toolbox → names to use in its place."""


def forbid(tools: Sequence[Mapping[str, Any]]) -> None:
    """Refuse the default toolbox's names, argument names and descriptions.

    Raises:
        ValueError: a tool (OpenAI form) uses one of them.
    """
    for tool in tools:
        function = tool["function"]
        clash = FORBIDDEN_ARGS & set(function["parameters"].get("properties", {}))
        if (
            clash
            or re.sub(r"[^a-z]", "", function["name"].lower()) in FORBIDDEN_TOOLS
            or function.get("description", "").lower() in FORBIDDEN_TEXTS
        ):
            what = ", ".join(sorted(clash)) or "name or description"
            raise ValueError(f"{function['name']} repeats the default toolbox ({what})")


def allowed_name(name: str, rng: random.Random) -> str:
    """`name`, or a stand-in where the default toolbox has an argument of that name."""
    return rng.choice(STAND_INS[name]) if name in FORBIDDEN_ARGS else name
