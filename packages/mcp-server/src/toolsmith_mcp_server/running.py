"""From settings to a running server: tiers, log, ledger, transport, and all of it closed again."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from datetime import UTC, datetime

import click

from toolsmith_agent import Budget, EndpointRouter, FunctionExecutor, Ledger, ToolExecutor, mock_tools
from toolsmith_agent.log_file import EventLog
from toolsmith_agent.options import endpoint_key
from toolsmith_mcp_server.http import bind, make_app, serve_http
from toolsmith_mcp_server.models import Models, make_models
from toolsmith_mcp_server.server import make_server
from toolsmith_mcp_server.service import Service
from toolsmith_mcp_server.settings import ServeSettings
from toolsmith_mcp_server.stdio import serve_stdio
from toolsmith_schema.errors import EXIT_OK, ToolsmithError
from toolsmith_schema.toolbox import Toolbox

TOOL_SECONDS = 20.0
"""Time for one tool, in seconds."""


def serve(settings: ServeSettings) -> int:
    """Serve until the client leaves or a signal comes; return the exit code.

    Raises:
        ToolsmithError: something that is needed is not there.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="toolsmith: %(message)s")
    toolbox = Toolbox.load(settings.toolbox) if settings.toolbox else Toolbox.default()
    with contextlib.ExitStack() as stack:
        models = _models(settings, stack)
        service = _service(settings, toolbox, models, stack)
        return _serve(settings, models, service)


def _serve(settings: ServeSettings, models: Models, service: Service) -> int:
    start = models.load if settings.preload else None
    what = f"{len(service.toolbox)} tools, tiers: {', '.join(service.tiers)}"
    if not service.executes:
        what += "; routing only"
    http = settings.http
    if http is None:
        click.echo(f"toolsmith: serving {what}, over stdio", err=True)
        serve_stdio(make_server(service), start=start)
        return EXIT_OK
    server = make_server(service, threads=http.limits.concurrency)
    gate = make_app(server, http, ready=lambda: start is None or models.loaded)
    with bind(http) as listening:
        address = http.url(listening.getsockname()[1])
        click.echo(f"toolsmith: serving {what}, at {address}", err=True)
        return serve_http(gate, listening, grace=http.grace, start=start)


def _models(settings: ServeSettings, stack: contextlib.ExitStack) -> Models:
    endpoint = None
    if settings.endpoint and settings.endpoint_model:
        endpoint = EndpointRouter(
            settings.endpoint,
            settings.endpoint_model,
            api_key=endpoint_key(),
            timeout=settings.timeout,
            answers=settings.endpoint_answers,
        )
        stack.callback(endpoint.close)
    models = make_models(
        settings.tiers, timeout=settings.timeout, endpoint=endpoint, careful=settings.careful
    )
    stack.callback(models.close)
    return models


def _service(
    settings: ServeSettings, toolbox: Toolbox, models: Models, stack: contextlib.ExitStack
) -> Service:
    sink = ledger = None
    if settings.logs is not None:
        name = f"run-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.jsonl"
        try:
            sink = EventLog(settings.logs / name)
            stack.callback(sink.close)
            ledger = Ledger(settings.logs / "ledger.jsonl")
            stack.callback(ledger.close)
        except OSError as error:
            raise ToolsmithError(f"Cannot write to {settings.logs}: {error.strerror}.") from None
    return Service(
        models.tiers,
        toolbox,
        executor=None if settings.route_only else mock_executor(toolbox),
        budget=Budget(seconds=settings.timeout, tool_seconds=min(TOOL_SECONDS, settings.timeout)),
        sink=sink,
        ledger=ledger,
        confirms=settings.confirms,
        strict=settings.strict,
    )


def mock_executor(toolbox: Toolbox) -> ToolExecutor | None:
    """The mock bodies of the default toolbox; None where `toolbox` has a tool without one."""
    known = Toolbox.default().names
    if any(name not in known for name in toolbox.names):
        return None
    return FunctionExecutor({name: getattr(mock_tools, name) for name in toolbox.names})
