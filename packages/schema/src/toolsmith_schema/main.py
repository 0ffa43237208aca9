"""The ``toolsmith`` command: one front door, commands found through the entry points ``toolsmith.commands``.

``--help`` reads package metadata only; a package is imported when its command is invoked. A command may
return its exit code as an int. Expected errors are one paragraph on stderr.

Exit codes: 0 yes, 1 the honest answer is no or an expected error, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any

import click

from toolsmith_schema.errors import (
    EXIT_INTERRUPTED,
    EXIT_NO,
    EXIT_OK,
    EXIT_USAGE,
    MissingPackage,
    ToolsmithError,
)
from toolsmith_schema.hints import COMMANDS, MODULES, install_line, missing_command

GROUP = "toolsmith.commands"
"""The entry-point group in which a package names its click commands."""


class _ReaderLeft(Exception):
    """The process that read our output has closed it."""


class LazyGroup(click.Group):
    """A click group whose commands are entry points, loaded when they are invoked."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The known commands in the order of the work, then those of other packages."""
        others = {point.name for point in entry_points(group=GROUP)} - COMMANDS.keys()
        return [*COMMANDS, *sorted(others)]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Load the command `name`; None when nothing is known of it.

        Raises:
            MissingPackage: the command is known and its package, or a part of it, is not installed.
        """
        points = {point.name: point for point in entry_points(group=GROUP)}
        if name in points:
            return _load(points[name])
        if name in COMMANDS:
            raise missing_command(name)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing any of them."""
        points = {point.name: point for point in entry_points(group=GROUP)}
        rows = []
        for name in self.list_commands(ctx):
            distribution, text = COMMANDS.get(name, ("", ""))
            if name not in points:
                text = f"{text} (not installed: {install_line(distribution)})"
            elif name not in COMMANDS and (dist := points[name].dist):
                text = f"From the package {dist.name}."
            rows.append((name, text))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed output pipe ends it quietly."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            raise _ReaderLeft from None
        return result


def _load(point: EntryPoint) -> click.Command:
    try:
        command = point.load()
    except ModuleNotFoundError as error:
        root = error.name or ""
        if root not in MODULES:
            raise
        raise MissingPackage(
            f"{root}, which the command {point.name!r} needs,", install_line(MODULES[root])
        ) from None
    if not isinstance(command, click.Command):
        raise ToolsmithError(
            f"The entry point {point.value} of the command {point.name!r} is no click command."
        )
    return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("toolsmith-schema"), prog_name="toolsmith", message="%(prog)s %(version)s")
def cli() -> None:
    """Turn a small language model into a tool-call router: data, training, routing, proof."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        result = cli.main(args=arguments, prog_name="toolsmith", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return EXIT_USAGE
    except click.ClickException as error:
        error.show()
        return error.exit_code if isinstance(error, click.UsageError) else EXIT_NO
    except ToolsmithError as error:
        click.echo(f"toolsmith: {error}", err=True)
        return EXIT_NO
    except KeyboardInterrupt:
        return _interrupted()
    except click.Abort as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            return _interrupted()
        click.echo("toolsmith: stopped, nothing was confirmed.", err=True)
        return EXIT_NO
    except _ReaderLeft:
        return _reader_left()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else EXIT_NO
    return result if isinstance(result, int) and not isinstance(result, bool) else EXIT_OK


def _reader_left() -> int:
    """Point stdout nowhere, so that the interpreter's last flush says nothing."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_OK


def _interrupted() -> int:
    click.echo("toolsmith: interrupted.", err=True)
    return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
