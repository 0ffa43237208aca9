"""Tiers by name: the rule router, which is always there, and the models, which an extra brings."""

from __future__ import annotations

from collections.abc import Iterable

from toolsmith_schema.errors import ToolsmithError
from toolsmith_schema.hints import require
from toolsmith_schema.router import Router

TIERS = ("rules", "base", "tuned")
"""``rules``: keywords and patterns, no model; ``base``: the base model; ``tuned``: base with adapter."""


def load_tiers(names: Iterable[str], *, install: str = "toolsmith-agent[model]") -> list[Router]:
    """The routers of `names`, in order; `install` is what to install for a model.

    Raises:
        ArtifactMissing: a model's files are not there; the error names the command that makes them.
        MissingPackage: the packages that run a model are not installed.
        ToolsmithError: a name is not one of `TIERS`.
    """
    return [_load(name, install) for name in names]


def _load(name: str, install: str) -> Router:
    if name not in TIERS:
        raise ToolsmithError(f"{name!r} is not a tier; the tiers are {', '.join(TIERS)}")
    if name == "rules":
        from toolsmith_schema.rules import RuleRouter

        return RuleRouter()
    for module in ("toolsmith_router", "torch"):
        require(module, f"the tier {name!r}", install=install)
    from toolsmith_router import load_router

    return load_router(model="base" if name == "base" else "tuned")
