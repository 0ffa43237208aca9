"""Prediction files: complete, resumable, validated."""

import json

import pytest

from toolsmith_evaluator import Prediction, predict, read_predictions
from toolsmith_evaluator.predict import fingerprint_of
from toolsmith_schema import DataError, FunctionRouter, NoTool, ScriptedRouter, ToolsmithError

from .conftest import NONE, call, example, text

OSLO = call("get_weather", city="Oslo", date="tomorrow")


@pytest.fixture
def rows():
    return [example(NoTool(), id=f"r{i}", request=f"request {i}") for i in range(7)]


@pytest.fixture
def run(tmp_path, toolbox):
    path = tmp_path / "eval" / "toy.jsonl"

    def go(router, rows, **options):
        options = {"fingerprint": "f1", "batch_size": 3, **options}
        return predict(router, rows, path, toolbox=toolbox, system="toy", **options)

    go.path = path
    return go


def script(n: int) -> ScriptedRouter:
    return ScriptedRouter([NONE] * n)


def test_every_row_is_asked_once_and_written_in_order(run, rows):
    router, steps = script(7), []
    found = run(router, rows, progress=lambda done, of: steps.append((done, of)))
    assert [row.id for row in found] == [row.id for row in rows]
    assert read_predictions(run.path) == found
    assert router.asked == [row.request for row in rows]
    assert steps == [(3, 7), (6, 7), (7, 7)]


def test_a_finished_run_asks_nothing_again(run, rows):
    run(script(7), rows)
    before = run.path.read_bytes()
    run(script(0), rows)
    assert run.path.read_bytes() == before


def test_a_run_that_broke_off_goes_on_with_the_rest(run, rows):
    with pytest.raises(ToolsmithError, match="one more"):
        run(script(5), rows)
    assert len(read_predictions(run.path)) == 3
    router = script(4)
    run(router, rows)
    assert router.asked == [row.request for row in rows[3:]]


@pytest.mark.parametrize("kept", [1, 20, 200])
def test_a_torn_last_line_is_predicted_again(run, rows, kept):
    run(script(7), rows)
    whole = run.path.read_bytes()
    lines = whole.splitlines(keepends=True)
    run.path.write_bytes(b"".join(lines[:5]) + lines[5][:kept])
    assert len(read_predictions(run.path)) == 5
    router = script(2)
    run(router, rows)
    assert router.asked == [row.request for row in rows[5:]]
    assert [row.id for row in read_predictions(run.path)] == [row.id for row in rows]


def test_a_last_line_that_lacks_only_its_end_is_kept(run, rows):
    run(script(7), rows)
    run.path.write_bytes(run.path.read_bytes().rstrip(b"\n"))
    run(script(0), rows)
    assert len(read_predictions(run.path)) == 7


def test_a_changed_request_a_changed_clock_and_a_changed_system_are_asked_again(run, rows):
    import dataclasses
    from datetime import datetime

    run(script(7), rows)
    rows[2] = dataclasses.replace(rows[2], request="another request")
    rows[4] = dataclasses.replace(rows[4], now=datetime(2027, 1, 1))
    router = script(2)
    run(router, rows)
    assert router.asked == ["another request", "request 4"]
    run(script(7), rows, fingerprint="f2")
    assert {row.fingerprint for row in read_predictions(run.path)} == {"f2"}


def test_rows_that_are_not_asked_for_this_time_stay(run, rows):
    run(script(7), rows)
    run(script(0), rows[:2])
    assert len(read_predictions(run.path)) == 7
    run(script(0), rows)
    assert [row.id for row in read_predictions(run.path)] == [row.id for row in rows]


def test_the_file_does_not_depend_on_where_a_run_broke_off(run, rows):
    run(script(7), rows)
    whole = run.path.read_text()
    run.path.write_text("".join(reversed(whole.splitlines(keepends=True)[3:6])))
    run(script(4), rows)
    assert run.path.read_text() == whole


def test_a_row_keeps_what_was_said_and_what_it_came_to(run):
    [found] = run(FunctionRouter(lambda request: text(OSLO), name="toy"), [example(OSLO)])
    assert found.outcome == "call"
    assert found.said == OSLO
    assert found.args == {"city": "Oslo", "date": "2026-11-24"}
    assert found.tier == "toy"
    assert found.latency_ms >= 0
    row = json.loads(run.path.read_text())
    assert list(row)[:4] == ["id", "request", "now", "request_hash"]
    assert (row["tool"], row["said_args"]) == ("get_weather", {"city": "Oslo", "date": "tomorrow"})


def test_text_that_is_no_decision_is_kept_with_its_reason(run):
    raw = "Tōkyō? \ud83d I do not know"
    [found] = run(ScriptedRouter([raw]), [example(OSLO)])
    assert (found.outcome, found.said, found.raw) == ("invalid", None, raw)
    assert "no JSON object" in str(found.error)
    assert read_predictions(run.path) == [found]


def test_a_router_that_answers_too_few_is_refused(run, rows):
    class Short:
        name = "short"

        def route(self, requests, toolbox):
            return []

    with pytest.raises(ToolsmithError, match="0 of 3"):
        run(Short(), rows)


def test_a_router_whose_decision_is_not_its_text_is_refused(run, rows):
    from toolsmith_schema import Routed

    class Liar:
        name = "liar"

        def route(self, requests, toolbox):
            return [Routed(raw="whatever", decision=NoTool()) for _ in requests]

    with pytest.raises(ToolsmithError, match="contradictions"):
        run(Liar(), rows)


def test_two_rows_of_one_id_are_refused(run, rows):
    with pytest.raises(DataError, match="appears twice"):
        run(script(7), [*rows, rows[0]])


def test_another_file_is_not_overwritten(run, rows):
    run.path.parent.mkdir()
    run.path.write_text('{"some": "thing"}\n')
    with pytest.raises(DataError, match="not a prediction file"):
        run(script(7), rows)
    assert run.path.read_text() == '{"some": "thing"}\n'


GOOD = {
    "id": "1",
    "request": "r",
    "now": "2026-11-23T09:00",
    "request_hash": "h",
    "system": "s",
    "fingerprint": "f",
    "outcome": "call",
    "tool": "get_weather",
    "args": {"city": "Oslo"},
    "said_args": {"city": "Oslo"},
    "raw": '{"tool": "get_weather", "args": {"city": "Oslo"}}',
}


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "maybe"},
        {"outcome": "no_tool"},
        {"outcome": None},
        {"tool": None, "said_args": {}},
        {"tool": None, "said_args": None},
        {"tool": 7},
        {"said_args": {"city": "Rome"}},
        {"raw": "Oslo"},
        {"args": []},
        {"args": None},
        {"id": 3},
        {"now": "soon"},
        {"latency_ms": "fast"},
        {"latency_ms": float("nan")},
        {"confidence": True},
        {"violations": "none"},
        {"request_hash": None},
    ],
)
def test_a_row_that_contradicts_itself_is_refused(tmp_path, change):
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps(GOOD) + "\n")
    assert read_predictions(path)[0].to_json()["raw"] == GOOD["raw"]
    path.write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD | change) + "\n")
    with pytest.raises(DataError, match="line 2"):
        read_predictions(path)


def test_a_row_survives_writing_and_reading():
    row = Prediction.from_json(GOOD)
    assert Prediction.from_json(row.to_json()) == row


def test_a_fingerprint_changes_with_weights_shots_and_settings_and_not_with_notes(tmp_path):
    weights = tmp_path / "adapter"
    weights.mkdir()
    (weights / "adapter_model.safetensors").write_bytes(b"one")
    first = fingerprint_of(adapter=weights, decoding="span", shots=[])
    (weights / "README.md").write_text("a card")
    assert fingerprint_of(adapter=weights, decoding="span", shots=[]) == first
    assert fingerprint_of(adapter=weights, decoding="free", shots=[]) != first
    assert fingerprint_of(adapter=weights, decoding="span", shots=[example(OSLO)]) != first
    (weights / "adapter_model.safetensors").write_bytes(b"two")
    assert fingerprint_of(adapter=weights, decoding="span", shots=[]) != first
