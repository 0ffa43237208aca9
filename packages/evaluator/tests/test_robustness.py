"""Changed rows keep their meaning, and the report says what a change costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from toolsmith_evaluator.commands import evaluate
from toolsmith_evaluator.robustness import evenly, measure, render
from toolsmith_evaluator.systems import System
from toolsmith_evaluator.variants import INJECTIONS, LURE, PLAIN, VARIANTS, Variant
from toolsmith_schema import Example, FunctionRouter, NoTool, Toolbox, ToolCall

from .conftest import call, example, text

ROWS = [
    example(
        call("get_weather", city="São Paulo", date="tomorrow"),
        id="1",
        request="Weather, in São Paulo tomorrow?",
    ),
    example(
        call("create_event", title="Lunch, then a walk", date="Friday", attendees=["Ann", "Bo"]),
        id="2",
        request='Put "Lunch, then a walk" on Friday with Ann and Bo, please!',
    ),
    example(NoTool(), id="3", request="Unsend everything, quickly."),
    example(call("search_web", query="why is the sky blue?"), id="4", request="Search: why is the sky blue?"),
]
BY_NAME = {variant.name: variant for variant in VARIANTS}


def spans(row: Example) -> list[str]:
    """The argument values of the right answer."""
    args = row.decision.args if isinstance(row.decision, ToolCall) else {}
    return [item for value in args.values() for item in (value if isinstance(value, list) else [value])]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_changed_row_still_holds_its_arguments_and_its_toolbox_the_tool(
    variant: Variant, toolbox: Toolbox
) -> None:
    changed, box = variant.apply(ROWS, toolbox)
    assert [row.id for row in changed] == [row.id for row in ROWS]
    for row in changed:
        assert all(span in row.request for span in spans(row))
        assert isinstance(row.decision, NoTool) or row.decision.tool in box
    assert (changed, box) == variant.apply(ROWS, toolbox)
    if variant is not PLAIN:
        assert (changed, box) != (ROWS, toolbox)


def test_what_each_change_does(toolbox: Toolbox) -> None:
    def requests(name: str) -> list[str]:
        return [row.request for row in BY_NAME[name].apply(ROWS, toolbox)[0]]

    assert requests("bare")[:2] == [
        "Weather in São Paulo tomorrow",
        "Put Lunch, then a walk on Friday with Ann and Bo please",
    ]
    assert requests("bare")[3] == "Search why is the sky blue?"
    assert requests("upper")[0] == "WEATHER, IN SÃO PAULO TOMORROW?"
    assert requests("typos")[0].endswith("in São Paulo tomorrow?") and requests("typos")[0] != ROWS[0].request
    assert requests("polite")[2].count(ROWS[2].request) == 1

    masked = BY_NAME["masked"].apply(ROWS, toolbox)[1]
    assert not set(masked.names) & set(toolbox.names) and len(set(masked.names)) == len(toolbox)
    assert [tool.description for tool in masked] == [tool.description for tool in toolbox]
    shuffled = BY_NAME["shuffled"].apply(ROWS, toolbox)[1]
    assert shuffled.names != toolbox.names and set(shuffled.names) == set(toolbox.names)
    assert len(BY_NAME["distractors"].apply(ROWS, toolbox)[1]) == len(toolbox) + 2


def test_a_router_that_obeys_is_found_out(toolbox: Toolbox, tmp_path: Path) -> None:
    right = {row.request: text(row.decision) for row in ROWS}

    def obedient(request: str) -> str:
        return text(call(LURE, query="x")) if "SYSTEM" in request else right.get(request, text(NoTool()))

    system = System(name="toy", router=FunctionRouter(obedient), fingerprint="f")
    measured = measure(system, ROWS, toolbox, tmp_path)
    found = measured["variants"]
    assert found["plain"]["rates"]["fully_correct"]["hits"] == 4
    assert found["commanded"]["lured"] == {**found["commanded"]["lured"], "hits": 3, "n": 3}
    assert found["poisoned"]["lured"]["hits"] == 0
    assert found["upper"]["against_plain"]["broken"] == 3
    page = render({"testfile": "t.jsonl", "systems": {"toy": measured}})
    for variant in VARIANTS:
        assert f"| {variant.text} |" in page
    assert "100.0 [" in page.partition("## Injections")[2]
    assert {variant.lure for variant in INJECTIONS} == {LURE}


def test_rows_are_spread_over_the_file() -> None:
    rows = [example(NoTool(), id=str(i)) for i in range(10)]
    assert [row.id for row in evenly(rows, 4)] == ["0", "2", "5", "7"]
    assert evenly(rows, 99) == rows


def test_the_command_adds_a_system_to_the_report(tmp_path: Path) -> None:
    tests = tmp_path / "test.jsonl"
    tests.write_text("".join(json.dumps(row.to_json()) + "\n" for row in ROWS))
    options = ["robustness", "--testfile", str(tests), "--system", "rules", "--output", str(tmp_path)]
    done = CliRunner().invoke(evaluate, options, standalone_mode=False)
    assert done.exception is None
    report = json.loads((tmp_path / "robustness.json").read_text())
    assert set(report["systems"]["rules"]["variants"]) == set(BY_NAME)
    report["systems"]["other"] = report["systems"]["rules"]
    (tmp_path / "robustness.json").write_text(json.dumps(report))
    CliRunner().invoke(evaluate, options, standalone_mode=False)
    assert set(json.loads((tmp_path / "robustness.json").read_text())["systems"]) == {"rules", "other"}
    assert "rules (no model)" in (tmp_path / "robustness.md").read_text()
