"""The package as a whole: its index, its imports, its commands, its README."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import toolsmith_dataset
from toolsmith_schema.main import main

ROOT = Path(__file__).parents[1]
LIGHT = """
import importlib, pkgutil, sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "transformers", "numpy", "matplotlib", "scipy", "peft", "trl"}:
            raise AssertionError(f"{name} is imported")

sys.meta_path.insert(0, Block())
import toolsmith_dataset
for module in pkgutil.walk_packages(toolsmith_dataset.__path__, "toolsmith_dataset."):
    importlib.import_module(module.name)
print("light")
"""


def test_the_index_is_short_sorted_and_complete() -> None:
    names = toolsmith_dataset.__all__
    assert 5 <= len(names) <= 12 and all(hasattr(toolsmith_dataset, name) for name in names)
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


def test_no_module_imports_anything_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=False)
    assert done.stdout == "light\n", done.stderr


def test_check_prints_the_figures_and_says_ok(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", "check", "--output", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "near-dup" in out and out.endswith("ok\n")


def test_check_exits_with_one_when_data_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dataset", "check", "--output", str(tmp_path)]) == 1
    assert "toolsmith dataset build" in capsys.readouterr().err


def test_stats_prints_the_same_numbers_as_table_and_json(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dataset", "stats", "--output", str(folder), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert main(["dataset", "stats", "--output", str(folder)]) == 0
    table = capsys.readouterr().out
    assert re.search(rf"test\.jsonl +{figures['test.jsonl']['rows']} ", table)
    tools = figures["test.jsonl"]["tools"]
    assert sum(row["rows"] for row in tools.values()) == figures["test.jsonl"]["rows"]
    assert tools["get_weather"]["arguments"]["city"] > 0.9 > tools["get_weather"]["arguments"]["date"] > 0.2


def test_the_picture_is_drawn(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "dataset.png"
    assert main(["dataset", "stats", "--output", str(folder), "--picture", str(path)]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_picture_without_matplotlib_is_answered_with_the_install_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["dataset", "stats", "--output", str(folder), "--picture", str(tmp_path / "x.png")]) == 1
    assert 'pip install "toolsmith-dataset[plot]"' in capsys.readouterr().err


def test_another_toolbox_is_refused_in_one_paragraph(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "toolbox.json"
    path.write_text('[{"name": "fly", "inputSchema": {"type": "object", "properties": {}}}]', "utf-8")
    assert main(["dataset", "build", "--output", str(tmp_path), "--toolbox", str(path)]) == 1
    assert "Without wordings: fly" in capsys.readouterr().err


def test_the_commands_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    commands = re.findall(
        r"^toolsmith (dataset .+?)(?: +#.*)?$", (ROOT / "README.md").read_text("utf-8"), re.M
    )
    assert len(commands) >= 3
    for command in commands:
        assert main(command.split()) == 0, command
