"""The router over the Model Context Protocol.

Importing this module is light; the protocol's SDK is loaded with the first name that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolsmith_mcp_server.tools import INPUT_SCHEMA, OUTPUT_SCHEMA, ROUTE_TO_TOOL, input_errors

if TYPE_CHECKING:
    from toolsmith_mcp_server.server import make_server, serve_stdio

__all__ = [
    "INPUT_SCHEMA",
    "OUTPUT_SCHEMA",
    "ROUTE_TO_TOOL",
    "input_errors",
    "make_server",
    "serve_stdio",
]


def __getattr__(name: str) -> Any:
    if name in ("make_server", "serve_stdio"):
        from toolsmith_mcp_server import server

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
