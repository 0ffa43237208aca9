"""How fast fine-tuning is: plain TRL beside what `toolsmith train` adds, on the same rows in one run.

::

    python packages/trainer/benchmarks/speed.py                      artifacts/base, six steps of each
    python packages/trainer/benchmarks/speed.py --json artifacts/bench/training.json

Every way trains the same LoRA matrices on the same batches with the same loss; what differs is how it is
computed. The first step of each is not counted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import DataCollatorForSeq2Seq, TrainerCallback
from trl import SFTConfig, SFTTrainer

from toolsmith_schema.example import read_examples
from toolsmith_schema.files import write_json
from toolsmith_schema.toolbox import Toolbox
from toolsmith_trainer import sft
from toolsmith_trainer.config import TrainConfig
from toolsmith_trainer.router_trainer import DevLoss
from toolsmith_trainer.rows import SharedPrefixCollator, token_rows
from toolsmith_trainer.shared_prefix import shared_prefix_attention

WAYS = (
    "plain TRL, float32",
    "plain TRL, bfloat16",
    "toolbox once a batch, logits only at targets",
    "the same, gradients by merged weights in two threads",
)


class _Steps(TrainerCallback):
    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note the time."""
        self.ends.append(time.perf_counter())


def main() -> None:
    """Measure every way and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", default="artifacts/base")
    parser.add_argument("--data", type=Path, default=Path("data/train.jsonl"))
    parser.add_argument("--batch-size", type=int, default=48)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    examples = read_examples(chosen.data)[: chosen.batch_size * (chosen.steps + 1)]
    seconds = [_seconds(way, examples, chosen) for way in WAYS]
    figures = {
        way: {"rows_per_second": round(chosen.batch_size / taken, 2), "speed": round(seconds[0] / taken, 2)}
        for way, taken in zip(WAYS, seconds, strict=True)
    }
    threads = torch.get_num_threads()
    report = {"batch_size": chosen.batch_size, "steps": chosen.steps, "threads": threads, "ways": figures}
    for way, one in figures.items():
        print(f"{way:55} {one['rows_per_second']:8.2f} rows/s {one['speed']:7.2f}")
    if chosen.json:
        print(write_json(chosen.json, report))


def _seconds(way: str, examples: list[Any], chosen: argparse.Namespace) -> float:
    """Mean seconds of a step."""
    watch = _Steps()
    config = TrainConfig(batch_size=chosen.batch_size, max_steps=chosen.steps + 1, learning_rate=1e-4)
    dtype = torch.float32 if way == WAYS[0] else torch.bfloat16
    tokenizer, model = sft.load_base(chosen.base, dtype)
    rows = token_rows(examples, tokenizer, Toolbox.default(), longest=4096)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        if way in WAYS[:2]:
            trainer: Any = _plain(model, tokenizer, rows, config, folder, bf16=dtype == torch.bfloat16)
            trainer.add_callback(watch)
            trainer.train()
        else:
            small = sft._SMALL
            sft._SMALL = small if way == WAYS[3] else 0
            collator = SharedPrefixCollator(sft.pad_token(tokenizer))
            groups = [0] * len(rows)
            trainer = sft._trainer(
                config, model, tokenizer, rows, groups, collator, Path(folder), DevLoss([])
            )
            sft._SMALL = small
            trainer.add_callback(watch)
            with shared_prefix_attention(model):
                trainer.train()
    return (watch.ends[-1] - watch.ends[0]) / (len(watch.ends) - 1)


def _plain(
    model: Any, tokenizer: Any, rows: list[Any], config: TrainConfig, folder: str, *, bf16: bool
) -> SFTTrainer:
    args = SFTConfig(
        output_dir=folder,
        max_steps=config.max_steps,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        use_cpu=True,
        bf16=bf16,
        gradient_checkpointing=False,
        max_length=None,
        save_strategy="no",
        report_to="none",
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )
    lora = LoraConfig(
        r=config.rank, lora_alpha=config.alpha, target_modules=sft.PROJECTIONS, task_type="CAUSAL_LM"
    )
    return SFTTrainer(
        model=model,
        args=args,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=lora,
        data_collator=DataCollatorForSeq2Seq(tokenizer),
    )


if __name__ == "__main__":
    main()
