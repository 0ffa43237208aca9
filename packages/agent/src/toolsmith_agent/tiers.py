"""Tiers: routers in the order in which they are asked, by name or as objects."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, runtime_checkable

from toolsmith_agent.breaker import Breaker
from toolsmith_schema.errors import DataError, ToolsmithError
from toolsmith_schema.files import read_json
from toolsmith_schema.hints import require
from toolsmith_schema.router import Routed, Router
from toolsmith_schema.toolbox import Toolbox

TIERS = ("rules", "light", "base", "tuned", "endpoint")
"""The tiers that have a name:

``rules``: no model; ``light``: the tuned model that travels with the router, without torch; ``base``: the
base model; ``tuned``: base with adapter; ``endpoint``: a server.
"""

ADAPTER = Path("artifacts/adapter")
"""Where the tuned tier's adapter is."""


@runtime_checkable
class RepairingRouter(Protocol):
    """A router that can be told what is wrong with its answer; one that cannot is not asked again."""

    name: str
    """Shown in logs and reports."""

    def route(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        """Route each request; the list has the length and order of `requests`."""
        ...

    def repair(self, request: str, toolbox: Toolbox, raw: str, sentences: Sequence[str]) -> Routed:
        """Answer `request` anew: the answer before was `raw`, and `sentences` say what is wrong with it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Tier:
    """A router and what the loop keeps about it."""

    router: Router
    """What is asked."""
    trained_on: str | None = None
    """Fingerprint of the toolbox that its adapter was trained on, where that is known."""
    min_confidence: float | None = None
    """Calls of a lower confidence go to the next tier; a router that gives no confidence is trusted."""
    breaker: Breaker = field(default_factory=Breaker)
    """Its circuit."""

    @property
    def name(self) -> str:
        """The router's name."""
        return self.router.name

    @property
    def takes_feedback(self) -> bool:
        """Whether the router can repair an answer."""
        return isinstance(self.router, RepairingRouter)

    def trusts(self, routed: Routed) -> bool:
        """Whether the router is as sure of its answer as it has to be."""
        if self.min_confidence is None or routed.confidence is None:
            return True
        return routed.confidence >= self.min_confidence

    @classmethod
    def of(cls, tier: Router | Tier) -> Tier:
        """`tier` itself, or a tier around a router; an adapter's fingerprint is read off the router."""
        if isinstance(tier, Tier):
            return tier
        return cls(router=tier, trained_on=getattr(tier, "trained_on", None))


def load_tiers(
    names: Iterable[str], *, install: str = "toolsmith-agent[model]", endpoint: Router | None = None
) -> list[Router]:
    """The routers of `names`, in order; `install` is what to install for a model.

    The tuned router gets the attribute ``trained_on``, the fingerprint of its adapter's toolbox. `endpoint`
    is the router of the tier ``endpoint``.

    Raises:
        ArtifactMissing: a model's files are not there; the error names the command that makes them.
        MissingPackage: the packages that run a model are not installed.
        ToolsmithError: a name is not one of `TIERS`, or there is no `endpoint` for it.
    """
    return [_load(name, install, endpoint) for name in names]


def trained_fingerprint(adapter: Path | str = ADAPTER) -> str | None:
    """Fingerprint of the toolbox that `adapter` was trained on, from ``train.json`` in or beside it."""
    for folder in (Path(adapter), Path(adapter).parent):
        try:
            record = read_json(folder / "train.json")
        except (DataError, OSError):
            continue
        if isinstance(record, dict) and isinstance(record.get("toolbox_fingerprint"), str):
            return str(record["toolbox_fingerprint"])
    return None


def calibrated(name: str) -> float | None:
    """The confidence that a call of the model `name` needs, as ``toolsmith eval calibrate`` chose it.

    None for tiers without a confidence. Where no confidence reached the precision, no call is trusted.

    Raises:
        ToolsmithError: the model was not calibrated.
    """
    if name not in ("tuned", "light"):
        return None
    folder = ADAPTER.parent
    if name == "light":
        spec = find_spec("toolsmith_router")
        folder = (
            Path(next(iter(spec.submodule_search_locations or ("",)))) / "light/model" if spec else folder
        )
    path = folder / "calibration.json"
    try:
        threshold = read_json(path)["threshold"]
    except (DataError, OSError, KeyError, TypeError):
        raise ToolsmithError(
            f"{path} does not say how sure a call of the tier {name!r} has to be; make it with "
            "toolsmith eval calibrate (and toolsmith export), or leave --careful out."
        ) from None
    return math.inf if threshold is None else float(threshold)


def modules_of(name: str) -> tuple[str, ...]:
    """What has to be importable for the model tier `name`."""
    return ("toolsmith_router", "llguidance") if name == "light" else ("toolsmith_router", "torch")


def install_of(name: str, install: str) -> str:
    """The requirement to install for the tier `name`, where `install` is that of a model with torch."""
    return install.replace("[model]", "[light]") if name == "light" else install


def _load(name: str, install: str, endpoint: Router | None) -> Router:
    if name not in TIERS:
        raise ToolsmithError(f"{name!r} is not a tier; the tiers are {', '.join(TIERS)}")
    if name == "endpoint":
        if endpoint is None:
            raise ToolsmithError("the tier 'endpoint' needs the URL of a server and the name of its model")
        return endpoint
    if name == "rules":
        from toolsmith_schema.rules import RuleRouter

        rules = RuleRouter()
        rules.keeps_deadline = True  # type: ignore[attr-defined]
        return rules
    for module in modules_of(name):
        require(module, f"the tier {name!r}", install=install_of(name, install))
    if name == "light":
        from toolsmith_router import load_light

        return load_light()
    from toolsmith_router import load_router

    router: Router = load_router(model="base" if name == "base" else "tuned")
    if name == "tuned":
        router.trained_on = trained_fingerprint()  # type: ignore[attr-defined]
    return router
