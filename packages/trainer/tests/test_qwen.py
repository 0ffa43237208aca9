"""The documented choice for people with the hub, at its real size; runs when QWEN_DIR names its folder.

    QWEN_DIR=path/to/qwen2.5 nox -s "tests(trainer)" -- -k qwen

The folder holds the tokenizer and configuration of Qwen2.5-0.5B-Instruct; weights are random.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from toolsmith_schema import write_examples
from toolsmith_trainer.config import TrainConfig
from toolsmith_trainer.sft import train

from .conftest import EXAMPLES

FOLDER = os.environ.get("QWEN_DIR", "")


@pytest.mark.skipif(
    not FOLDER, reason="QWEN_DIR names no folder with Qwen2.5-0.5B-Instruct's tokenizer and configuration"
)
def test_qwen_at_its_real_size_trains_with_its_own_template(tmp_path: Path) -> None:
    base = tmp_path / "qwen"
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(FOLDER), dtype=torch.float32)
    model.save_pretrained(base)
    AutoTokenizer.from_pretrained(FOLDER).save_pretrained(base)
    del model
    data = write_examples(tmp_path / "train.jsonl", EXAMPLES[:4])
    config = TrainConfig(batch_size=4, max_steps=4, epochs=9.0, learning_rate=5e-4)
    record = train(config, base=str(base), data=data, output=tmp_path / "adapter")
    assert record.trainable_parameters == 8_798_208
    assert round(100 * record.trainable_parameters / record.total_parameters, 2) == 1.75
    losses = [point["loss"] for point in record.curve if "loss" in point]
    assert losses[-1] < losses[0]
