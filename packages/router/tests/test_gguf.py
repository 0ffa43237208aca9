"""The GGUF file holds the model that was exported: transformers' own reader finds the same numbers in it."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import pytest
import torch
from transformers import AutoModelForCausalLM

from toolsmith_router.exporting import export
from toolsmith_router.gguf_file import write_gguf
from toolsmith_router.loading import load_tokenizer
from toolsmith_schema import ArtifactMissing, ToolsmithError
from toolsmith_schema.main import main


@pytest.fixture(scope="module")
def merged(base: Path, adapter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gguf") / "merged"
    export(str(base), str(adapter), folder)
    return folder


def test_the_weights_are_those_of_the_model(merged: Path, tmp_path: Path) -> None:
    write_gguf(merged, tmp_path / "model.gguf")
    assert [file.name for file in tmp_path.iterdir()] == ["model.gguf"]
    ids = torch.randint(4, 200, (1, 24), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        wanted = AutoModelForCausalLM.from_pretrained(merged, dtype=torch.float32)(ids).logits
        unpacked = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="model.gguf", dtype=torch.float32)
        torch.testing.assert_close(unpacked(ids).logits, wanted)


def test_the_tokenizer_is_written_out(merged: Path, tmp_path: Path) -> None:
    exact = write_gguf(merged, tmp_path / "model.gguf")
    fields = gguf.GGUFReader(tmp_path / "model.gguf").fields
    tokenizer = load_tokenizer(str(merged))
    tokens = fields["tokenizer.ggml.tokens"].contents()
    assert len(tokens) == json.loads((merged / "config.json").read_text())["vocab_size"]
    assert tokens[: len(tokenizer)] == tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    assert fields["tokenizer.ggml.eos_token_id"].contents() == tokenizer.eos_token_id
    assert fields["tokenizer.chat_template"].contents() == tokenizer.chat_template
    assert not exact and fields["tokenizer.ggml.pre"].contents() == "default"


def test_digits_one_by_one_are_qwens_way_of_cutting_text(merged: Path, tmp_path: Path) -> None:
    folder = tmp_path / "qwen"
    folder.mkdir()
    for file in merged.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+"
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    tokenizer["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split]}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    assert write_gguf(folder, tmp_path / "model.gguf")
    assert gguf.GGUFReader(tmp_path / "model.gguf").fields["tokenizer.ggml.pre"].contents() == "qwen2"


def test_what_is_no_exported_model_is_told(merged: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing, match="toolsmith export"):
        write_gguf(tmp_path, tmp_path / "model.gguf")
    (tmp_path / "model.safetensors").write_bytes((next(merged.glob("*.safetensors"))).read_bytes())
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(ToolsmithError, match="Qwen2"):
        write_gguf(tmp_path, tmp_path / "model.gguf")
    assert not (tmp_path / "model.gguf").exists()


def test_the_command_writes_it_and_warns(
    base: Path, adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, file = tmp_path / "merged", tmp_path / "model.gguf"
    arguments = ["export", "--base", str(base), "--adapter", str(adapter), "--output", str(output)]
    assert main([*arguments, "--gguf", str(file)]) == 0
    said = capsys.readouterr()
    assert str(file) in said.out and "llama.cpp" in said.err and file.exists()
