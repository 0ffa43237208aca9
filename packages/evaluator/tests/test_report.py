"""The report object and its views, from toy predictions."""

import csv
import io
import json

import pytest

from toolsmith_evaluator import predict, tables
from toolsmith_evaluator.blocks import block_of
from toolsmith_evaluator.markdown import axes, render
from toolsmith_evaluator.report import build, read_answers, read_test_rows, to_csv, write
from toolsmith_schema import DataError, NoTool, ScriptedRouter, Toolbox, write_examples

from .conftest import NONE, call, example, text

OSLO = call("get_weather", city="Oslo", date="tomorrow")
CUT = call("get_weather", city="Osl", date="tomorrow")
MAIL = call("send_email", to="Ana", body="hi | there")

ROWS = [
    example(OSLO, id="a", bucket="easy", register="plain", wording="test/get_weather/1"),
    example(OSLO, id="b", bucket="hard", register="noisy", wording="test/hard.quoted/1"),
    example(MAIL, id="c", bucket="easy", register="plain", wording="test/send_email/1"),
    example(NoTool(), id="d", bucket="easy", register="plain", wording="test/none/1"),
]

ANSWERS = {
    "rules": [text(OSLO), NONE, NONE, NONE],
    "base-free": ["<b>eh</b>", NONE, "?", text(OSLO)],
    "base-span": [text(CUT), NONE, NONE, NONE],
    "tuned-free": [text(OSLO), "uh", text(MAIL), NONE],
    "tuned-span": [text(OSLO), text(CUT), text(MAIL), text(MAIL)],
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_examples("test.jsonl", ROWS)
    for name, script in ANSWERS.items():
        router = ScriptedRouter(script, name=name)
        box = Toolbox.default()
        predict(router, ROWS, f"eval/{name}.jsonl", toolbox=box, system=name, fingerprint=name)
    return tmp_path


@pytest.fixture
def report(files, toolbox):
    rows = read_test_rows(["test.jsonl"])
    answers = [read_answers(path, rows, toolbox) for path in sorted(files.glob("eval/*.jsonl"))]
    return build(answers, rows, toolbox, testfiles=["test.jsonl"])


def rate(report, system, metric="fully_correct", kind="part", group="test"):
    return report["systems"][system]["groups"][kind][group][metric]["rate"]


def test_the_systems_stand_in_the_order_of_tables_with_their_rates(report):
    assert list(report["systems"]) == list(ANSWERS)
    assert [rate(report, name) for name in ANSWERS] == [0.5, 0.0, 0.25, 0.75, 0.5]
    assert rate(report, "base-free", "valid_json") == 0.5
    assert rate(report, "tuned-span", "no_tool_recall") == 0.0


def test_every_group_has_every_metric(report):
    system = report["systems"]["tuned-span"]
    assert list(system["groups"]) == ["all", "part", "bucket", "register", "tool", "category"]
    assert set(system["groups"]["category"]) == {"quoted"}
    assert rate(report, "tuned-span", kind="tool", group="send_email") == 1.0
    assert rate(report, "tuned-span", kind="bucket", group="test/hard") == 0.0


def test_errors_confusion_and_samples_are_those_of_the_rows(report):
    system = report["systems"]["tuned-span"]
    assert system["errors"]["all"] == {"cut_span": 1, "false_call": 1}
    assert system["argument_errors"] == {"get_weather.city": {"cut_span": 1}}
    assert system["confusion"]["no tool"] == {"send_email": 1}
    assert report["headline"] == "tuned-span"
    assert [(sample["id"], sample["error"]) for sample in report["samples"]] == [
        ("d", "false_call"),
        ("b", "cut_span"),
    ]


def test_pairs_count_what_was_fixed_and_broken(report):
    found = {(pair["a"], pair["b"], pair["measure"], pair["part"]): pair for pair in report["pairs"]}
    pair = found["base-span", "tuned-span", "fully_correct", "test"]
    assert (pair["fixed"], pair["broken"], pair["both_right"], pair["both_wrong"]) == (2, 1, 0, 1)
    assert found["base-span", "tuned-span", "no_tool", "all"]["broken"] == 1
    assert pair["p_holm"] >= pair["p"]
    assert [(row["change"], row["id"]) for row in report["changes"]] == [
        ("fixed", "a"),
        ("fixed", "c"),
        ("broken", "d"),
    ]


def test_the_receipt_names_files_hashes_and_versions_and_no_machine_path(report, files):
    source = report["provenance"]
    assert source["test_files"][0]["path"] == "test.jsonl"
    assert len(source["test_files"][0]["sha256"]) == 64
    assert source["commit"] is None
    assert "toolsmith-evaluator" in source["versions"]
    assert report["systems"]["rules"]["file"] == "eval/rules.jsonl"
    assert str(files) not in json.dumps(report)


def test_the_same_files_give_the_same_report(report, files, toolbox):
    rows = read_test_rows(["test.jsonl"])
    again = [read_answers(path, rows, toolbox) for path in files.glob("eval/*.jsonl")]
    assert build(again, rows, toolbox, testfiles=["test.jsonl"]) == report


def test_missing_and_stale_answers_are_left_out_and_told(files, toolbox):
    import dataclasses

    rows = [dataclasses.replace(ROWS[0], request="changed"), *ROWS[1:], example(OSLO, id="new")]
    answers = read_answers("eval/rules.jsonl", rows, toolbox)
    assert (len(answers.rows), answers.unanswered, answers.stale) == (3, 2, 1)
    assert "incomplete" in render(build([answers], rows, toolbox))


def test_a_gold_answer_that_cannot_be_converted_is_told(toolbox, files):
    row = example(call("get_weather", city="Oslo", date="blue"), id="a", request="request a")
    report = build([read_answers("eval/rules.jsonl", [row], toolbox)], [row], toolbox)
    assert report["unresolved_gold"] == ["a"]
    assert "cannot be converted" in render(report)


def test_a_row_without_a_split_is_of_the_split_that_its_file_is_named_after(tmp_path):
    path = write_examples(tmp_path / "handwritten.jsonl", [example(OSLO, split="")])
    assert read_test_rows([path])[0].split == "handwritten"
    with pytest.raises(DataError, match="appears twice"):
        read_test_rows([path, path])


def test_the_csv_has_one_line_per_system_group_and_metric(report):
    rows = list(csv.DictReader(io.StringIO(to_csv(report))))
    one = next(r for r in rows if (r["system"], r["kind"], r["metric"]) == ("rules", "part", "fully_correct"))
    assert (one["hits"], one["n"], one["rate"]) == ("2", "4", "0.5")
    assert len(rows) == len(
        {tuple(row[key] for key in ("system", "kind", "group", "metric")) for row in rows}
    )


def test_the_markdown_shows_each_section_and_keeps_cells_whole(report):
    shown = render(report)
    for title in (
        "# Evaluation",
        "## Fully correct",
        "### test (n=4)",
        "## Tuning and grammar apart",
        "## Paired comparisons",
        "## By hard category: fully correct",
        "### Samples (tuned, span grammar)",
        "## What changed from base, span grammar to tuned, span grammar",
        "## Tool asked (rows) and tool given (columns), tuned, span grammar",
        "## Where it comes from",
    ):
        assert f"\n{title}\n" in f"\n{shown}", title
    for block in shown.split("\n\n"):
        if block.startswith("|"):
            lines = block.splitlines()
            assert len({line.replace("\\|", "").count("|") for line in lines}) == 1, block


def test_html_in_an_answer_is_shown_and_not_rendered(report):
    assert tables.cell("<b>eh</b> a < 3") == "&lt;b>eh&lt;/b> a < 3"
    assert "<b>" not in render(report)


BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"


def test_the_block_is_generated_compared_and_updated(report, tmp_path):
    readme = tmp_path / "R.md"
    readme.write_text(f"before\n{BEGIN}\n{END}\nafter\n")
    assert not tables.is_current(readme, report)
    assert tables.update(readme, report)
    assert tables.is_current(readme, report)
    assert not tables.update(readme, report)
    assert "| tuned, span grammar | 50.0 [15.0, 85.0] |" in readme.read_text()
    readme.write_text(readme.read_text().replace("50.0", "60.0"))
    assert not tables.is_current(readme, report)


@pytest.mark.parametrize("text_", ["", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}{END}" * 2])
def test_markers_that_are_not_there_once_and_in_order_are_refused(tmp_path, text_):
    readme = tmp_path / "R.md"
    readme.write_text(text_)
    with pytest.raises(DataError, match="once each"):
        block_of(readme, tables.BLOCK)


def test_the_axes_end_with_no_tool_and_invalid():
    counts = {"no tool": {"a": 1}, "b": {"invalid": 1, "no tool": 1}, "a": {"b": 1}}
    assert axes(counts) == (["a", "b", "no tool"], ["a", "b", "no tool", "invalid"])


def test_the_files_are_written(report, tmp_path):
    paths = write(report, tmp_path / "out", render(report))
    assert [path.name for path in paths] == ["eval.json", "eval.csv", "eval_report.md"]
    assert json.loads(paths[0].read_text()) == report


def test_the_pictures_are_drawn_with_labelled_axes(report, tmp_path):
    pytest.importorskip("matplotlib")
    from toolsmith_evaluator.plots import draw

    paths = draw(report, tmp_path)
    assert [path.name for path in paths] == ["eval_chart.png", "confusion.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_without_matplotlib_the_install_line_is_named(report, tmp_path, monkeypatch):
    import sys

    from toolsmith_evaluator.plots import draw
    from toolsmith_schema import MissingPackage

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingPackage, match=r'pip install "toolsmith-evaluator\[plot\]"'):
        draw(report, tmp_path)
