"""The commands of this package: ``toolsmith pretrain`` and ``toolsmith train``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from toolsmith_trainer.options import options_of
from toolsmith_trainer.pretraining.config import PretrainConfig


@click.command()
@click.option("--corpus", type=click.Path(path_type=Path), required=True, help="Folder of the public corpus.")
@click.option("--output", type=click.Path(path_type=Path), default=Path("artifacts/base"), show_default=True)
@click.option("--device", default=None, help="cpu, cuda or mps; chosen by itself when left out.")
@click.option("--threads", default=0, help="CPU threads; 0 leaves the choice to torch.")
@options_of(PretrainConfig)
def pretrain(corpus: Path, output: Path, device: str | None, threads: int, **settings: Any) -> None:
    """Pretrain the embedded base from nothing; goes on where a stopped run left off."""
    config = PretrainConfig(**settings)
    import torch

    from toolsmith_trainer.pretraining.loop import pretrain as run

    if threads:
        torch.set_num_threads(threads)
    run(config, corpus, output, device=device)
