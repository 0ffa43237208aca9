"""What a client writes in its configuration to use this server: Claude, Cursor and VS Code.

====== ============================================ ==============================================
client file                                         form
====== ============================================ ==============================================
claude claude_desktop_config.json, or ``.mcp.json`` ``{"mcpServers": {"toolsmith": {...}}}``
cursor ``.cursor/mcp.json``                         ``{"mcpServers": {"toolsmith": {...}}}``
vscode ``.vscode/mcp.json``                         ``{"servers": {"toolsmith": {...}}}``
====== ============================================ ==============================================

A token is never printed: the client takes it from its environment, or asks for it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CLIENTS = ("claude", "cursor", "vscode")
"""The clients whose form is known."""

NAME = "toolsmith"
"""The server's name in a configuration, and in the protocol."""

TOKEN_VARIABLE = "TOOLSMITH_TOKEN"
"""The environment variable that holds the bearer token."""

_FROM_ENVIRONMENT = {"claude": "${%s}", "cursor": "${env:%s}"}


def stdio_config(client: str, arguments: Sequence[str]) -> dict[str, Any]:
    """The configuration with which `client` starts the server itself, with the arguments of ``serve``."""
    command, *first = own_command()
    entry: dict[str, Any] = {"command": command, "args": [*first, "serve", *arguments]}
    return {"servers": {NAME: {"type": "stdio", **entry}}} if client == "vscode" else _servers(entry)


def http_config(client: str, url: str, *, token: bool) -> dict[str, Any]:
    """The configuration with which `client` finds a running server at `url`; `token` where it wants one."""
    entry: dict[str, Any] = {"url": url} if client == "cursor" else {"type": "http", "url": url}
    if client != "vscode":
        if token:
            entry["headers"] = {"Authorization": f"Bearer {_FROM_ENVIRONMENT[client] % TOKEN_VARIABLE}"}
        return _servers(entry)
    if not token:
        return {"servers": {NAME: entry}}
    asked = {"type": "promptString", "id": "toolsmith-token", "description": "Token", "password": True}
    entry["headers"] = {"Authorization": "Bearer ${input:toolsmith-token}"}
    return {"inputs": [asked], "servers": {NAME: entry}}


def own_command() -> list[str]:
    """How this installation is started; in full, because desktop programs seldom have a shell's PATH."""
    script = Path(sys.executable).with_name("toolsmith")
    return [str(script)] if script.exists() else [sys.executable, "-m", "toolsmith_schema.main"]


def _servers(entry: dict[str, Any]) -> dict[str, Any]:
    return {"mcpServers": {NAME: entry}}
