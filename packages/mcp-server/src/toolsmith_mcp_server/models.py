"""The tiers of the server: cheap ones as they are, models loaded when first needed and behind one queue."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

from toolsmith_agent import Tier, load_tiers
from toolsmith_agent.tiers import calibrated, install_of, modules_of, trained_fingerprint
from toolsmith_mcp_server.queued import QueuedRouter, RouterQueue
from toolsmith_schema.hints import require
from toolsmith_schema.router import Routed, Router
from toolsmith_schema.toolbox import Toolbox

logger = logging.getLogger(__name__)

INSTALL_MODEL = "toolsmith-mcp-server[model]"
"""What to install for the tiers that are a model."""


class LazyRouter:
    """A router that is made with its first request, or before that by `load`."""

    def __init__(self, name: str, make: Callable[[], Router]) -> None:
        self.name = name
        self._make = make
        self._lock = threading.Lock()
        self._router: Router | None = None

    @property
    def loaded(self) -> bool:
        """Whether the router is there."""
        return self._router is not None

    def load(self) -> Router:
        """The router; a failed attempt is made again with the next call."""
        with self._lock:
            if self._router is None:
                self._router = self._make()
            return self._router

    def route(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        """Load the router where needed and ask it."""
        return self.load().route(requests, toolbox)


@dataclass(frozen=True, kw_only=True)
class Models:
    """The tiers, and what is behind them."""

    tiers: tuple[Tier, ...]
    """What the agent asks, in order."""
    lazy: tuple[LazyRouter, ...] = ()
    """The models among them."""
    queue: RouterQueue | None = None
    """The one queue before the models."""

    @property
    def loaded(self) -> bool:
        """Whether every model is loaded."""
        return all(router.loaded for router in self.lazy)

    def load(self) -> None:
        """Load every model now."""
        for router in self.lazy:
            router.load()
            logger.info("%s is loaded", router.name)

    def close(self) -> None:
        """Answer what waits, as far as that takes no time to speak of, and stop."""
        if self.queue is not None:
            self.queue.close(seconds=1.0)


def make_models(
    names: Sequence[str], *, timeout: float, endpoint: Router | None = None, careful: bool = False
) -> Models:
    """The tiers of `names`; a model waits `timeout` seconds at most for its turn and answer.

    With `careful`, a model's call needs the confidence that it was calibrated for.

    Raises:
        MissingPackage: the packages that run a model are not installed.
    """
    queue = RouterQueue()
    tiers: list[Tier] = []
    lazy: list[LazyRouter] = []
    for name in names:
        if name in ("rules", "endpoint"):
            tiers += map(Tier.of, load_tiers([name], endpoint=endpoint))
            continue
        for module in modules_of(name):
            if find_spec(module) is None:  # what is there is imported later, when the model is loaded
                require(module, f"the tier {name!r}", install=install_of(name, INSTALL_MODEL))
        lazy.append(LazyRouter(name, partial(_load, name)))
        queued = QueuedRouter(lazy[-1], queue, timeout=timeout)
        tiers.append(
            Tier(
                router=queued,
                trained_on=trained_fingerprint() if name == "tuned" else None,
                min_confidence=calibrated(name) if careful else None,
            )
        )
    return Models(tiers=tuple(tiers), lazy=tuple(lazy), queue=queue if lazy else None)


def _load(name: str) -> Router:
    (router,) = load_tiers([name], install=INSTALL_MODEL)
    return router
