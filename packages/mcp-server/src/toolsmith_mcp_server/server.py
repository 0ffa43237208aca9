"""The MCP server: the low-level one, because it serves schemas byte for byte and leaves checking to us.

A wrong argument is a tool error, which the calling model can repair; an unknown tool is a protocol error; the
text of an unexpected error stays in the server's own log.
"""

from __future__ import annotations

import json
import logging
import uuid
from importlib.metadata import version
from typing import Any

import anyio
import mcp_types as t
from mcp import MCPError
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from toolsmith_agent import Effect, RunResult
from toolsmith_mcp_server.asking import LiveQuestions, RetriedQuestions, can_be_asked
from toolsmith_mcp_server.client_config import NAME
from toolsmith_mcp_server.inputs import input_errors
from toolsmith_mcp_server.service import Questions, Service
from toolsmith_mcp_server.threads import in_thread
from toolsmith_mcp_server.tools import OUTPUT_SCHEMA, ROUTE_TO_TOOL, RUN_REQUEST, output_schema, served_tools
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.example import parse_clock
from toolsmith_schema.toolbox import Tool

logger = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Any]
Answer = t.CallToolResult | t.InputRequiredResult


def make_server(service: Service, *, threads: int = 256, ask_seconds: float = 120.0) -> Server[Any]:
    """The server of `service`, for any transport.

    `threads` calls are answered at a time, the others wait; a person gets `ask_seconds` to answer a question.

    Raises:
        ToolboxError: a tool of the toolbox has the name of one of the server's own.
    """
    tools = served_tools(service.toolbox, executes=service.executes)
    listed = t.ListToolsResult(tools=[_listed(tool) for tool in tools])
    turns = anyio.CapacityLimiter(threads)

    async def answer(context: Context, params: t.CallToolRequestParams) -> Answer:
        arguments = params.arguments or {}
        if params.name not in tools:
            raise MCPError(t.INVALID_PARAMS, f"Unknown tool: {ascii(params.name[:128])[1:-1]}")
        # In a thread, as a pattern in a toolbox may take its time.
        if errors := await in_thread(lambda: input_errors(params.name, arguments, tools), turns):
            return _tool_error(" ".join(errors))
        if params.name not in (ROUTE_TO_TOOL, RUN_REQUEST):
            call = ToolCall(tool=params.name, args=arguments)
            return _of_call(*await in_thread(lambda: service.call(call), turns))
        request = arguments["request"]
        try:
            now = parse_clock(arguments["now"]) if "now" in arguments else service.clock()
        except ValueError as error:
            return _tool_error(f"The argument /now: {error}.")
        if params.name == ROUTE_TO_TOOL:
            return _of_run(await in_thread(lambda: service.route(request, now), turns), OUTPUT_SCHEMA)
        run_id = arguments.get("run_id") or uuid.uuid4().hex
        questions: Questions | None = None
        if can_be_asked(context.session.client_capabilities):
            if context.session.protocol_version not in MODERN_PROTOCOL_VERSIONS:
                questions = LiveQuestions(context.session, context.request_id, service.toolbox, ask_seconds)
            else:
                questions = retried = RetriedQuestions(params, service.toolbox, now, run_id)
                now, run_id = retried.now, retried.run_id
        run = await in_thread(lambda: service.run(request, now, run_id=run_id, questions=questions), turns)
        if isinstance(questions, RetriedQuestions) and (required := questions.required()):
            return required
        return _of_run(run, output_schema(RUN_REQUEST))

    async def call_tool(context: Context, params: t.CallToolRequestParams) -> Answer:
        try:
            return await answer(context, params)
        except MCPError:
            raise
        except Exception:
            # The SDK sends the text of an exception to a client of the handshake era; it belongs in our log.
            logger.exception("a call of %r failed", params.name[:128])
            raise MCPError(
                t.INTERNAL_ERROR, "The request could not be answered; the server's log says why."
            ) from None

    async def list_tools(context: Context, params: t.PaginatedRequestParams | None) -> t.ListToolsResult:
        return listed

    own = f"{ROUTE_TO_TOOL} turns the user's words into a checked call"
    server: Server[Any] = Server(
        NAME,
        version=version("toolsmith-mcp-server"),
        instructions=f"{own}; {RUN_REQUEST} makes it, too." if service.executes else f"{own}.",
        cache_hints={"tools/list": CacheHint(ttl_ms=3_600_000, scope="public")},
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        get_tool_input_schema=lambda name: tools[name].input_schema if name in tools else None,
    )
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=NAME))
    return server


def _listed(tool: Tool) -> t.Tool:
    row = {**tool.to_mcp(), "outputSchema": output_schema(tool.name)}
    if title := tool.annotations.get("title"):
        row["title"] = title
    return t.Tool.model_validate(row)


def _of_run(run: RunResult, schema: dict[str, Any]) -> t.CallToolResult:
    """The answer to a request; an error where no tier answered, or where the call was not completed."""
    if run.outcome == "failed":
        return _tool_error(" ".join(f"{tried.tier}: {tried.error}" for tried in run.attempts if tried.error))
    answer = {name: value for name, value in run.to_json().items() if name in schema["properties"]}
    undone = run.effect is not None and run.effect.status != "completed"
    texts = [run.effect.error] if undone and run.effect else []
    return _result(answer, *texts, is_error=undone)


def _of_call(run_id: str, effect: Effect) -> t.CallToolResult:
    if effect.status != "completed":
        return _tool_error(f"{effect.status}: {effect.error}")
    took = round(effect.latency_ms, 3)
    return _result({"run_id": run_id, "status": "completed", "result": effect.result, "latency_ms": took})


def _result(answer: dict[str, Any], *texts: str, is_error: bool = False) -> t.CallToolResult:
    # Half a surrogate pair in a model's raw text cannot be sent.
    answer = json.loads(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
    shown = [*texts, json.dumps(answer, ensure_ascii=False)]
    content: list[t.ContentBlock] = [t.TextContent(type="text", text=text) for text in shown]
    return t.CallToolResult(content=content, structured_content=answer, is_error=is_error)


def _tool_error(text: str) -> t.CallToolResult:
    return t.CallToolResult(content=[t.TextContent(type="text", text=text)], is_error=True)
