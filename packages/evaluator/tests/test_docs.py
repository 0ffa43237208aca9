"""What the README shows is true and runs."""

import doctest
import re
import shlex
from pathlib import Path

from toolsmith_evaluator import bench
from toolsmith_evaluator.blocks import block_of
from toolsmith_evaluator.tables import render_block
from toolsmith_schema import write_examples
from toolsmith_schema.files import read_json
from toolsmith_schema.main import main

from .conftest import call, example

README = Path(__file__).parents[1] / "README.md"


def test_the_python_of_the_readme_is_true():
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted >= 8
    assert result.failed == 0


def test_the_commands_of_the_readme_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for split in ("test", "handwritten"):
        row = example(call("get_weather", city="Oslo"), id=split, request="weather in Oslo", split=split)
        write_examples(f"data/{split}.jsonl", [row])
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) == 4
    for line in lines:
        assert main(shlex.split(line)[1:]) == 0, line
    assert Path("artifacts/eval_report.md").exists()
    capsys.readouterr()


def test_the_readme_has_the_length_of_one_page():
    assert 15 <= len(README.read_text("utf-8").splitlines()) <= 40


ROOT = Path(__file__).parents[3]


def test_the_figures_of_the_project_page_are_those_of_the_artifacts():
    readme, artifacts = ROOT / "README.md", ROOT / "artifacts"
    assert block_of(readme, "results") == render_block(read_json(artifacts / "eval.json"))
    assert block_of(readme, "speed") == bench.block(read_json(artifacts / "bench" / "bench.json"))
