"""The one home of install hints: which distribution brings which command and which optional module."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Final

from toolsmith_schema.errors import MissingPackage

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "tools": ("toolsmith-schema", "List, check and convert toolboxes."),
    "dataset": ("toolsmith-dataset", "Build, describe and check the training and test data."),
    "pretrain": ("toolsmith-trainer", "Pretrain the small embedded base model."),
    "train": ("toolsmith-trainer", "Fine-tune a base model into a router with LoRA."),
    "route": ("toolsmith-router", "Turn requests into tool calls."),
    "export": ("toolsmith-router", "Merge base and adapter into a model for other runtimes."),
    "eval": ("toolsmith-evaluator", "Measure base against tuned and write the report."),
    "serve": ("toolsmith-mcp-server", "Serve the router and its tools over MCP."),
    "agent": ("toolsmith-agent", "Route, repair, fall back and execute, with a log."),
}
"""Command → the distribution that brings it and its one-line help, in the order of the work."""

MODULES: Final[dict[str, str]] = {
    "toolsmith_schema": "toolsmith-schema",
    "toolsmith_dataset": "toolsmith-dataset",
    "toolsmith_trainer": "toolsmith-trainer",
    "toolsmith_router": "toolsmith-router",
    "toolsmith_evaluator": "toolsmith-evaluator",
    "toolsmith_mcp_server": "toolsmith-mcp-server",
    "toolsmith_agent": "toolsmith-agent",
    "matplotlib": "toolsmith-evaluator[plot]",
    "torch": "toolsmith-router[torch]",
    "transformers": "toolsmith-router[torch]",
    "peft": "toolsmith-router[torch]",
    "llguidance": "toolsmith-router",
    "trl": "toolsmith-trainer",
    "mcp": "toolsmith-mcp-server",
}
"""Importable module → what to install for it, where nothing more special is known."""


def install_line(requirement: str) -> str:
    """The command that installs `requirement`; quoted where a shell would read the brackets."""
    return f'pip install "{requirement}"' if "[" in requirement else f"pip install {requirement}"


def missing_command(name: str) -> MissingPackage:
    """The error for a known command whose package is not installed."""
    distribution, _ = COMMANDS[name]
    return MissingPackage(f"The command {name!r} (package {distribution})", install_line(distribution))


def require(module: str, feature: str, *, install: str | None = None) -> ModuleType:
    """Import an optional `module` that `feature` needs.

    `install` is the requirement to name in the hint, for instance ``toolsmith-dataset[plot]``.

    Raises:
        MissingPackage: the module is not installed; the message has the install line.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        root = module.partition(".")[0]
        if error.name != root:
            raise
        line = install_line(install or MODULES.get(root, root))
        raise MissingPackage(f"{root}, which {feature} needs,", line) from None
