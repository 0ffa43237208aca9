"""How a server is set up: what it serves, and where it listens; contradictions are refused here."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from toolsmith_schema.errors import ToolsmithError

PATH = "/mcp"
"""Where the protocol is spoken over HTTP."""

MIN_TOKEN = 16
"""Characters that a bearer token has at least."""

DAY = 86_400.0
"""Seconds that nothing here takes longer than."""

_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, kw_only=True)
class GateLimits:
    """How much a server takes over HTTP."""

    token: str | None = field(default=None, repr=False)
    """Bearer token that a request has to bring; None asks for none."""
    rate: float = 0.0
    """Requests a second and client address, on average; 0 is without limit."""
    concurrency: int = 256
    """Requests that are answered at the same time."""
    body_bytes: int = 1_048_576
    """Size of a request's body."""
    body_seconds: float = 10.0
    """Time that a request's body may take to arrive."""


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """Where a server listens and whom it answers."""

    host: str = "127.0.0.1"
    """Address to bind to."""
    port: int = 8765
    """Port to bind to; 0 takes a free one."""
    allowed_hosts: tuple[str, ...] = ()
    """Further values of the Host header, ``name`` or ``name:port``."""
    allowed_origins: tuple[str, ...] = ()
    """Further values of the Origin header, such as ``https://example.org``."""
    limits: GateLimits = GateLimits()
    """Token, rate, sizes and numbers."""
    grace: float = 10.0
    """Seconds that requests in flight get when the server is told to stop."""

    def __post_init__(self) -> None:
        """Refuse what would leave the server open.

        Raises:
            ToolsmithError: not on loopback, and there is no token or no name to answer to; or a weak token.
        """
        token = self.limits.token
        if token is not None and (len(token) < MIN_TOKEN or not token.isascii() or not token.isprintable()):
            raise ToolsmithError(f"A token has {MIN_TOKEN} or more printable ASCII characters.")
        if is_loopback(self.host):
            return
        if token is None:
            raise ToolsmithError(
                f"{self.host} is not a loopback address: whoever reaches it could call the tools. Set a "
                "bearer token in TOOLSMITH_TOKEN (or --token), or bind to 127.0.0.1."
            )
        if is_any(self.host) and not self.allowed_hosts:
            raise ToolsmithError(
                f"{self.host} is every address of this machine: say with --allowed-host under which names "
                "clients reach it, so that requests with another Host header can be refused."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a server bound to `host` has without being told."""
        own = f"[{self.host}]" if ":" in self.host else self.host
        if is_loopback(self.host):
            return tuple(dict.fromkeys((*_LOOPBACK_NAMES, own)))
        return () if is_any(self.host) else (own,)

    def url(self, port: int | None = None) -> str:
        """The address for clients; `port` where a free one was taken."""
        name = (
            self.allowed_hosts[0]
            if is_any(self.host)
            else f"[{self.host}]"
            if ":" in self.host
            else self.host
        )
        return f"http://{name}:{port or self.port}{PATH}"


@dataclass(frozen=True, kw_only=True)
class ServeSettings:
    """What a server serves, and how."""

    tiers: tuple[str, ...] = ("rules",)
    """Names of the tiers, in order."""
    endpoint: str | None = None
    """Base URL of the tier ``endpoint``."""
    endpoint_model: str | None = None
    """The model's name there."""
    endpoint_answers: Literal["calls", "text"] = "calls"
    """Whether that model calls tools, or was tuned to answer in the wire format."""
    careful: bool = False
    """Whether a call of low confidence goes to the next tier."""
    toolbox: Path | None = None
    """Toolbox file; None is the default toolbox."""
    preload: bool = False
    """Whether models are loaded on start."""
    route_only: bool = False
    """Whether nothing is ever executed."""
    confirms: bool = True
    """Whether a person has to say yes before a destructive tool runs."""
    strict: bool = False
    """Whether a model that was trained on another toolbox is refused."""
    logs: Path | None = None
    """Folder of the log of runs and of the ledger; None writes neither."""
    timeout: float = 60.0
    """Seconds for one request."""
    http: HttpSettings | None = None
    """Where to listen; None is stdin and stdout."""

    def __post_init__(self) -> None:
        """Refuse times that are none.

        Raises:
            ToolsmithError: with the range.
        """
        if not 0 < self.timeout <= DAY or (self.http and not 0 <= self.http.grace <= DAY):
            raise ToolsmithError("--timeout and --grace are seconds: more than none, and a day at most.")


def is_loopback(host: str) -> bool:
    """Whether `host` is reached from this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_any(host: str) -> bool:
    """Whether `host` stands for all addresses of this machine."""
    try:
        return not host or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
