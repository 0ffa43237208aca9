"""``toolsmith agent``: run requests through the tiers, look at what happened, settle what is unknown."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from toolsmith_agent.options import tier_options
from toolsmith_schema.errors import EXIT_NO, EXIT_OK, EXIT_USAGE, ToolsmithError
from toolsmith_schema.example import parse_clock

LOGS = Path("logs")
"""Where logs are looked for."""

LEDGER = LOGS / "ledger.jsonl"
"""The ledger beside logs in their usual place."""

_PATH = click.Path(path_type=Path)
Command = TypeVar("Command", bound=Callable[..., Any])


@click.group()
def agent() -> None:
    """Route, repair, fall back and execute, with a log."""


def _run_options(command: Command) -> Command:
    """The options of commands that run requests."""
    for option in reversed(
        (
            click.option(
                "--endpoint-answers",
                type=click.Choice(["calls", "text"]),
                default="calls",
                show_default=True,
                help="Ask the endpoint for tool calls, or for the text that `toolsmith train` teaches.",
            ),
            click.option(
                "--now", help="The local clock, such as 2026-11-23T09:00.  [default: this machine's]"
            ),
            click.option(
                "--execute", is_flag=True, help="Run the call too, with mock tools that change nothing."
            ),
            click.option("--yes", is_flag=True, help="Confirm destructive tools without asking."),
            click.option("--log", type=_PATH, help="Write what happens, step by step, to this file."),
            click.option(
                "--ledger", type=_PATH, help="File that remembers side effects.  [default: beside the log]"
            ),
            click.option("--strict", is_flag=True, help="Refuse a tier that was trained on another toolbox."),
            click.option(
                "--seconds", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True
            ),
            click.option(
                "--repairs",
                type=click.IntRange(0),
                default=2,
                show_default=True,
                help="How often one tier is told what is wrong with its answer.",
            ),
        )
    ):
        command = option(command)
    return command


@agent.command()
@click.argument("request")
@tier_options
@_run_options
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as JSON.")
def run(request: str, now: str | None, execute: bool, as_json: bool, **options: Any) -> int:
    """Turn REQUEST into a checked tool call and, with --execute, run it.

    Exit code 1 when no tier gave an answer that can stand, or the tool did not do its work.
    """
    from toolsmith_agent.lines import result_lines
    from toolsmith_agent.session import Settings, opened

    clock = _clock(now)
    with opened(Settings(**options)) as running:
        for warning in running.warnings:
            click.echo(f"warning: {warning}", err=True)
        result = running.run(request, now=clock) if execute else running.route(request, now=clock)
    if as_json:
        click.echo(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(result_lines(result)))
    return EXIT_OK if result.succeeded else EXIT_NO


@agent.command()
@tier_options
@_run_options
def repl(now: str | None, execute: bool, **options: Any) -> int:
    """Run one request a line until the input ends; Ctrl-C stops a request, not the session."""
    from toolsmith_agent.lines import result_lines
    from toolsmith_agent.session import Settings, opened

    fixed = _clock(now) if now else None
    with opened(Settings(**options)) as running:
        while (request := _line()) is not None:
            if not request:
                continue
            clock = fixed or _clock(None)
            try:
                result = running.run(request, now=clock) if execute else running.route(request, now=clock)
            except (KeyboardInterrupt, click.Abort):
                click.echo("\nstopped", err=True)
                continue
            except ToolsmithError as error:
                click.echo(f"toolsmith: {error}", err=True)
                continue
            click.echo("\n".join(result_lines(result)))
    return EXIT_OK


@agent.command()
@click.option("--output", type=_PATH, default=LOGS / "run-demo.jsonl", show_default=True, help="The log.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def demo(output: Path, as_json: bool) -> int:
    """Show every way through the loop with scripted tiers; no model, no network."""
    from toolsmith_agent.demo import run_demo
    from toolsmith_agent.lines import attempt_line, effect_lines

    try:
        played = run_demo(output)
    except OSError as error:
        raise ToolsmithError(f"{output} cannot be written ({error.strerror})") from None
    if as_json:
        rows = {scenario.name: result.to_json() for scenario, result in played}
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return EXIT_OK
    for scenario, result in played:
        click.echo(f"{scenario.name}: {scenario.request}")
        lines = [attempt_line(attempt) for attempt in result.attempts]
        lines += [f"missing {name}: {text}" for name, text in result.missing.items()]
        for line in [*lines, *effect_lines(result)]:
            click.echo(f"  {line}")
    click.echo(f"\n{output}: look at it with `toolsmith agent report {output}`", err=True)
    return EXIT_OK


@agent.command()
@click.argument("paths", type=_PATH, nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
@click.option("--html", type=_PATH, help="Write a page with charts and single runs to this file.")
def report(paths: tuple[Path, ...], as_json: bool, html: Path | None) -> int:
    """Sum up the logs in PATHS, files or folders: success, recovery, latency, violations, losses.

    PATHS is the folder logs when it is left out.
    """
    from toolsmith_agent.report import make_report
    from toolsmith_agent.runs import find_logs, read_runs
    from toolsmith_schema.files import write_text

    logs = read_runs(find_logs(paths or (LOGS,)))
    summary = make_report(logs)
    if html:
        from toolsmith_agent.page import make_page

        write_text(html, make_page(summary, logs))
        click.echo(f"{html}: {summary.runs} runs", err=True)
    if as_json:
        click.echo(json.dumps(summary.to_json(), ensure_ascii=False, indent=2))
    elif not html:
        click.echo("\n".join(summary.lines()))
    return EXIT_OK


@agent.command()
@click.argument("key", required=False)
@click.argument("outcome", required=False, type=click.Choice(["completed", "failed"]))
@click.option("--ledger", type=_PATH, default=LEDGER, show_default=True)
def settle(key: str | None, outcome: str | None, ledger: Path) -> int:
    """List side effects whose outcome is unknown, or settle the one called KEY after finding out.

    OUTCOME is completed when it was done, failed when it was not; then it may be done again.
    """
    from toolsmith_agent.ledger import Ledger

    if (key is None) != (outcome is None):
        click.echo("toolsmith: KEY and OUTCOME go together.", err=True)
        return EXIT_USAGE
    if not ledger.exists():
        raise ToolsmithError(f"there is no ledger at {ledger}")
    try:
        book = Ledger(ledger)
    except OSError as error:
        raise ToolsmithError(f"{ledger} cannot be opened ({error.strerror})") from None
    try:
        if key is None or outcome is None:
            for record in book.unsettled():
                click.echo(f"{record.key}  {record.at}  {record.tool}  run {record.run}  {record.status}")
            return EXIT_OK
        book.settle(key, "completed" if outcome == "completed" else "failed")
    except KeyError:
        raise ToolsmithError(f"{ledger} has no side effect with the key {key}") from None
    finally:
        book.close()
    return EXIT_OK


def _clock(now: str | None) -> datetime:
    """The clock that --now sets, or this machine's to the minute."""
    if now is None:
        return datetime.now().replace(second=0, microsecond=0)
    try:
        return parse_clock(now)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--now") from None


def _line() -> str | None:
    """The next line that is typed; None when there is no more."""
    while True:
        try:
            line: str = click.prompt("", prompt_suffix="> ", default="", show_default=False, err=True).strip()
        except click.Abort as error:
            if isinstance(error.__cause__, KeyboardInterrupt) or isinstance(
                error.__context__, KeyboardInterrupt
            ):
                click.echo("", err=True)
                continue
            return None
        return None if line in ("exit", "quit") else line
