"""``toolsmith serve``: the MCP server, on stdin and stdout where a client starts it, or over HTTP."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from toolsmith_agent.options import tier_names, tier_options
from toolsmith_mcp_server.client_config import CLIENTS, TOKEN_VARIABLE, http_config, stdio_config
from toolsmith_mcp_server.settings import GateLimits, HttpSettings, ServeSettings
from toolsmith_schema.errors import EXIT_OK
from toolsmith_schema.hints import require


@click.command()
@tier_options
@click.option(
    "--endpoint-answers",
    type=click.Choice(["calls", "text"]),
    default="calls",
    show_default=True,
    help="Whether the endpoint's model calls tools, or answers in text as toolsmith train teaches.",
)
@click.option("--preload", is_flag=True, help="Load the models on start instead of with the first request.")
@click.option("--route-only", is_flag=True, help="Offer route_to_tool alone: nothing is ever executed.")
@click.option(
    "--no-confirm", is_flag=True, help="Let run_request run destructive tools without asking the user."
)
@click.option("--strict", is_flag=True, help="Refuse a model that was trained on another toolbox.")
@click.option("--logs", type=click.Path(path_type=Path), help="Folder for the log of runs and the ledger.")
@click.option("--timeout", type=float, default=60.0, show_default=True, help="Seconds for one request.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Where relative names, also those of the models, start; clients start servers anywhere.",
)
@click.option("--transport", type=click.Choice(["stdio", "http"]), default="stdio", show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="HTTP: the address to bind to.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="HTTP: the port."
)
@click.option(
    "--token",
    envvar=TOKEN_VARIABLE,
    help=f"HTTP: the bearer token of requests; better in {TOKEN_VARIABLE}, which other users cannot see.",
)
@click.option("--allowed-host", "hosts", multiple=True, help="HTTP: a further name that clients may use.")
@click.option("--allowed-origin", "origins", multiple=True, help="HTTP: a web origin that may ask.")
@click.option(
    "--rate",
    type=click.FloatRange(0),
    default=100.0,
    show_default=True,
    help="HTTP: requests a second and client; 0 is any number.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1),
    default=256,
    show_default=True,
    help="HTTP: requests at the same time; more are refused.",
)
@click.option(
    "--max-body",
    type=click.IntRange(1024),
    default=1 << 20,
    show_default=True,
    help="HTTP: bytes of a request.",
)
@click.option(
    "--grace",
    type=float,
    default=10.0,
    show_default=True,
    help="HTTP: seconds for requests in flight when the server is told to stop.",
)
@click.option(
    "--print-config",
    "client",
    type=click.Choice(CLIENTS),
    is_flag=False,
    flag_value="claude",
    help="Print what a client's mcp.json says to use this server, and exit.",
)
def serve(client: str | None, directory: Path | None, **options: Any) -> int:
    """Serve the router and its tools over the Model Context Protocol.

    On stdin and stdout by default; with --transport http at http://HOST:PORT/mcp, with /healthz and /readyz
    beside it. Messages go to stderr. Elsewhere than on loopback a token is required.
    """
    if directory is not None:
        os.chdir(directory)
    settings = _settings(options)
    if client is not None:
        click.echo(json.dumps(_config(client, settings), indent=2))
        return EXIT_OK
    require("mcp", "the command 'serve'", install="toolsmith-mcp-server")
    from toolsmith_mcp_server import running

    return running.serve(settings)


def _settings(options: dict[str, Any]) -> ServeSettings:
    return ServeSettings(
        tiers=tier_names(options["models"], options["endpoint"], options["endpoint_model"]),
        endpoint=options["endpoint"],
        endpoint_model=options["endpoint_model"],
        endpoint_answers=options["endpoint_answers"],
        careful=options["careful"],
        toolbox=options["path"],
        preload=options["preload"],
        route_only=options["route_only"],
        confirms=not options["no_confirm"],
        strict=options["strict"],
        logs=options["logs"],
        timeout=options["timeout"],
        http=_http_settings(options) if options["transport"] == "http" else None,
    )


def _http_settings(options: dict[str, Any]) -> HttpSettings:
    return HttpSettings(
        host=options["host"],
        port=options["port"],
        allowed_hosts=options["hosts"],
        allowed_origins=options["origins"],
        limits=GateLimits(
            token=options["token"] or None,
            rate=options["rate"],
            concurrency=options["concurrency"],
            body_bytes=options["max_body"],
        ),
        grace=options["grace"],
    )


def _config(client: str, settings: ServeSettings) -> dict[str, Any]:
    """What `client` has to know to use a server with these settings."""
    if settings.http is not None:
        return http_config(client, settings.http.url(), token=settings.http.limits.token is not None)
    arguments = [
        part
        for name in settings.tiers
        if name != "rules" or len(settings.tiers) > 1
        for part in ("--model", name)
    ]
    if settings.endpoint and settings.endpoint_model:
        arguments += ["--endpoint", settings.endpoint, "--endpoint-model", settings.endpoint_model]
        arguments += [] if settings.endpoint_answers == "calls" else ["--endpoint-answers", "text"]
    for flag, path in (("--toolbox", settings.toolbox), ("--logs", settings.logs)):
        arguments += [flag, str(path.absolute())] if path else []
    flags = {
        "--preload": settings.preload,
        "--route-only": settings.route_only,
        "--no-confirm": not settings.confirms,
        "--strict": settings.strict,
        "--careful": settings.careful,
    }
    arguments += [flag for flag, given in flags.items() if given]
    if {"base", "tuned"} & set(settings.tiers):
        arguments += ["--directory", str(Path.cwd())]
    return stdio_config(client, arguments)
