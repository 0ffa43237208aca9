import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolsmith_dataset import verify, write
from toolsmith_dataset.verify import row_problems
from toolsmith_schema import Example, Toolbox
from toolsmith_schema.errors import ArtifactMissing
from toolsmith_schema.files import read_json, write_json

Change = Callable[[list[dict[str, Any]]], None]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("seed")
    write(output, preset="seed")
    return output


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "data"))


def call_of(rows: list[dict[str, Any]], tool: str) -> dict[str, Any]:
    return next(row for row in rows if row["decision"]["tool"] == tool)


def test_what_was_built_passes(folder: Path) -> None:
    verdict = verify(folder)
    assert verdict.ok and verdict.figures["test.jsonl"]["near_duplicates"] == 0
    manifest = read_json(folder / "manifest.json")
    assert manifest["overlap"] == verdict.figures and manifest["handwritten"] is None
    assert len(manifest["files"]) == 5 and all(len(row["sha256"]) == 64 for row in manifest["files"].values())


def test_the_committed_files_pass() -> None:
    data = Path(__file__).parents[3] / "data"
    if not (data / "manifest.json").exists():
        pytest.skip("not in the workspace")
    assert verify(data).problems == ()


def test_a_changed_byte_is_told(copy: Path) -> None:
    path = copy / "seed/test.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"register": "plain"', b'"register": "terse"', 1))
    problems = verify(copy).problems
    assert any("seed/test.jsonl is not what the generator makes" in problem for problem in problems)
    assert any("manifest.json does not describe" in problem for problem in problems)


def test_a_file_that_is_gone_is_told(copy: Path) -> None:
    (copy / "seed/test.jsonl").unlink()
    assert "not there: seed/test.jsonl" in verify(copy).problems[0]


def no_span(rows: list[dict[str, Any]]) -> None:
    call_of(rows, "get_weather")["decision"]["args"]["city"] = "Atlantis"


def twice(rows: list[dict[str, Any]]) -> None:
    rows[0]["id"] = rows[1]["id"]


def other_tool(rows: list[dict[str, Any]]) -> None:
    rows[0]["decision"] = {"tool": "fly", "args": {}}


def refused(rows: list[dict[str, Any]]) -> None:
    call_of(rows, "query_table")["decision"]["args"]["table"] = "salaries"


def turned(rows: list[dict[str, Any]]) -> None:
    row = next(row for row in rows if len(row["decision"]["args"]) > 1)
    row["decision"]["args"] = dict(reversed(row["decision"]["args"].items()))


def unknown_wording(rows: list[dict[str, Any]]) -> None:
    rows[0]["wording"] = "test/nowhere/1"


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (no_span, "no part of the request"),
        (twice, "an id that is empty or not their own"),
        (other_tool, "a tool that is not in the toolbox"),
        (refused, "that the tool's schema refuses"),
        (turned, "another order than the schema"),
        (unknown_wording, "a wording that does not exist"),
    ],
)
def test_a_faulty_row_is_told(edit: Change, told: str, small: Path, toolbox: Toolbox) -> None:
    rows = [json.loads(line) for line in (small / "seed/test.jsonl").read_text("utf-8").splitlines()]
    assert row_problems("seed/test.jsonl", [Example.from_json(row) for row in rows], toolbox) == []
    edit(rows)
    problems = row_problems("seed/test.jsonl", [Example.from_json(row) for row in rows], toolbox)
    assert any(problem.startswith("seed/test.jsonl: ") and told in problem for problem in problems)


def test_a_training_row_among_the_test_rows_is_told(copy: Path) -> None:
    line = (copy / "seed/train.jsonl").read_text("utf-8").splitlines()[0]
    with (copy / "seed/test.jsonl").open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(line + "\n")
    assert any("near-duplicates" in problem for problem in verify(copy).problems)


def test_a_hand_written_row_is_checked_too(copy: Path) -> None:
    row = {
        "id": "hand-1",
        "request": "is it cold in Oslo",
        "decision": {"tool": "get_weather", "args": {"city": "Bergen"}},
    }
    (copy / "handwritten.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    assert any("handwritten.jsonl: 1 rows have an argument" in problem for problem in verify(copy).problems)


def test_a_hand_written_request_may_say_what_nobody_can_convert(copy: Path) -> None:
    args = {"amount": "20", "from_currency": "pesos", "to_currency": "euros"}
    row = {
        "id": "hand-1",
        "request": "20 pesos in euros",
        "decision": {"tool": "convert_currency", "args": args},
    }
    (copy / "handwritten.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    write(copy, preset="seed")
    verdict = verify(copy)
    assert verdict.ok and "pesos" in verdict.notes[0]


def test_a_manifest_of_other_figures_is_stale(copy: Path) -> None:
    manifest = read_json(copy / "manifest.json")
    manifest["overlap"]["seed/test.jsonl"]["near_duplicates"] = 3
    write_json(copy / "manifest.json", manifest)
    assert verify(copy).problems[0].startswith("manifest.json does not describe")


def test_no_manifest_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing, match="toolsmith dataset build --output"):
        verify(tmp_path)


def test_one_preset_alone_is_described_alone(small: Path) -> None:
    assert list(read_json(small / "manifest.json")["files"]) == ["seed/train.jsonl", "seed/test.jsonl"]
    assert verify(small).ok
