"""``toolsmith agent``: one request through the tiers, on the command line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from toolsmith_agent.events import RunResult
from toolsmith_agent.loop import run_once
from toolsmith_agent.tiers import TIERS, load_tiers
from toolsmith_schema.errors import EXIT_NO, EXIT_OK
from toolsmith_schema.example import parse_clock
from toolsmith_schema.toolbox import Toolbox


@click.group()
def agent() -> None:
    """Route a request, check the call, fall back to the next tier."""


@agent.command()
@click.argument("request")
@click.option(
    "--model",
    "models",
    type=click.Choice(TIERS),
    multiple=True,
    default=("rules",),
    show_default=True,
    help="A tier; give it again for the tiers to fall back to, in order.",
)
@click.option("--now", help="The local clock, such as 2026-11-23T09:00.  [default: this machine's]")
@click.option(
    "--toolbox", "path", type=click.Path(path_type=Path), help="Toolbox file instead of the default."
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as JSON.")
def run(request: str, models: tuple[str, ...], now: str | None, path: Path | None, as_json: bool) -> int:
    """Turn REQUEST into a checked tool call; nothing is executed.

    Exit code 1 when no tier gave an answer that can stand.
    """
    try:
        clock = parse_clock(now) if now else datetime.now().replace(second=0, microsecond=0)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--now") from None
    toolbox = Toolbox.load(path) if path else Toolbox.default()
    result = run_once(request, load_tiers(models), toolbox, clock)
    if as_json:
        click.echo(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(describe(result)))
    return EXIT_NO if result.outcome in ("invalid", "failed") else EXIT_OK


def describe(result: RunResult) -> list[str]:
    """The result in lines for people: the decision first, then what stands in its way."""
    call = result.call.to_json() if result.call else None
    head = json.dumps(call, ensure_ascii=False) if call else ""
    lines = [f"{result.outcome} ({result.tier}){': ' if head else ''}{head}"]
    lines += [f"  missing {name}: {text}" for name, text in result.missing.items()]
    lines += [f"  {violation.sentence}" for violation in result.violations]
    lines += [f"  {attempt.tier} failed: {attempt.error}" for attempt in result.attempts if attempt.error]
    return lines
