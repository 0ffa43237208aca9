"""Fine-tuning on a toy base: the loss falls, the same seed gives the same bytes, a stopped run goes on."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen2ForCausalLM, TrainerCallback

import toolsmith_trainer.sft as sft
from toolsmith_schema import ArtifactMissing, DataError, Toolbox, ToolCall, ToolsmithError
from toolsmith_schema.main import LazyGroup, main
from toolsmith_trainer.commands import train as train_command
from toolsmith_trainer.config import TrainConfig
from toolsmith_trainer.pretraining.tokenizer import train_tokenizer
from toolsmith_trainer.router_trainer import Shuffled
from toolsmith_trainer.sft import train
from toolsmith_trainer.toolbox_variants import assign, forms

from .conftest import EXAMPLES

QUICK = {"batch_size": 6, "epochs": 3.0, "rank": 4, "learning_rate": 0.02}


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "adapter_model.safetensors").read_bytes()).hexdigest()


def test_a_run_leaves_adapter_record_picture_and_card(base: Path, data: Path, tmp_path: Path) -> None:
    record = train(TrainConfig(**QUICK), base=str(base), data=data, dev=data, output=tmp_path / "adapter")
    losses = [point["loss"] for point in record.curve if "loss" in point]
    assert losses[-1] < losses[0] * 0.8
    assert [p for p in record.curve if "dev_loss" in p]
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")
    saved = json.loads((tmp_path / "train.json").read_text())
    assert saved["data_sha256"] == hashlib.sha256(data.read_bytes()).hexdigest()
    assert saved["rows"] == 24 and saved["steps"] == 12 and saved["versions"]["trl"]
    card = (tmp_path / "adapter" / "README.md").read_text()
    assert f"{record.trainable_parameters:,}" in card
    tuned = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), tmp_path / "adapter")
    assert any(parameter.abs().sum() > 0 for name, parameter in tuned.named_parameters() if "lora_B" in name)
    assert not (tmp_path / "checkpoints").exists()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    base: Path, data: Path, tmp_path: Path
) -> None:
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        train(
            TrainConfig(**QUICK, seed=seed, max_steps=3),
            base=str(base),
            data=data,
            output=tmp_path / name / "adapter",
        )
    one, two, three = (digest(tmp_path / name / "adapter") for name in ("one", "two", "three"))
    assert one == two != three


class _Stop(TrainerCallback):
    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        raise KeyboardInterrupt


def test_a_stopped_run_goes_on_and_ends_with_the_same_bytes(
    base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TrainConfig(**QUICK)
    make = sft.SFTConfig

    def often(**settings: Any) -> Any:
        return make(**{**settings, "save_steps": 5})

    monkeypatch.setattr(sft, "SFTConfig", often)
    whole = train(config, base=str(base), data=data, dev=data, output=tmp_path / "whole" / "adapter")
    original = sft._trainer

    def stopping(*args: Any) -> Any:
        trainer = original(*args)
        trainer.add_callback(_Stop())
        return trainer

    monkeypatch.setattr(sft, "_trainer", stopping)
    with pytest.raises(KeyboardInterrupt):
        train(config, base=str(base), data=data, dev=data, output=tmp_path / "cut" / "adapter")
    assert not (tmp_path / "cut" / "adapter").exists()
    monkeypatch.setattr(sft, "_trainer", original)
    record = train(config, base=str(base), data=data, dev=data, output=tmp_path / "cut" / "adapter")
    assert record.resumed and not whole.resumed
    assert record.curve == whole.curve
    assert digest(tmp_path / "cut" / "adapter") == digest(tmp_path / "whole" / "adapter")


def test_the_tiny_twin_of_qwen_gets_lora_on_every_projection(base: Path, data: Path, tmp_path: Path) -> None:
    twin = tmp_path / "twin"
    config = Qwen2Config(
        vocab_size=384,
        hidden_size=28,
        intermediate_size=152,
        num_hidden_layers=3,
        num_attention_heads=14,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        rope_theta=1e6,
        eos_token_id=2,
        pad_token_id=0,
        bos_token_id=None,
    )
    torch.manual_seed(0)
    Qwen2ForCausalLM(config).save_pretrained(twin)
    sft.load_base(str(base))[0].save_pretrained(twin)
    record = train(
        TrainConfig(rank=16, max_steps=2, batch_size=4),
        base=str(twin),
        data=data,
        output=tmp_path / "adapter",
    )
    hidden, kv, mlp = 28, 4, 152
    per_layer = 16 * (2 * (hidden + hidden) + 2 * (hidden + kv) + 2 * (hidden + mlp) + (mlp + hidden))
    assert record.trainable_parameters == 3 * per_layer


def test_a_base_keeps_the_tokens_that_it_was_pretrained_with(base: Path, tmp_path: Path) -> None:
    tokenizer = train_tokenizer(["call 512 now"] * 40, vocab_size=384)
    shutil.copytree(base, tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    loaded, model = sft.load_base(str(tmp_path / "base"))
    text = "call 512 now"
    assert loaded.tokenize(text) == tokenizer.tokenize(text) == ["call", "Ġ512", "Ġnow"]
    assert len(loaded) <= model.config.vocab_size


def test_missing_and_empty_inputs_say_what_to_do(base: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing, match="toolsmith pretrain"):
        train(TrainConfig(), base=str(tmp_path / "none"), data=data, output=tmp_path / "a")
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    with pytest.raises(DataError, match="dataset build"):
        train(TrainConfig(), base=str(base), data=empty, output=tmp_path / "a")
    with pytest.raises(DataError, match="no such file"):
        train(TrainConfig(), base=str(base), data=tmp_path / "none.jsonl", output=tmp_path / "a")


@pytest.mark.parametrize("wrong", [{"rank": 0}, {"epochs": 0.0}, {"dropout": 1.0}, {"learning_rate": 3.0}])
def test_settings_out_of_range_are_refused_by_their_flag(wrong: dict[str, Any]) -> None:
    with pytest.raises(ToolsmithError, match=f"--{next(iter(wrong)).replace('_', '-')}"):
        TrainConfig(**wrong)


def test_a_threshold_is_chosen_anew_or_gone(
    base: Path,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []

    @click.command(context_settings={"ignore_unknown_options": True})
    @click.argument("arguments", nargs=-1)
    def evaluation(arguments: tuple[str, ...]) -> None:
        assert not (tmp_path / "calibration.json").exists()
        asked.extend(arguments)

    monkeypatch.setattr(
        LazyGroup, "get_command", lambda self, context, name: {"eval": evaluation}.get(name, train_command)
    )
    (tmp_path / "calibration.json").write_text("{}")
    command = ["train", "--base", str(base), "--data", str(data), "--output", str(tmp_path / "adapter")]
    command += ["--max-steps", "1", "--batch-size", "6", "--rank", "4"]
    assert main([*command, "--calibrate"]) == 2 and "--dev" in capsys.readouterr().err
    assert (tmp_path / "calibration.json").exists() and not asked
    assert main([*command, "--calibrate", "--dev", str(data)]) == 0
    wanted = [
        f"--testfile={data}",
        f"--base={base}",
        f"--adapter={tmp_path / 'adapter'}",
        f"--output={tmp_path}",
    ]
    assert asked[0] == "calibrate" and set(wanted) <= set(asked)


def test_flags_come_from_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "--learning-rate" in shown and "Rank of the LoRA matrices." in shown
    assert main(["train", "--rank", "many"]) == 2
    assert main(["train", "--base", "nowhere/at/all"]) == 1


def test_each_batch_shows_one_form_of_the_toolbox_and_every_row_is_seen() -> None:
    groups = [0] * 10 + [1] * 7 + [2] * 3
    order = Shuffled(groups, batch_size=3, seed=5)
    rows = list(order)
    assert len(rows) == len(order) == 10 + 6 + 3
    assert all(len({groups[row] for row in rows[i : i + 3]}) == 1 for i in range(0, 18, 3))
    assert len(set(rows)) == len(rows) and set(range(10)) < set(rows)
    order.set_epoch(1)
    assert list(order) != rows


def test_other_forms_of_a_toolbox_ask_for_the_same_calls() -> None:
    box = Toolbox.default()
    made = forms(box, 7, seed=3)
    assert made[0].toolbox is box
    for form in made[1:]:
        assert form.toolbox.names[: len(box)] != box.names
        for example in EXAMPLES:
            shown = form.example(example)
            if isinstance(example.decision, ToolCall):
                assert isinstance(shown.decision, ToolCall)
                tool = form.toolbox[shown.decision.tool]
                assert tool.description == box[example.decision.tool].description
                assert shown.decision.args == example.decision.args
    assert any(form.names for form in made) and not all(form.names for form in made[1:])
    shares = assign(EXAMPLES * 50, 7, share=0.25, seed=3)
    assert 0.2 < sum(number > 0 for number in shares) / len(shares) < 0.3
