"""The server over streamable HTTP: ``POST /mcp``, with ``GET /healthz`` and ``GET /readyz`` beside it.

On SIGTERM or SIGINT nothing new is taken and what is in flight is answered, within the time of grace.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Generator
from typing import Any

import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings
from sse_starlette.sse import AppStatus

from toolsmith_mcp_server.gate import Gate
from toolsmith_mcp_server.settings import PATH, HttpSettings
from toolsmith_schema.errors import EXIT_INTERRUPTED, EXIT_OK, ToolsmithError

logger = logging.getLogger(__name__)


def make_app(
    server: Server[Any], settings: HttpSettings, *, ready: Callable[[], bool] = lambda: True
) -> Gate:
    """The ASGI application: the gate, and behind it the SDK's transport, which serves both eras."""
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        host=settings.host,
        transport_security=security(settings),
        max_request_body_size=settings.limits.body_bytes,
        max_sessions=4 * settings.limits.concurrency,
    )
    return Gate(app, settings.limits, ready=ready)


def security(settings: HttpSettings) -> TransportSecuritySettings:
    """The Host and Origin headers that are accepted, spelled out wherever the server is bound."""
    names = (*settings.names, *settings.allowed_hosts)
    own = [form for name in settings.names for form in (f"http://{name}", f"http://{name}:*")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[form for name in names for form in (name, f"{name}:*")],
        allowed_origins=[*own, *settings.allowed_origins],
    )


def bind(settings: HttpSettings) -> socket.socket:
    """The listening socket.

    Raises:
        ToolsmithError: the address cannot be bound to.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=1024)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ToolsmithError(f"Cannot listen on {settings.host}, port {settings.port}: {reason}.") from None


def serve_http(
    gate: Gate, listening: socket.socket, *, grace: float = 10.0, start: Callable[[], None] | None = None
) -> int:
    """Serve until a signal says to stop; return the exit code. `start` runs meanwhile, in a thread.

    Raises:
        ToolsmithError: `start` failed; the server has stopped.
    """
    # The library would cut every event stream on a signal, those that carry an answer too. The gate ends the
    # streams that only listen, once the others are through.
    AppStatus.disable_automatic_graceful_drain()
    config = uvicorn.Config(
        gate,
        log_config=None,
        access_log=False,
        ws="none",
        lifespan="on",
        server_header=False,
        proxy_headers=False,  # else a client could choose the address that its rate is counted for
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, gate, grace)
    failures: list[ToolsmithError] = []

    def begin(start: Callable[[], None]) -> None:
        try:
            start()
        except ToolsmithError as error:
            failures.append(error)
            server.stop()

    if start is not None:
        threading.Thread(target=begin, args=(start,), name="start", daemon=True).start()
    server.run([listening])
    if failures:
        raise failures[0]
    return EXIT_INTERRUPTED if server.interrupted else EXIT_OK


class _Server(uvicorn.Server):
    """Uvicorn, except that it lets requests in flight end before it closes connections."""

    def __init__(self, config: uvicorn.Config, gate: Gate, grace: float) -> None:
        super().__init__(config)
        self._gate, self._grace = gate, grace
        self.interrupted = False

    def stop(self) -> None:
        """Begin to stop."""
        self._gate.stop()
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take the signals that stop a server; one that was obeyed is not raised again."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._obey) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _obey(self, number: int, frame: object) -> None:
        if number == signal.SIGINT:
            self.force_exit, self.interrupted = self.interrupted, True
        self.stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what is in flight end, then close."""
        for server in self.servers:
            server.close()
        if not self.force_exit and not await self._gate.drained(self._grace):
            logger.warning("%d requests were cut off after %g s", self._gate.in_flight, self._grace)
        await super().shutdown(sockets)
