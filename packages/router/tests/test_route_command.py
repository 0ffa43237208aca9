"""``toolsmith route``: its flags and its output rows are other people's interface."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolsmith_schema.main import main

FIELDS = ["request", "outcome", "tool", "args", "said_args", "raw", "violations"]


def test_one_request_prints_one_object(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(
        [
            "route",
            "weather in Oslo?",
            "--json",
            "--model",
            "base",
            "--base",
            str(base),
            "--now",
            "2026-11-23T09:00",
        ]
    )
    row = json.loads(capsys.readouterr().out)
    assert [key for key in row if key in FIELDS] == FIELDS and "latency_ms" in row
    assert row["request"] == "weather in Oslo?"
    assert code == (1 if row["outcome"] == "invalid" else 0)


def test_a_batch_keeps_its_order_and_bad_lines_become_rows(base: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(
        b'{"request": "weather in Oslo?"}\nnot json\n\n{"no": "request"}\n{"request": "hi", "now": "2027-01-01T10:00"}\n'
        b'{"request": "x", "now": "never"}\n\xff\n[1]\n'
    )
    code = main(
        ["route", "--batch", str(source), "--output", str(target), "--model", "base", "--base", str(base)]
    )
    rows = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert code == 1
    assert [row["request"] for row in rows] == ["weather in Oslo?", None, None, "hi", None, None, None]
    assert ["error" in row for row in rows] == [False, True, True, False, True, True, True]
    assert "line 2" in rows[1]["error"]


def test_a_clean_batch_and_an_empty_one_exit_with_zero(base: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    for text, count in (('{"request": "hi"}\n', 1), ("", 0)):
        source.write_text(text)
        assert (
            main(
                [
                    "route",
                    "--batch",
                    str(source),
                    "--output",
                    str(target),
                    "--model",
                    "base",
                    "--base",
                    str(base),
                ]
            )
            == 0
        )
        assert len(target.read_text().splitlines()) == count


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["hi", "--batch", "x", "--output", "y"],
        ["--batch", "x"],
        ["hi", "--now", "soon"],
        ["hi", "--model", "big"],
    ],
)
def test_wrong_flags_are_usage_errors(argv: list[str]) -> None:
    assert main(["route", *argv]) == 2


def test_missing_files_are_one_paragraph(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "none")
    for argv in (
        ["hi", "--base", missing],
        ["hi", "--base", str(base), "--adapter", missing],
        ["hi", "--toolbox", missing],
        ["--batch", missing, "--output", str(tmp_path / "o")],
    ):
        assert main(["route", *argv]) == 1
        message = capsys.readouterr().err
        assert "Traceback" not in message and missing in message


def test_an_adapter_of_another_base_is_named(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, Qwen2Config

    config = Qwen2Config.from_pretrained(base)
    config.hidden_size = 16
    other = get_peft_model(
        AutoModelForCausalLM.from_config(config), LoraConfig(r=2, target_modules="all-linear")
    )
    other.save_pretrained(tmp_path / "other")
    assert main(["route", "hi", "--base", str(base), "--adapter", str(tmp_path / "other")]) == 1
    message = capsys.readouterr().err
    assert "does not fit the base" in message and "Traceback" not in message
