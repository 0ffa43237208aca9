"""One JSON answer over HTTP, with a total deadline and a cap on its bytes; nothing is retried or redirected.

The requests run in an event loop of their own thread, because only there a deadline ends everything: a
look-up of a name, a connection, headers or a body that drips byte by byte.

================================  ===========  ===================================================
what the server does              kind         what the error says
================================  ===========  ===================================================
refuses, or cannot be found       refused      that nobody answers there
hangs, or drips                   timeout      after how many seconds it was given up
closes the connection in between  broken       what the connection ended with, or that we closed it
answers with 4xx, 5xx or 3xx      status       the number and, where there is one, the server's reason
sends too much                    too_large    the limit; what came is dropped
sends what is not JSON            not_json     where the JSON ends, for half an answer
sends JSON of another form        wrong_form   which part of a chat completion is missing
================================  ===========  ===================================================
"""

from __future__ import annotations

import json
import threading
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from toolsmith_agent.guard import clean_text
from toolsmith_schema.errors import ToolsmithError

if TYPE_CHECKING:
    import asyncio

    import httpx2

Kind = Literal["refused", "timeout", "broken", "status", "too_large", "not_json", "wrong_form"]
"""What went wrong; the table is at the head of this module."""

_GRACE = 5.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class EndpointError(ToolsmithError):
    """A server gave no answer that can be read. ``kind`` is one of the words in the table of `fetching`."""

    def __init__(self, kind: Kind, reason: str) -> None:
        self.kind = kind
        super().__init__(reason)


class Fetcher:
    """Posts JSON to one address and reads JSON; threads may share it."""

    def __init__(self, url: str, *, headers: dict[str, str], max_bytes: int) -> None:
        """Post to `url`, read at most `max_bytes` of an answer.

        Raises:
            ToolsmithError: `url` is not an address of HTTP.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            parts, host, port = urlsplit(""), None, None
        if parts.scheme not in ("http", "https") or not host:
            raise ToolsmithError(f"{url!r} is not an address such as http://127.0.0.1:8000/v1")
        self.where = f"{parts.scheme}://{host}{f':{port}' if port else ''}"
        self._url, self._host, self._headers, self._max_bytes = url, host, headers, max_bytes
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx2.AsyncClient | None = None

    def post(self, payload: Any, seconds: float) -> Any:
        """The JSON that the server answers `payload` with, within `seconds`.

        Raises:
            EndpointError: there is no such answer.
        """
        import asyncio
        from concurrent.futures import CancelledError

        future = asyncio.run_coroutine_threadsafe(self._post(payload, seconds), self._running())
        try:
            body = future.result(timeout=seconds + _GRACE)
        except (CancelledError, TimeoutError):
            future.cancel()
            raise EndpointError("broken", f"the connection to {self.where} was closed meanwhile") from None
        except BaseException:
            future.cancel()
            raise
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise EndpointError("not_json", f"{self.where} sent what is not JSON ({error})") from None

    def close(self) -> None:
        """End the connections and the thread."""
        with self._lock:
            loop, self._loop = self._loop, None
            client, self._client = self._client, None
        if loop is None:
            return

        _submit(loop, _end(loop, client))

    def _running(self) -> asyncio.AbstractEventLoop:
        """The event loop, started with the first request."""
        import asyncio

        with self._lock:
            if self._loop is None:
                self._loop = loop = asyncio.new_event_loop()

                def work() -> None:
                    loop.run_forever()
                    loop.close()

                threading.Thread(target=work, name="toolsmith-endpoint", daemon=True).start()
            return self._loop

    def _open(self) -> httpx2.AsyncClient:
        import httpx2

        if self._client is None:
            headers = {"accept": "application/json", "accept-encoding": "identity", **self._headers}
            # Proxies of the environment are for other machines; the deadline is set from outside.
            trust = self._host not in _LOOPBACK
            self._client = httpx2.AsyncClient(headers=headers, timeout=None, trust_env=trust)
        return self._client

    async def _post(self, payload: Any, seconds: float) -> bytes:
        import asyncio

        import httpx2

        try:
            async with asyncio.timeout(seconds):
                async with self._open().stream("POST", self._url, json=payload) as response:
                    body = await self._read(response)
                    status = response.status_code
        except TimeoutError:
            raise EndpointError(
                "timeout", f"{self.where} gave no whole answer within {seconds:.3g} s"
            ) from None
        except httpx2.ConnectError as error:
            raise EndpointError("refused", f"nobody answers at {self.where} ({error})") from None
        except (httpx2.TransportError, httpx2.StreamError) as error:
            reason = str(error) or type(error).__name__
            raise EndpointError("broken", f"the connection to {self.where} broke ({reason})") from None
        if not 200 <= status < 300:
            raise EndpointError("status", f"{self.where} answered with HTTP {status}{_reason(body)}")
        return body

    async def _read(self, response: httpx2.Response) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise EndpointError(
                "wrong_form", f"{self.where} sent a compressed answer, which it was not asked for"
            )
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._max_bytes:
                raise EndpointError("too_large", f"{self.where} sent more than {self._max_bytes} bytes")
        return bytes(body)


async def _end(loop: asyncio.AbstractEventLoop, client: httpx2.AsyncClient | None) -> None:
    """Cancel what is under way, close the connections and stop the loop."""
    import asyncio

    others = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    if client is not None:
        await client.aclose()
    loop.call_soon(loop.stop)


def _submit(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> None:
    import asyncio

    asyncio.run_coroutine_threadsafe(work, loop)


def _reason(body: bytes) -> str:
    """What a server says about its error, cut to a line; empty when it says nothing readable."""
    try:
        error = json.loads(body)["error"]
        text = error if isinstance(error, str) else error["message"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return f": {clean_text(text, 200)}" if isinstance(text, str) and text else ""
