"""``toolsmith eval`` from the outside: files in, files and exit codes out."""

import json

import pytest

from toolsmith_evaluator import predict
from toolsmith_schema import FunctionRouter, NoTool, Toolbox, write_examples
from toolsmith_schema.main import main

from .conftest import call, example, text

OSLO = call("get_weather", city="Oslo")
GARBAGE = "I am a language model."


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with two test files of 24 + 12 rows, every fourth without a tool."""
    monkeypatch.chdir(tmp_path)
    for split, n in (("test", 24), ("handwritten", 12)):
        rows = [
            example(
                NoTool() if i % 4 == 3 else call("get_weather", city=f"City{i}"),
                id=f"{split}-{i}",
                request=f"{split} weather in City{i}" if i % 4 != 3 else f"{split} sing {i}",
                split=split,
                bucket="hard" if i % 2 else "easy",
                register="plain",
                wording=f"test/hard.quoted/{i // 2}" if i % 2 else f"test/get_weather/{i // 2}",
            )
            for i in range(n)
        ]
        write_examples(tmp_path / "data" / f"{split}.jsonl", rows)
    return tmp_path


def refusal(row):
    return isinstance(row.decision, NoTool)


def answers(folder, name, right):
    """Write predictions that are right where ``right(example)`` is, and garbage elsewhere."""
    from toolsmith_evaluator.report import read_test_rows

    rows = read_test_rows([folder / "data/test.jsonl", folder / "data/handwritten.jsonl"])
    texts = {row.request: text(row.decision) if right(row) else GARBAGE for row in rows}
    path = folder / "artifacts" / "eval" / f"{name}.jsonl"
    router = FunctionRouter(texts.__getitem__, name=name)
    predict(router, rows, path, toolbox=Toolbox.default(), system=name, fingerprint="f")


@pytest.fixture
def systems(folder):
    """Four systems: base gets nothing right but refusals, tuned all but one row, free less than span."""
    answers(folder, "base-free", lambda row: False)
    answers(folder, "base-span", refusal)
    answers(folder, "tuned-free", lambda row: not row.id.endswith("0"))
    answers(folder, "tuned-span", lambda row: row.id != "test-1")
    return folder


def test_the_rule_router_is_measured_without_a_model(folder, capsys):
    assert main(["eval", "run", "--system", "rules", "--limit", "4"]) == 0
    out = capsys.readouterr()
    path = folder / "artifacts/eval/rules.jsonl"
    assert out.out == "artifacts/eval/rules.jsonl: 8 rows\n"
    assert "rules: 8/8" in out.err
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["id"] for row in rows][3:5] == ["test-3", "handwritten-0"]
    assert rows[0]["said_args"] == {"city": "City0"}
    assert (
        main(
            ["eval", "run", "--system", "rules", "--fresh", "--tag", "again", "--testfile", "data/test.jsonl"]
        )
        == 0
    )
    assert len((folder / "artifacts/eval/rules-again.jsonl").read_text().splitlines()) == 24


def test_compare_shows_every_part_and_the_refusals(systems, capsys):
    assert main(["eval", "compare", "base-span", "tuned-span"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["fully_correct", "test"],
        ["fully_correct", "handwritten"],
        ["no_tool", "all"],
        ["no_tool", "test"],
        ["no_tool", "handwritten"],
    ]
    assert "fixed 17, broken 0" in lines[0]
    assert lines[0].endswith("better")


def test_require_lift_is_satisfied_by_a_significant_rise_on_every_part(systems):
    assert main(["eval", "compare", "base-span", "tuned-span", "--require-lift"]) == 0
    paths = [str(systems / f"artifacts/eval/{name}.jsonl") for name in ("base-free", "tuned-free")]
    assert main(["eval", "compare", *paths, "--require-lift"]) == 0


@pytest.mark.parametrize(
    ("b", "right", "reason"),
    [
        ("no-better", lambda row: isinstance(row.decision, NoTool), "no significant rise"),
        (
            "one-part",
            lambda row: row.split == "test" or isinstance(row.decision, NoTool),
            "handwritten: no significant",
        ),
        ("no-restraint", lambda row: not isinstance(row.decision, NoTool), "refusals got worse"),
    ],
)
def test_require_lift_says_no_and_why(systems, capsys, b, right, reason):
    answers(systems, b, right)
    assert main(["eval", "compare", "base-span", b]) == 0
    assert main(["eval", "compare", "base-span", b, "--require-lift"]) == 1
    assert reason in capsys.readouterr().err


def test_require_lift_wants_all_rows_answered(systems, capsys):
    path = systems / "artifacts/eval/tuned-span.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert main(["eval", "compare", "base-span", "tuned-span", "--require-lift"]) == 1
    assert "tuned-span lacks 1 test rows" in capsys.readouterr().err


def test_compare_prints_the_same_as_json(systems, capsys):
    assert main(["eval", "compare", "base-free", "tuned-free", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["lift"] is True
    assert shown["pairs"][0]["fixed"] == 21
    assert {pair["measure"] for pair in shown["pairs"]} == {"fully_correct", "no_tool"}


def test_a_system_that_is_not_there_is_named(systems, capsys):
    assert main(["eval", "compare", "base-span", "nope"]) == 1
    assert "the predictions 'nope'" in capsys.readouterr().err


def test_the_report_is_written_and_the_readme_brought_up_to_date(systems, capsys):
    readme = systems / "README.md"
    readme.write_text("# x\n<!-- results:begin -->\nold\n<!-- results:end -->\nrest\n")
    options = ["eval", "report", "--readme", "README.md", "--no-plots"]
    assert main(options) == 0
    assert capsys.readouterr().out.split() == [
        "artifacts/eval.json",
        "artifacts/eval.csv",
        "artifacts/eval_report.md",
        "README.md",
    ]
    assert "old" not in readme.read_text()
    assert readme.read_text().endswith("<!-- results:end -->\nrest\n")
    assert main([*options, "--check"]) == 0
    before = readme.read_text()
    assert main(options) == 0
    assert readme.read_text() == before
    readme.write_text(before.replace("| base, span grammar | 25.0", "| base, span grammar | 95.0"))
    assert main([*options, "--check"]) == 1
    assert "differ" in capsys.readouterr().out


def test_a_readme_without_the_markers_is_refused(systems, capsys):
    (systems / "README.md").write_text("# x\n")
    assert main(["eval", "report", "--no-plots", "--readme", "README.md"]) == 1
    assert "results:begin" in capsys.readouterr().err
    assert main(["eval", "report", "--check"]) == 2


def test_without_predictions_the_report_names_the_command_that_makes_them(folder, capsys):
    assert main(["eval", "report"]) == 1
    assert "toolsmith eval run" in capsys.readouterr().err


def test_predictions_of_other_rows_are_not_reported_as_results(systems, capsys):
    write_examples(systems / "data/other.jsonl", [example(OSLO, id="other")])
    assert main(["eval", "report", "--testfile", "data/other.jsonl"]) == 1
    assert "no prediction" in capsys.readouterr().err


def test_help_names_every_command(capsys):
    assert main(["eval", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("run", "compare", "report"))
