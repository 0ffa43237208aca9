"""Runs side by side: what is read from their folders, and the page."""

import pytest

from toolsmith_evaluator import predict
from toolsmith_evaluator.sweep import collect, picture, render
from toolsmith_schema import DataError, ScriptedRouter, Toolbox
from toolsmith_schema.files import write_json

from .conftest import call, example, text

BOX = Toolbox.default()
OSLO = call("get_weather", city="Oslo")
ROWS = [example(OSLO, id=f"dev-{i}", request="weather in Oslo", split="dev") for i in range(4)]


@pytest.fixture
def runs(tmp_path):
    for name, rows, rank, right in (("a", 1000, 32, 3), ("b", 1000, 4, 1), ("c", 50, 32, 2)):
        folder = tmp_path / name
        config = {"rank": rank, "seed": 7, "epochs": 3.0}
        record = {"config": config, "rows": rows, "trainable_parameters": 10, "wall_seconds": 90.0}
        write_json(folder / "train.json", record)
        answers = [text(OSLO)] * right + [text(call("get_weather", city="in"))] * (4 - right)
        router = ScriptedRouter(answers)
        predict(router, ROWS, folder / "tuned-span.jsonl", toolbox=BOX, system="tuned-span", fingerprint=name)
    (tmp_path / "unfinished").mkdir()
    return tmp_path


def test_runs_are_read_with_their_settings_and_shown_in_order(runs, tmp_path):
    found = collect(runs, ROWS, BOX)
    assert [(run["rows"], run["rank"]) for run in found] == [(50, 32), (1000, 4), (1000, 32)]
    assert [run["fully_correct"]["rate"] for run in found] == [0.5, 0.25, 0.75]
    report = {"testfile": "data/dev.jsonl", "runs": found}
    page = render(report)
    assert "75.0" in page and "data/dev.jsonl" in page and "1.5" in page
    assert picture(report, tmp_path / "sweep.png").stat().st_size > 10_000


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(DataError, match="no runs here"):
        collect(tmp_path, ROWS, BOX)
