"""Rows in the leaderboard's form are read, answered each with its own tools, and checked as it checks them."""

import json

import pytest
from click.testing import CliRunner

from toolsmith_evaluator import bfcl
from toolsmith_evaluator.commands import evaluate
from toolsmith_evaluator.systems import System
from toolsmith_schema import DataError, FunctionRouter, NoTool, Routed

from .conftest import NONE, call, text

PARAMETERS = {
    "type": "dict",
    "required": ["length"],
    "properties": {
        "length": {"type": "float", "description": "Of the plank"},
        "wood": {"type": "string", "enum": ["oak", "pine"]},
        "marks": {"type": "array", "items": {"type": "integer"}},
        "rush": {"type": "boolean", "default": False},
    },
}
RIGHT = {"length": [2.5], "wood": ["oak", ""], "marks": [[1, 2], ""], "rush": ["", False]}


def row(number, said, *, functions=("saw.cut",)):
    tools = [{"name": name, "description": name, "parameters": PARAMETERS} for name in functions]
    return {"id": str(number), "question": [[{"role": "user", "content": said}]], "function": tools}


@pytest.fixture
def folder(tmp_path):
    def write(name, rows):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    rows = [row(1, "cut 2.5"), row(2, "cut 2.5 of oak")]
    several = [{**row(3, "and then?"), "question": [[{"role": "user", "content": "x"}]] * 2}]
    write("BFCL_v4_simple_python.json", [*rows, *several, {**row(4, "cut"), "function": []}])
    write(
        "possible_answer/BFCL_v4_simple_python.json",
        [{"id": n, "ground_truth": [{"saw.cut": RIGHT}]} for n in "12"],
    )
    write("BFCL_v4_multiple.json", [row(1, "cut 2.5", functions=("saw.cut", "axe"))])
    write("possible_answer/BFCL_v4_multiple.json", [{"id": "1", "ground_truth": [{"axe": RIGHT}]}])
    write("BFCL_v4_irrelevance.json", [row(1, "sing"), row(2, "dance")])
    return tmp_path


def test_a_category_is_read_with_json_schema_types_and_without_rows_of_several_turns(folder):
    one, two = bfcl.read(folder, "simple_python")
    assert (one.id, one.request, two.request) == ("1", "cut 2.5", "cut 2.5 of oak")
    assert one.answers == {"saw.cut": RIGHT}
    assert one.toolbox["saw.cut"].properties["length"] == {"type": "number", "description": "Of the plank"}
    assert bfcl.read(folder, "multiple")[0].toolbox.names == ("saw.cut", "axe")
    assert bfcl.read(folder, "irrelevance")[0].answers is None


def test_a_missing_file_and_a_row_of_another_form_are_told(folder):
    with pytest.raises(DataError, match="bfcl-eval"):
        bfcl.read(folder, "live_simple")
    (folder / "BFCL_v4_irrelevance.json").write_text('{"id": "7", "question": [["x"]]}\n')
    with pytest.raises(DataError, match="row '7'"):
        bfcl.read(folder, "irrelevance")


@pytest.mark.parametrize(
    ("decision", "error"),
    [
        (call("saw.cut", length="2.5"), None),
        (call("saw.cut", length="two and a half", wood="Oak"), None),
        (call("saw.cut", length="2.5", marks=["1", "2"], rush=False), None),
        (call("saw.cut", length="2.5", marks=["1", "3"]), "wrong_value"),
        (call("saw.cut", length="2.5", rush=True), "wrong_value"),
        (call("saw.cut", length="3"), "wrong_value"),
        (call("saw.cut", wood="oak"), "missing"),
        (call("saw.cut", length="2.5", colour="red"), "extra"),
        (call("axe", length="2.5"), "wrong_tool"),
        (NoTool(), "refused"),
    ],
)
def test_an_answer_is_checked_like_on_the_leaderboard(folder, decision, error):
    case = bfcl.read(folder, "simple_python")[0]
    assert bfcl.error_of(case, Routed.from_text(text(decision))) == error


def test_where_no_tool_fits_only_a_refusal_is_right(folder):
    case = bfcl.read(folder, "irrelevance")[0]
    assert bfcl.error_of(case, Routed.from_text(NONE)) is None
    assert bfcl.error_of(case, Routed.from_text(text(call("saw.cut", length="1")))) == "called"
    assert bfcl.error_of(case, Routed.from_text("sure!")) == "no_decision"


def test_objects_and_strings_are_the_same_when_they_mean_the_same():
    assert bfcl._same("New York, NY", "new york ny") and not bfcl._same("York", "New York")
    assert bfcl._same({"a": 1}, {"a": [1, 2], "b": ["", 3]}) and not bfcl._same(
        {"b": 3}, {"a": [1], "b": [3]}
    )
    assert not bfcl._same({"a": 1, "c": 1}, {"a": [1]})
    assert bfcl._same(2, 2.0) and not bfcl._same(1, True) and not bfcl._same("1", 1)


def test_the_command_counts_by_category_and_says_what_went_wrong(folder, tmp_path, monkeypatch):
    def answer(request):
        return text(call("saw.cut", length="2.5")) if "cut" in request else NONE

    made = System(name="tuned-span", router=FunctionRouter(answer), fingerprint="x")
    monkeypatch.setattr("toolsmith_evaluator.systems.make_system", lambda kind, **settings: made)
    categories = [f"--category={name}" for name in ("multiple", "simple_python", "irrelevance")]
    options = ["bfcl", f"--data={folder}", *categories, f"--output={tmp_path}"]
    done = CliRunner().invoke(evaluate, options, standalone_mode=False)
    assert done.exception is None and done.return_value == 0
    found = json.loads((tmp_path / "bfcl.json").read_text())["systems"]["tuned-span"]["categories"]
    assert found["simple_python"]["right"]["hits"] == found["simple_python"]["right"]["n"] == 2
    assert found["multiple"]["errors"] == {"wrong_tool": 1} and found["irrelevance"]["errors"] == {}
    page = (tmp_path / "bfcl.md").read_text()
    assert "multiple (n=1)" in page and "another tool | 0 | 1 | 0" in page
    refused = CliRunner().invoke(evaluate, ["bfcl", f"--data={folder}", "--category=java"])
    assert refused.exit_code == 2 and "single-call category" in refused.output
