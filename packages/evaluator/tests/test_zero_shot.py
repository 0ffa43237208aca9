"""Rows with a toolbox of their own: read, answered with it, and shown by toolbox."""

import json

import pytest

from toolsmith_evaluator.systems import System
from toolsmith_evaluator.zero_shot import measure, read, render
from toolsmith_schema import DataError, FunctionRouter, NoTool, Toolbox, write_examples

from .conftest import NONE, call, example, text


def _tool(name, argument):
    properties = {argument: {"type": "string"}}
    schema = {"type": "object", "properties": properties, "required": [argument]}
    return {"name": name, "description": f"{name} it.", "inputSchema": schema}


@pytest.fixture
def folder(tmp_path):
    for name, tool, argument in (("garage", "lift", "car"), ("boats", "moor", "boat")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "toolbox.json").write_text(json.dumps([_tool(tool, argument)]))
        rows = [
            example(call(tool, **{argument: "Alma"}), id=f"{name}-1", request=f"{tool} Alma please"),
            example(NoTool(), id=f"{name}-2", request="who are you"),
        ]
        write_examples(tmp_path / name / "rows.jsonl", rows)
    return tmp_path


def test_each_row_is_answered_with_its_own_toolbox(folder, tmp_path):
    def answer(request):
        return text(call("moor", boat="Alma")) if "Alma" in request else NONE

    system = System(name="tuned-span", router=FunctionRouter(answer), fingerprint="x")
    unseen = read(folder)
    assert [one.name for one in unseen] == ["boats", "garage"]
    assert isinstance(unseen[0].toolbox, Toolbox) and unseen[0].toolbox.names == ("moor",)
    found = measure(system, unseen, tmp_path / "predictions")
    assert found["all"]["fully_correct"]["rate"] == 0.75
    assert found["toolboxes"]["garage"]["fully_correct"]["rate"] == 0.5
    page = render({"systems": {"tuned-span": found}})
    assert "75.0" in page and "boats" in page and "4 hand-written requests over 2 toolboxes" in page


def test_a_folder_without_toolboxes_is_refused(tmp_path):
    with pytest.raises(DataError, match="no toolboxes here"):
        read(tmp_path)
