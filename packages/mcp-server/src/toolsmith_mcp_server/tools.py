"""What the server offers, as data: its own two tools, those of the toolbox, and the schemas of their answers.

One call of ``route_to_tool`` and its structured answer::

    {"request": "weather in Oslo tomorrow", "now": "2026-11-23T09:00"}
    {"outcome": "call", "tool": "get_weather", "args": {"city": "Oslo", "date": "2026-11-24"},
     "said_args": {"city": "Oslo", "date": "tomorrow"}, "valid": true, "missing": {}, "violations": [],
     "tier": "rules", "confidence": null, "latency_ms": 0.4, …}

``run_request`` has ``effect`` and ``result`` beside that; a tool of the toolbox answers with its ``result``.
"""

from __future__ import annotations

from typing import Any, get_args

from toolsmith_agent.guard import is_destructive
from toolsmith_agent.results import EffectStatus, RunOutcome
from toolsmith_schema.errors import ToolboxError
from toolsmith_schema.toolbox import Tool, Toolbox

ROUTE_TO_TOOL = "route_to_tool"
"""Name of the tool that routes a request."""

RUN_REQUEST = "run_request"
"""Name of the tool that routes a request and makes the call."""

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
            "format": "date-time",
            "description": "The user's local time, such as 2026-11-23T09:00; the server's when left out",
        },
    },
    "required": ["request"],
    "additionalProperties": False,
}
"""JSON Schema of the arguments of ``route_to_tool``."""

RUN_INPUT_SCHEMA: dict[str, Any] = {
    **INPUT_SCHEMA,
    "properties": {
        **INPUT_SCHEMA["properties"],
        "run_id": {
            "type": "string",
            "pattern": "^[A-Za-z0-9_.-]{1,64}$",
            "description": "An id of your choice: a repeated call with the same id does nothing twice",
        },
    },
}
"""JSON Schema of the arguments of ``run_request``."""

_OUTCOMES = [text for part in get_args(RunOutcome) for text in get_args(part) or (part,)]

OUTPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "run_id": {"type": "string", "description": "The run's name in the server's log"},
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
        "attempts": {"type": "array", "items": {"type": "object"}, "description": "Every answer of a router"},
        "warnings": {"type": "array", "items": {"type": "string"}, "description": "What to know about it"},
    },
    "required": ["outcome", "tool", "args", "valid", "missing", "violations", "tier", "latency_ms"],
    "additionalProperties": False,
}
"""JSON Schema of the answer of ``route_to_tool``."""

RUN_OUTPUT_SCHEMA: dict[str, Any] = {
    **OUTPUT_SCHEMA,
    "properties": {
        **OUTPUT_SCHEMA["properties"],
        "effect": {
            "type": ["object", "null"],
            "properties": {
                "status": {"type": "string", "enum": list(get_args(EffectStatus))},
                "dispatched": {"type": "boolean", "description": "Whether the tool was started"},
                "error": {"type": "string", "description": "Why it is not completed"},
            },
            "required": ["status", "dispatched", "error"],
            "description": "What became of the call; null when none was to be made",
        },
        "result": {"description": "What the tool gave"},
    },
    "required": [*OUTPUT_SCHEMA["required"], "effect", "result"],
}
"""JSON Schema of the answer of ``run_request``."""

CALL_OUTPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "run_id": {"type": "string", "description": "The call's name in the server's log"},
        "status": {"type": "string", "const": "completed"},
        "result": {"description": "What the tool gave"},
        "latency_ms": {"type": "number"},
    },
    "required": ["run_id", "status", "result", "latency_ms"],
    "additionalProperties": False,
}
"""JSON Schema of the answer of a tool of the toolbox."""

_ROUTE = Tool(
    name=ROUTE_TO_TOOL,
    description="Turn a user's request into one call of a tool in the server's toolbox, with arguments that "
    "satisfy the tool's schema, or say that no tool fits, what is still missing, or what is wrong. "
    "Nothing is executed.",
    input_schema=INPUT_SCHEMA,
    annotations={
        "title": "Route a request",
        "readOnlyHint": True,
        "destructiveHint": False,
        "idempotentHint": True,
        "openWorldHint": False,
    },
)


def served_tools(toolbox: Toolbox, *, executes: bool) -> Toolbox:
    """The tools of a server for `toolbox`, in the order in which they are listed.

    Raises:
        ToolboxError: a tool of the toolbox has the name of one of the server's own.
    """
    for i, tool in enumerate(toolbox):
        if tool.name in (ROUTE_TO_TOOL, RUN_REQUEST):
            raise ToolboxError(
                "the toolbox", f"/{i}/name", f"{tool.name!r} is the name of the server's own tool"
            )
    return Toolbox(tools=(_ROUTE, _run(toolbox), *toolbox) if executes else (_ROUTE,))


def output_schema(name: str) -> dict[str, Any]:
    """JSON Schema of the answer of the tool `name`."""
    return {ROUTE_TO_TOOL: OUTPUT_SCHEMA, RUN_REQUEST: RUN_OUTPUT_SCHEMA}.get(name, CALL_OUTPUT_SCHEMA)


def _run(toolbox: Toolbox) -> Tool:
    """The tool that makes the call; it may do whatever one of the toolbox may do."""
    return Tool(
        name=RUN_REQUEST,
        description="Do what a user asks: turn the request into one call of a tool in the server's toolbox "
        "and make it. The user is asked for what is missing, and before anything that cannot be undone; "
        "where the client cannot ask, the answer says what was left undone.",
        input_schema=RUN_INPUT_SCHEMA,
        annotations={
            "title": "Run a request",
            "readOnlyHint": all(tool.annotations.get("readOnlyHint") is True for tool in toolbox),
            "destructiveHint": any(map(is_destructive, toolbox)),
            "idempotentHint": False,
            "openWorldHint": any(tool.annotations.get("openWorldHint") is not False for tool in toolbox),
        },
    )
