"""The server as it is, with the tools that the conformance suite looks for added to its toolbox.

``python server.py`` prints its address and serves until SIGTERM.
"""

from __future__ import annotations

import sys
from pathlib import Path

from toolsmith_agent import FunctionExecutor, ToolFailed, mock_tools
from toolsmith_mcp_server import HttpSettings, Service, make_app, make_server, serve_http
from toolsmith_mcp_server.http import bind
from toolsmith_schema import Toolbox
from toolsmith_schema.rules import RuleRouter


def test_error_handling() -> None:
    """Fail, as the suite asks for."""
    raise ToolFailed("This tool fails on purpose.")


def main() -> int:
    """Serve until the end."""
    added = Toolbox.load(Path(__file__).with_name("toolbox.json"))
    default = Toolbox.default()
    bodies = {name: getattr(mock_tools, name) for name in default.names}
    bodies |= {name: lambda **arguments: arguments or "This is a text." for name in added.names}
    bodies["test_error_handling"] = test_error_handling
    toolbox = Toolbox(tools=(*default, *added))
    service = Service([RuleRouter()], toolbox, executor=FunctionExecutor(bodies))
    settings = HttpSettings(port=0)
    with bind(settings) as listening:
        print(settings.url(listening.getsockname()[1]), flush=True)
        return serve_http(make_app(make_server(service), settings), listening)


if __name__ == "__main__":
    sys.exit(main())
