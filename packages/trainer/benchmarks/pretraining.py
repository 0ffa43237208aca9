"""Where the speed of pretraining comes from: the same requests, each way of computing in one run.

::

    python packages/trainer/benchmarks/pretraining.py --corpus FOLDER --json artifacts/bench/pretraining.json

Every way takes the same packs (a toolbox and requests with answers) and makes the gradient of all weights;
the optimiser's step is not counted. Since the ways differ in how many tokens they spend on a request, the
measure is requests a second.
"""

from __future__ import annotations

import argparse
import copy
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F
from transformers import Qwen2ForCausalLM

from toolsmith_schema.example import read_examples
from toolsmith_schema.files import write_json
from toolsmith_trainer.pretraining.corpus import Corpus
from toolsmith_trainer.pretraining.loop import weighted_loss
from toolsmith_trainer.pretraining.packing import (
    Batch,
    Row,
    Window,
    collate,
    collate_windows,
    encode_pack,
)
from toolsmith_trainer.pretraining.tasks import Tasks
from toolsmith_trainer.pretraining.workers import Workers
from toolsmith_trainer.sft import load_base
from toolsmith_trainer.shared_prefix import use_shared_prefix

Way = Callable[[Sequence[Row]], Any]


def main() -> None:
    """Measure every way and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--examples", type=Path, default=Path("data/train.jsonl"))
    parser.add_argument("--base", default="artifacts/base")
    parser.add_argument("--steps", type=int, default=6, help="steps of two packs; the first is not counted")
    parser.add_argument("--turns", type=int, default=24, help="requests of a pack")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    tokenizer, model = load_base(chosen.base)
    tasks, rng = Tasks(Corpus.read(chosen.corpus), read_examples(chosen.examples)), random.Random(7)
    rows: list[Row] = []
    while len(rows) < 2 * (chosen.steps + 1):
        pack = tasks.sibling_pack(rng, turns=chosen.turns)
        row = encode_pack(pack, tokenizer, longest_prefix=400, longest_turn=160)
        rows += [row] if row else []
    steps = [rows[i : i + 2] for i in range(0, len(rows), 2)]
    ways = _ways(model.train(), tokenizer.pad_token_id)
    turns = sum(len(row.turns) for row in rows[2:])
    figures: dict[str, dict[str, float]] = {}
    first = 0.0
    for name, way in ways.items():
        way(steps[0])
        started = time.perf_counter()
        for step in steps[1:]:
            way(step)
        speed = turns / (time.perf_counter() - started)
        first = first or speed
        figures[name] = {"requests_per_second": round(speed, 2), "speed": round(speed / first, 2)}
        print(f"{name:62} {speed:8.2f} requests/s {speed / first:7.2f}", flush=True)
    if chosen.json:
        threads = torch.get_num_threads()
        print(write_json(chosen.json, {"steps": chosen.steps, "threads": threads, "ways": figures}))


def _ways(model: Qwen2ForCausalLM, pad: int) -> dict[str, Way]:
    """Name → a function that makes the gradients of two packs; each has what the one before it has."""
    use_shared_prefix(model)
    half = copy.deepcopy(model).to(torch.bfloat16)
    use_shared_prefix(half)
    workers = Workers(model, 2, weighted_loss)

    def alone(loss: Callable[[Any, Batch], torch.Tensor], *, by_length: bool) -> Way:
        def way(rows: Sequence[Row]) -> None:
            for batch in _plain(rows, pad, by_length=by_length):
                loss(model, batch).backward()

        return way

    def together(which: Qwen2ForCausalLM) -> Way:
        return lambda rows: [weighted_loss(which, part).backward() for part in _packed(rows, pad)]

    return {
        "each request behind its own toolbox, logits everywhere": alone(_everywhere, by_length=False),
        "+ batches of like length": alone(_everywhere, by_length=True),
        "+ logits only at targets": alone(weighted_loss, by_length=True),
        "+ toolbox once for its 24 requests": together(model),
        "+ bfloat16": together(half),
        "+ two copies of the model, one thread each": lambda rows: workers.gradients(_packed(rows, pad)),
    }


def _everywhere(model: Qwen2ForCausalLM, batch: Batch) -> torch.Tensor:
    """The same loss as `weighted_loss`, with the logits of all tokens."""
    logits = model(
        input_ids=batch.ids,
        position_ids=batch.positions,
        prefix_mask=batch.mask,
        use_cache=False,
        shape=batch.shape,
    ).logits[:, :-1]
    losses = F.cross_entropy(logits.flatten(0, 1).float(), batch.ids[:, 1:].flatten(), reduction="none")
    return (losses * batch.weights[:, 1:].flatten()).sum()


def _packed(rows: Sequence[Row], pad: int) -> list[Batch]:
    return [collate([row], random.Random(1), pad=pad) for row in rows]


def _plain(rows: Sequence[Row], pad: int, *, by_length: bool) -> list[Batch]:
    """Rows of one request each, twelve a batch."""
    windows = [
        Window(
            ids=row.prefix + turn.ids,
            weights=[0.0] * (len(row.prefix) + turn.answer) + [1.0] * (len(turn.ids) - turn.answer),
        )
        for row in rows
        for turn in row.turns
    ]
    if by_length:
        windows.sort(key=lambda window: len(window.ids))
    else:
        random.Random(1).shuffle(windows)
    return [collate_windows(windows[i : i + 12], pad=pad) for i in range(0, len(windows), 12)]


if __name__ == "__main__":
    main()
