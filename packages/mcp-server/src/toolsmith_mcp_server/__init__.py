"""The router and its tools over the Model Context Protocol.

Importing this module is light; the protocol's SDK is loaded with the first name that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolsmith_mcp_server.queued import QueuedRouter, RouterQueue
from toolsmith_mcp_server.service import Service
from toolsmith_mcp_server.settings import HttpSettings
from toolsmith_mcp_server.tools import INPUT_SCHEMA, OUTPUT_SCHEMA, ROUTE_TO_TOOL, RUN_REQUEST

if TYPE_CHECKING:
    from toolsmith_mcp_server.http import make_app, serve_http
    from toolsmith_mcp_server.server import make_server
    from toolsmith_mcp_server.stdio import serve_stdio

__all__ = [
    "INPUT_SCHEMA",
    "OUTPUT_SCHEMA",
    "ROUTE_TO_TOOL",
    "RUN_REQUEST",
    "HttpSettings",
    "QueuedRouter",
    "RouterQueue",
    "Service",
    "make_app",
    "make_server",
    "serve_http",
    "serve_stdio",
]

_LATE = {"make_app": "http", "make_server": "server", "serve_http": "http", "serve_stdio": "stdio"}


def __getattr__(name: str) -> Any:
    if name in _LATE:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
