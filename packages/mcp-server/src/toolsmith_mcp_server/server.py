"""The MCP server: the low-level one, because it serves schemas byte for byte and leaves checking to us.

A wrong argument is a tool error, which the calling model can repair; an unknown tool is a protocol error.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

import anyio
import anyio.to_thread
import mcp_types as t
from mcp import MCPError
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from toolsmith_agent import run_once
from toolsmith_mcp_server.tools import DESCRIPTION, INPUT_SCHEMA, OUTPUT_SCHEMA, ROUTE_TO_TOOL, input_errors
from toolsmith_schema.example import parse_clock
from toolsmith_schema.router import Router
from toolsmith_schema.toolbox import Toolbox

logger = logging.getLogger(__name__)

NAME = "toolsmith"
"""The server's name in the protocol."""


def local_clock() -> datetime:
    """This machine's local time, to the minute."""
    return datetime.now().replace(second=0, microsecond=0)


def make_server(
    routers: Sequence[Router],
    toolbox: Toolbox | None = None,
    *,
    clock: Callable[[], datetime] = local_clock,
) -> Server[Any]:
    """A server that routes through `routers` in order; `clock` is read where a call names no ``now``.

    Requests wait for one another: a router is asked by one thread at a time.
    """
    box = toolbox or Toolbox.default()
    turn = anyio.CapacityLimiter(1)

    async def list_tools(context: Any, params: Any) -> t.ListToolsResult:
        return t.ListToolsResult(tools=[_route_tool()])

    async def call_tool(context: Any, params: t.CallToolRequestParams) -> t.CallToolResult:
        if params.name != ROUTE_TO_TOOL:
            raise MCPError(t.INVALID_PARAMS, f"Unknown tool: {params.name}")
        arguments = params.arguments or {}
        if errors := input_errors(arguments):
            return _tool_error("; ".join(errors))
        now = parse_clock(arguments["now"]) if "now" in arguments else clock()
        try:
            result = await anyio.to_thread.run_sync(
                run_once, arguments["request"], routers, box, now, limiter=turn
            )
        except Exception:
            # The SDK sends the text of an exception to a client of the handshake era; it belongs in our log.
            logger.exception("routing failed")
            raise MCPError(
                t.INTERNAL_ERROR, "The request could not be routed; the server's log says why."
            ) from None
        if result.outcome == "failed":
            return _tool_error(" ".join(attempt.error for attempt in result.attempts))
        answer = result.to_json()
        return t.CallToolResult(
            content=[t.TextContent(type="text", text=json.dumps(answer, ensure_ascii=False))],
            structured_content=answer,
        )

    return Server(
        NAME,
        version=version("toolsmith-mcp-server"),
        instructions=f"Call {ROUTE_TO_TOOL} with the user's words; it answers with a checked call.",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        get_tool_input_schema=lambda name: INPUT_SCHEMA if name == ROUTE_TO_TOOL else None,
    )


def serve_stdio(server: Server[Any]) -> None:
    """Serve one client on stdin and stdout until it closes them."""
    anyio.run(_serve, server)


async def _serve(server: Server[Any]) -> None:
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def _route_tool() -> t.Tool:
    return t.Tool(
        name=ROUTE_TO_TOOL,
        title="Route a request",
        description=DESCRIPTION,
        input_schema=INPUT_SCHEMA,
        output_schema=OUTPUT_SCHEMA,
        annotations=t.ToolAnnotations(
            read_only_hint=True, idempotent_hint=True, destructive_hint=False, open_world_hint=False
        ),
    )


def _tool_error(text: str) -> t.CallToolResult:
    return t.CallToolResult(content=[t.TextContent(type="text", text=text)], is_error=True)
