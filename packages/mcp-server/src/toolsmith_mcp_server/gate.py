"""What stands before the protocol over HTTP: health, token, rate, size, time and number of requests.

In this order a request is refused, each time as a JSON-RPC error with an HTTP status:

====== ======================================================================
503    the server is stopping
429    this client asks too often (``Retry-After`` says when)
401    the bearer token is missing or wrong
413    the body is too large
408    the body did not arrive in time
503    as many requests as the server takes are being answered (``Retry-After``)
====== ======================================================================

What is left, Host and Origin among it, is for the SDK's transport to check.
"""

from __future__ import annotations

import hmac
import json
import math
from collections.abc import Callable
from typing import Any

import anyio
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from toolsmith_mcp_server.limits import RateLimit
from toolsmith_mcp_server.settings import GateLimits

INVALID_REQUEST, INTERNAL_ERROR = -32600, -32603


class Gate:
    """ASGI middleware that keeps the limits and knows what is in flight."""

    def __init__(
        self,
        app: ASGIApp,
        limits: GateLimits,
        *,
        ready: Callable[[], bool] = lambda: True,
        rate_limit: RateLimit | None = None,
    ) -> None:
        self._app, self._limits, self._ready = app, limits, ready
        if rate_limit is None and limits.rate > 0:
            rate_limit = RateLimit(limits.rate, burst=math.ceil(2 * limits.rate))
        self._rate_limit = rate_limit
        self._streams: set[anyio.CancelScope] = set()
        self.in_flight = 0
        self.stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer health checks, refuse what is over a limit, hand the rest on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] in ("/healthz", "/readyz"):
            await self._health(scope["path"])(scope, receive, send)
        elif refusal := self._refusal(scope):
            await refusal(scope, receive, send)
        elif scope["method"] == "POST":
            await self._post(scope, receive, send)
        else:
            await self._stream(scope, receive, send)

    def stop(self) -> None:
        """Refuse new requests from now on; those in flight go on."""
        self.stopping = True

    async def drained(self, seconds: float) -> bool:
        """Wait until nothing is in flight, then end the streams that only listen; False when time ran out."""
        with anyio.move_on_after(seconds):
            while self.in_flight:
                await anyio.sleep(0.02)
        for stream in self._streams:
            stream.cancel()
        return not self.in_flight

    def _health(self, path: str) -> Response:
        if path == "/healthz":
            return JSONResponse({"status": "ok"})
        ready = self._ready() and not self.stopping
        status = "ready" if ready else "stopping" if self.stopping else "loading"
        return JSONResponse({"status": status}, status_code=200 if ready else 503)

    def _refusal(self, scope: Scope) -> Response | None:
        """Why a request is not even read, or None."""
        if self.stopping:
            return _refused(503, INTERNAL_ERROR, "The server is stopping.", retry=1.0)
        client = (scope.get("client") or ("",))[0]
        if self._rate_limit and (wait := self._rate_limit.wait(client)):
            return _refused(429, INVALID_REQUEST, "Too many requests; slow down.", retry=wait)
        headers = Headers(scope=scope)
        if self._limits.token is not None and not _bears(headers, self._limits.token):
            return _refused(401, INVALID_REQUEST, "A valid bearer token is required.", bearer=True)
        size = headers.get("content-length", "")
        if size.isascii() and size.isdigit() and int(size[:20]) > self._limits.body_bytes:
            return self._too_large()
        return None

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with anyio.fail_after(self._limits.body_seconds):
                body = await self._body(receive)
        except ClientDisconnect:
            return
        except TimeoutError:
            late = _refused(408, INVALID_REQUEST, "The body of the request did not arrive in time.")
            await late(scope, receive, send)
            return
        if body is None:
            await self._too_large()(scope, receive, send)
        elif self.in_flight >= self._limits.concurrency:
            busy = f"The server is busy with {self.in_flight} requests; try again in a moment."
            await _refused(503, INTERNAL_ERROR, busy, retry=1.0)(scope, receive, send)
        else:
            self.in_flight += 1
            try:
                await self._app(scope, _replay(body, receive), send)
            finally:
                self.in_flight -= 1

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body; None when it is too large."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise ClientDisconnect
            body += message.get("body", b"")
            if len(body) > self._limits.body_bytes:
                return None
            if not message.get("more_body", False):
                return bytes(body)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        with anyio.CancelScope() as stream:
            self._streams.add(stream)
            try:
                await self._app(scope, receive, watched)
            finally:
                self._streams.discard(stream)
        if stream.cancelled_caught and started:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _too_large(self) -> Response:
        text = f"The body of a request may have {self._limits.body_bytes} bytes."
        return _refused(413, INVALID_REQUEST, text)


def _bears(headers: Headers, token: str) -> bool:
    """Whether the request brings `token`; the time this takes does not depend on how much of it is right."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode("utf-8"))
    return right and scheme.lower() == "bearer"


def _refused(
    status: int, code: int, text: str, *, retry: float | None = None, bearer: bool = False
) -> Response:
    """A JSON-RPC error without a request's id, which is not known before the body is read."""
    headers = {"WWW-Authenticate": "Bearer"} if bearer else {}
    if retry is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry)))
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": text}}
    return Response(json.dumps(body), status, headers, media_type="application/json")


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read already, then what comes after it."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay
