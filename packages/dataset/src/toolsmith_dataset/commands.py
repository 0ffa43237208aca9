"""``toolsmith dataset``: build the data files, check them, describe them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from toolsmith_dataset.build import SEED
from toolsmith_schema.errors import EXIT_NO, EXIT_OK
from toolsmith_schema.toolbox import Toolbox

Command = Callable[..., Any]

_PICTURE = "artifacts/dataset.png"


def _output(command: Command) -> Command:
    return click.option(
        "--output",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("data"),
        show_default=True,
        help="Folder of the data files.",
    )(command)


def _toolbox(command: Command) -> Command:
    return click.option(
        "--toolbox",
        "toolbox_path",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Toolbox with the same tools and arguments as the default one.  [default: the shipped one]",
    )(command)


def _json(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")(command)


@click.group()
def dataset() -> None:
    """Build, describe and check the training and test data."""


@dataset.command("build")
@_output
@click.option("--seed", type=int, default=SEED, show_default=True, help="Another seed, other rows.")
@click.option(
    "--preset",
    type=click.Choice(["full", "seed", "all"]),
    default="all",
    show_default=True,
    help="full: train, dev and test; seed: 243 training and 97 test rows under seed/; all: both.",
)
@_toolbox
def build_command(output: Path, seed: int, preset: str, toolbox_path: Path | None) -> int:
    """Write the data files and their manifest: the same seed gives the same bytes."""
    from toolsmith_dataset.manifest import MANIFEST, write
    from toolsmith_dataset.stats import summary

    manifest = write(output, seed=seed, preset=preset, toolbox=_load(toolbox_path))
    click.echo(summary(manifest["files"]))
    click.echo(f"wrote {output / MANIFEST}", err=True)
    return EXIT_OK


@dataset.command("check")
@_output
@_toolbox
@_json
def check_command(output: Path, toolbox_path: Path | None, as_json: bool) -> int:
    """Look for leaks, faulty rows and files that the generator would not make; exit code 1 when there are."""
    from toolsmith_dataset.verify import verify

    verdict = verify(output, _load(toolbox_path))
    if as_json:
        click.echo(json.dumps(verdict.to_json(), ensure_ascii=False, indent=2))
    else:
        click.echo(overlap_table(verdict.figures))
        for note in verdict.notes:
            click.echo(f"note: {note}", err=True)
        click.echo("\n\n".join(verdict.problems) if verdict.problems else "ok")
    return EXIT_OK if verdict.ok else EXIT_NO


@dataset.command("stats")
@_output
@_toolbox
@_json
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    is_flag=False,
    flag_value=Path(_PICTURE),
    help=f"Draw rows per tool, split and register too.  [without a file name: {_PICTURE}]",
)
def stats_command(output: Path, toolbox_path: Path | None, as_json: bool, picture: Path | None) -> int:
    """Count rows by tool, split and register, arguments, wordings and values."""
    from toolsmith_dataset import stats

    box = _load(toolbox_path)
    figures = {name: stats.describe(rows, box) for name, rows in stats.read_files(output).items()}
    click.echo(json.dumps(figures, ensure_ascii=False, indent=2) if as_json else stats.table(figures))
    if picture is not None:
        shown = {name: row for name, row in figures.items() if not name.startswith("seed/")}
        click.echo(f"wrote {stats.picture(shown, picture)}", err=True)
    return EXIT_OK


def overlap_table(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """What the held-out files share with the training files, as text."""
    head = f"{'file':<18}{'rows':>6}{'wordings':>10}{'values':>8}{'near-dup':>10}"
    lines = [head + f"{'max Jaccard':>13}{'max contained':>15}   (written / masked)"]
    for name, row in figures.items():
        written, masked = row["requests"]["written"], row["requests"]["masked"]
        lines.append(
            f"{name:<18}{row['rows']:>6}{row['shared_wordings']:>10}{row['shared_values']:>8}"
            f"{row['near_duplicates']:>10}"
            f"{written['max_jaccard']:>6.2f} /{masked['max_jaccard']:5.2f}"
            f"{written['max_containment']:>8.2f} /{masked['max_containment']:5.2f}"
        )
    return "\n".join(lines)


def _load(path: Path | None) -> Toolbox:
    return Toolbox.load(path) if path else Toolbox.default()
