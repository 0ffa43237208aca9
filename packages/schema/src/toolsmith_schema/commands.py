"""``toolsmith tools``: look at a toolbox, check it, write it in another form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from toolsmith_schema.files import write_json
from toolsmith_schema.toolbox import Toolbox

FORMATS = ("mcp", "openai", "anthropic", "gemini")
"""The forms that a toolbox can be written in."""


@click.group()
@click.option(
    "--toolbox",
    "path",
    type=click.Path(path_type=Path),
    help="Toolbox file in MCP, OpenAI, Anthropic or Gemini form.  [default: the eight tools of this package]",
)
@click.pass_context
def tools(context: click.Context, path: Path | None) -> None:
    """List, check and convert toolboxes."""
    context.obj = Toolbox.load(path) if path else Toolbox.default()


@tools.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
@click.pass_obj
def list_tools(toolbox: Toolbox, as_json: bool) -> None:
    """Print the tools with their arguments; optional ones have a question mark."""
    if as_json:
        click.echo(
            json.dumps([_summary(toolbox, name) for name in toolbox.names], ensure_ascii=False, indent=2)
        )
        return
    for name in toolbox.names:
        row = _summary(toolbox, name)
        arguments = [*row["required"], *(f"{optional}?" for optional in row["optional"])]
        click.echo(f"{name}({', '.join(arguments)})\n    {row['description']}")


@tools.command("export")
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="The form to write.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write.  [default: stdout]"
)
@click.pass_obj
def export(toolbox: Toolbox, form: str, output: Path | None) -> None:
    """Write the toolbox in the form that an API expects."""
    value = getattr(toolbox, f"to_{form}")()
    if output is None:
        click.echo(json.dumps(value, ensure_ascii=False, indent=2))
    else:
        click.echo(f"wrote {write_json(output, value)}", err=True)


@tools.command("check")
@click.pass_obj
def check(toolbox: Toolbox) -> None:
    """Say whether the toolbox is well formed; exit code 1 when it is not."""
    count = f"{len(toolbox)} tool{'s' if len(toolbox) > 1 else ''}"
    click.echo(f"ok: {count}, fingerprint {toolbox.fingerprint}")


@tools.command("fingerprint")
@click.pass_obj
def fingerprint(toolbox: Toolbox) -> None:
    """Print the hash of the toolbox's canonical form."""
    click.echo(toolbox.fingerprint)


def _summary(toolbox: Toolbox, name: str) -> dict[str, Any]:
    tool = toolbox[name]
    required = set(tool.required)
    return {
        "name": name,
        "description": tool.description,
        "required": list(tool.required),
        "optional": [argument for argument in tool.properties if argument not in required],
    }
