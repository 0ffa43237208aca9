"""The commands of this package: ``toolsmith pretrain`` and ``toolsmith train``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from toolsmith_schema.main import cli
from toolsmith_trainer.config import TrainConfig
from toolsmith_trainer.options import options_of
from toolsmith_trainer.pretraining.config import PretrainConfig


@click.command()
@click.option("--corpus", type=click.Path(path_type=Path), required=True, help="Folder of the public corpus.")
@click.option(
    "--examples",
    type=click.Path(path_type=Path),
    default=None,
    help="Training rows to ask of tools like theirs under other names, e.g. data/train.jsonl.",
)
@click.option(
    "--start-from",
    type=click.Path(path_type=Path),
    default=None,
    help="A published base to go on from, e.g. artifacts/base; the minutes it has had count.",
)
@click.option("--output", type=click.Path(path_type=Path), default=Path("artifacts/base"), show_default=True)
@click.option("--device", default=None, help="cpu, cuda or mps; chosen by itself when left out.")
@click.option("--threads", default=0, help="CPU threads; 0 leaves the choice to torch.")
@options_of(PretrainConfig)
def pretrain(
    corpus: Path,
    examples: Path | None,
    start_from: Path | None,
    output: Path,
    device: str | None,
    threads: int,
    **settings: Any,
) -> None:
    """Pretrain the embedded base, from nothing or from a base; goes on where a stopped run left off."""
    config = PretrainConfig(**settings)
    import torch

    from toolsmith_trainer.pretraining.loop import pretrain as run

    if threads:
        torch.set_num_threads(threads)
    run(config, corpus, output, examples=examples, start_from=start_from, device=device)


SMOKE: dict[str, Any] = {"epochs": 1.0, "limit": 320, "max_steps": 10}
"""What the smoke preset sets: enough to prove that the path works."""


@click.command()
@click.option(
    "--base", default="artifacts/base", show_default=True, help="Directory or hub id of the base model."
)
@click.option("--data", type=click.Path(path_type=Path), default=Path("data/train.jsonl"), show_default=True)
@click.option(
    "--dev", type=click.Path(path_type=Path), default=None, help="Rows for the dev loss, e.g. data/dev.jsonl."
)
@click.option(
    "--output", type=click.Path(path_type=Path), default=Path("artifacts/adapter"), show_default=True
)
@click.option(
    "--toolbox",
    type=click.Path(path_type=Path),
    default=None,
    help="Toolbox file; the default toolbox if left out.",
)
@click.option("--preset", type=click.Choice(["full", "smoke"]), default="full", show_default=True)
@click.option(
    "--calibrate",
    is_flag=True,
    help="Then choose, on the --dev rows, how sure a call must be (needs toolsmith-evaluator[model]).",
)
@options_of(TrainConfig)
@click.pass_context
def train(
    context: click.Context,
    base: str,
    data: Path,
    dev: Path | None,
    output: Path,
    toolbox: Path | None,
    preset: str,
    calibrate: bool,
    **settings: Any,
) -> None:
    """Fine-tune a base model into a router with LoRA; goes on where a stopped run left off.

    A threshold in calibration.json beside the adapter was chosen for the adapter that was there before, so it
    is removed.
    """
    config = TrainConfig(**settings)
    if calibrate and dev is None:
        raise click.UsageError("--calibrate chooses a threshold on the rows of --dev; give that file, too.")
    evaluation = (
        cli.get_command(context, "eval") if calibrate else None
    )  # its absence is told before the work
    if preset == "smoke":
        config = replace(config, **SMOKE)
    from toolsmith_schema.toolbox import Toolbox

    box = Toolbox.load(toolbox) if toolbox else None
    from toolsmith_trainer.sft import train as run

    record = run(config, base=base, data=data, output=output, dev=dev, toolbox=box)
    click.echo(f"{output}: {record.steps} steps in {record.wall_seconds / 60:.1f} minutes")
    if evaluation:
        asked = ["calibrate", f"--testfile={dev}", f"--base={base}", f"--adapter={output}"]
        asked += [f"--toolbox={toolbox}"] if toolbox else []
        evaluation.main([*asked, f"--output={output.parent}", "--no-plots"], standalone_mode=False)
