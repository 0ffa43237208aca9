"""``toolsmith serve``: the MCP server on stdin and stdout, where a client starts it."""

from __future__ import annotations

from pathlib import Path

import click

from toolsmith_agent import TIERS, load_tiers
from toolsmith_schema.hints import require
from toolsmith_schema.toolbox import Toolbox


@click.command()
@click.option(
    "--model",
    "models",
    type=click.Choice(TIERS),
    multiple=True,
    default=("rules",),
    show_default=True,
    help="A tier; give it again for the tiers to fall back to, in order.",
)
@click.option(
    "--toolbox", "path", type=click.Path(path_type=Path), help="Toolbox file instead of the default."
)
def serve(models: tuple[str, ...], path: Path | None) -> None:
    """Serve the router over the Model Context Protocol (stdio).

    The models are loaded before the first request; messages go to stderr, stdout carries the protocol only.
    """
    require("mcp", "the command 'serve'", install="toolsmith-mcp-server")
    from toolsmith_mcp_server.server import make_server, serve_stdio

    toolbox = Toolbox.load(path) if path else Toolbox.default()
    routers = load_tiers(models, install="toolsmith-mcp-server[model]")
    click.echo(f"toolsmith: serving {len(toolbox)} tools over stdio, tiers: {', '.join(models)}", err=True)
    serve_stdio(make_server(routers, toolbox))
