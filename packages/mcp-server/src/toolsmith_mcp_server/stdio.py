"""The server on stdin and stdout, where a client starts it; stdout carries the protocol and nothing else."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from toolsmith_schema.errors import ToolsmithError


def serve_stdio(server: Server[Any], *, start: Callable[[], None] | None = None) -> None:
    """Serve one client on stdin and stdout until it closes them; `start` runs before the first request.

    Raises:
        ToolsmithError: `start` failed.
    """
    if failure := anyio.run(_serve, server, start):
        raise failure


async def _serve(server: Server[Any], start: Callable[[], None] | None) -> ToolsmithError | None:
    async with stdio_server() as (read, write):
        # The SDK keeps the wire for itself and points the descriptor at stderr. What a library prints goes
        # through `sys.stdout`, whose buffer would reach the wire when the descriptor is given back.
        kept = sys.stdout
        with contextlib.redirect_stdout(sys.stderr):
            try:
                if start is not None:
                    await anyio.to_thread.run_sync(start)
                await server.run(read, write, server.create_initialization_options())
            except ToolsmithError as error:
                return error
            finally:
                kept.flush()
    return None
