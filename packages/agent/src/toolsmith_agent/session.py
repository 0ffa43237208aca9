"""An agent as the command line asks for it: its tiers, log and ledger, and the person at the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import click

from toolsmith_agent.budget import Budget
from toolsmith_agent.endpoint import EndpointRouter
from toolsmith_agent.ledger import Ledger
from toolsmith_agent.log_file import EventLog
from toolsmith_agent.loop import Agent
from toolsmith_agent.mock_tools import MockExecutor
from toolsmith_agent.options import endpoint_key, tier_names
from toolsmith_agent.tiers import Tier, calibrated, load_tiers
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.errors import ToolsmithError
from toolsmith_schema.router import Router
from toolsmith_schema.toolbox import Tool, Toolbox


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the options of a command say."""

    models: Sequence[str] = ()
    """Names of the tiers, in order; none is the default."""
    endpoint: str | None = None
    """Address of a server that speaks OpenAI's protocol."""
    endpoint_model: str | None = None
    """The model's name on that server."""
    endpoint_answers: Literal["calls", "text"] = "calls"
    """What is asked of it: a tool call, or the wire format that training teaches."""
    careful: bool = False
    """Whether a call of low confidence goes to the next tier."""
    path: Path | None = None
    """Toolbox file; None is the default toolbox."""
    log: Path | None = None
    """Log file; None writes no log."""
    ledger: Path | None = None
    """Ledger file; None is ``ledger.jsonl`` beside the log, or none without a log."""
    seconds: float = 60.0
    """Time for one run, in seconds."""
    repairs: int = 2
    """How often a tier is told what is wrong with its answer."""
    strict: bool = False
    """Whether a tier that was trained on another toolbox is refused."""
    yes: bool = False
    """Whether destructive tools are confirmed without asking."""


@contextmanager
def opened(settings: Settings) -> Iterator[Agent]:
    """The agent; its log, ledger and connections are closed after the block.

    Raises:
        ToolsmithError: a tier, the toolbox, the log or the ledger cannot be had.
    """
    names = tier_names(settings.models, settings.endpoint, settings.endpoint_model)
    toolbox = Toolbox.load(settings.path) if settings.path else Toolbox.default()
    with ExitStack() as stack:
        endpoint = None
        if settings.endpoint and settings.endpoint_model:
            endpoint = EndpointRouter(
                settings.endpoint,
                settings.endpoint_model,
                api_key=endpoint_key(),
                answers=settings.endpoint_answers,
            )
            stack.callback(endpoint.close)
        sink, ledger = _files(settings, stack)
        person = person_is_there()
        confirm = (lambda call, tool: True) if settings.yes else confirm_at_terminal if person else None
        tiers: Sequence[Router | Tier] = load_tiers(names, endpoint=endpoint)
        if settings.careful:
            tiers = [
                replace(Tier.of(tier), min_confidence=calibrated(name))
                for name, tier in zip(names, tiers, strict=True)
            ]
        yield Agent(
            tiers,
            toolbox,
            executor=MockExecutor(),
            budget=Budget(seconds=settings.seconds, repairs=settings.repairs),
            sink=sink,
            ledger=ledger,
            ask=ask_at_terminal if person else None,
            confirm=confirm,
            strict=settings.strict,
        )


def person_is_there() -> bool:
    """Whether someone can answer questions."""
    return sys.stdin.isatty()


def ask_at_terminal(missing: Mapping[str, str], call: ToolCall) -> dict[str, str] | None:
    """Ask for each missing argument; an empty line gives up."""
    answers = {}
    for name, description in missing.items():
        question = f"{name} ({description})" if description else name
        answer = click.prompt(question, default="", show_default=False, err=True).strip()
        if not answer:
            return None
        answers[name] = answer
    return answers


def confirm_at_terminal(call: ToolCall, tool: Tool) -> bool:
    """Show the call and ask whether it may be made; the default is no."""
    click.echo(json.dumps(call.to_json(), ensure_ascii=False), err=True)
    return click.confirm(f"{tool.name} cannot be undone. Go on?", default=False, err=True)


def _files(settings: Settings, stack: ExitStack) -> tuple[EventLog | None, Ledger | None]:
    """The log and the ledger, closed by `stack`."""
    place = settings.ledger or (settings.log.parent / "ledger.jsonl" if settings.log else None)
    try:
        log = stack.enter_context(EventLog(settings.log)) if settings.log else None
        ledger = Ledger(place) if place else None
    except OSError as error:
        raise ToolsmithError(f"{error.filename} cannot be written ({error.strerror})") from None
    if ledger:
        stack.callback(ledger.close)
    return log, ledger
