"""What the server offers, as data: the name, the schemas and the check of the arguments.

One call and its structured answer::

    {"request": "weather in Oslo tomorrow", "now": "2026-11-23T09:00"}
    {"outcome": "call", "tool": "get_weather", "args": {"city": "Oslo", "date": "2026-11-24"},
     "said_args": {"city": "Oslo", "date": "tomorrow"}, "valid": true, "missing": {}, "violations": [],
     "tier": "rules", "confidence": null, "latency_ms": 0.4, …}
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from toolsmith_agent import RunOutcome
from toolsmith_schema.check import to_pointer
from toolsmith_schema.example import parse_clock

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

ROUTE_TO_TOOL = "route_to_tool"
"""Name of the tool that routes a request."""

DESCRIPTION = (
    "Turn a user's request into one call of a tool in the server's toolbox, with arguments that satisfy the "
    "tool's schema, or say that no tool fits, what is still missing, or what is wrong. Nothing is executed."
)
"""What the tool does, for the model that calls it."""

MAX_REQUEST = 20_000
"""Characters that a request may have."""

INPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "request": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_REQUEST,
            "pattern": "\\S",
            "description": "The request in the user's own words",
        },
        "now": {
            "type": "string",
            "description": "The user's local time, such as 2026-11-23T09:00; the server's when left out",
        },
    },
    "required": ["request"],
    "additionalProperties": False,
}
"""JSON Schema of the arguments."""

_OUTCOMES = [text for part in get_args(RunOutcome) for text in get_args(part) or (part,)]

OUTPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "request": {"type": "string"},
        "now": {"type": "string", "description": "The clock that was used"},
        "outcome": {"type": "string", "enum": _OUTCOMES},
        "tool": {"type": ["string", "null"], "description": "Name of the tool; null when none fits"},
        "args": {"type": "object", "description": "Arguments with typed values"},
        "said_args": {"type": "object", "description": "Arguments in the words of the request"},
        "valid": {"type": "boolean", "description": "Whether the call can be made as it is"},
        "missing": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Required arguments to ask the user for, with their descriptions",
        },
        "violations": {"type": "array", "items": {"type": "object"}, "description": "Why a call is invalid"},
        "tier": {"type": "string", "description": "Which router answered"},
        "confidence": {"type": ["number", "null"], "description": "0-1, where the router knows it"},
        "latency_ms": {"type": "number"},
        "attempts": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Every router that was asked",
        },
    },
    "required": ["outcome", "tool", "args", "valid", "missing", "violations", "tier", "latency_ms"],
    "additionalProperties": False,
}
"""JSON Schema of the structured answer."""


def input_errors(arguments: Mapping[str, Any]) -> list[str]:
    """What is wrong with the arguments of a call, one sentence each, for the model that made it."""
    errors = []
    for error in sorted(_validator().iter_errors(dict(arguments)), key=lambda e: list(map(str, e.path))):
        where = to_pointer(list(error.absolute_path)) or "the arguments"
        errors.append(f"{where}: {error.message[:300]}")
    if not errors and "now" in arguments:
        try:
            parse_clock(arguments["now"])
        except ValueError as error:
            errors.append(f"/now: {str(error)[:300]}")
    return errors


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(INPUT_SCHEMA)
