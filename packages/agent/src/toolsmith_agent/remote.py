"""The tools of another MCP server, as an executor and as a toolbox; needs the extra ``mcp``.

::

    remote = RemoteExecutor("http://127.0.0.1:8000/mcp")
    agent = Agent(tiers, remote.toolbox(), executor=remote, confirm=...)

Each call opens a connection of its own, so that one that breaks takes no other with it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from toolsmith_agent.deadline import Deadline
from toolsmith_agent.execution import ToolFailed, ToolResult, as_json
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.errors import ToolsmithError
from toolsmith_schema.hints import require
from toolsmith_schema.toolbox import Toolbox

INSTALL = "toolsmith-agent[mcp]"
"""What to install for tools of other servers."""


class RemoteExecutor:
    """Calls tools of an MCP server."""

    keeps_deadline = True

    def __init__(self, server: Any) -> None:
        """Call tools of `server`: the URL of one, parameters to start one, or one in this process.

        Raises:
            MissingPackage: the SDK of the protocol is not installed.
        """
        self._client = require("mcp", "a remote server's tools", install=INSTALL).Client
        self._server = server

    def toolbox(self, *, seconds: float = 30.0) -> Toolbox:
        """The server's tools, in its order.

        Raises:
            ToolboxError: the tools are malformed.
            ToolsmithError: the server cannot be reached within `seconds`.
        """
        try:
            rows = asyncio.run(self._list(seconds))
        except Exception as error:
            raise ToolsmithError(f"the tools of {self._server} cannot be listed ({_reason(error)})") from None
        return Toolbox.from_json({"tools": rows}, source=str(self._server))

    def execute(self, call: ToolCall, *, deadline: Deadline) -> ToolResult:
        """Make the call there.

        Raises:
            ToolFailed: the server could not be reached, so nothing was asked of it.
            Exception: the connection broke, or time was over, after the call was sent.
        """
        return asyncio.run(self._call(call, deadline))

    async def _list(self, seconds: float) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        async with asyncio.timeout(seconds), self._client(self._server) as client:
            cursor = None
            while True:
                page = await client.list_tools(cursor=cursor)
                rows += [
                    tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in page.tools
                ]
                cursor = page.next_cursor
                if not cursor:
                    return rows

    async def _call(self, call: ToolCall, deadline: Deadline) -> ToolResult:
        sent = False
        try:
            async with asyncio.timeout(deadline.left()), self._client(self._server) as client:
                sent = True
                answer = await client.call_tool(call.tool, dict(call.args))
        except Exception as error:
            if sent:
                raise
            raise ToolFailed(f"the server {self._server} cannot be reached ({_reason(error)})") from None
        texts = [block.text for block in answer.content if getattr(block, "type", "") == "text"]
        if answer.is_error:
            return ToolResult(status="failed", error=" ".join(texts) or f"{call.tool} failed")
        value = answer.structured_content if answer.structured_content is not None else "\n".join(texts)
        return ToolResult(value=as_json(value))


def _reason(error: BaseException) -> str:
    """The first plain error of a group, in a line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
