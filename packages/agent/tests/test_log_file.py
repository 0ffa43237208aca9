import json
import os

import pytest

from toolsmith_agent import log_file
from toolsmith_agent.events import Recorder
from toolsmith_agent.log_file import EventLog, read_log

from .conftest import EMAIL, NOW, WEATHER, Repairer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "logs" / "run-test.jsonl"


def rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def emit(log, run="r", kinds=("start", "request", "end"), **data):
    recorder = Recorder(run, log)
    for kind in kinds:
        recorder.emit(kind, **data)


class Disk:
    """Stands in for `os.write`: refuses, or takes a part, while it is full."""

    def __init__(self, takes):
        self.takes, self.full, self._write = takes, False, os.write

    def write(self, file, data):
        if not self.full:
            return self._write(file, data)
        if self.takes == 0:
            raise OSError(28, "No space left on device")
        return self._write(file, data[: self.takes])


def test_a_line_has_run_sequence_and_both_clocks(path, agent):
    from toolsmith_agent import Agent
    from toolsmith_schema import Toolbox

    with EventLog(path) as log:
        Agent([Repairer("hm", WEATHER)], Toolbox.default(), sink=log).route("weather in Oslo", now=NOW)
    lines = rows(path)
    assert [row["event"] for row in lines] == ["start", "request", "attempt", "attempt", "end"]
    assert [row["seq"] for row in lines] == [0, 1, 2, 3, 4]
    assert len({row["run"] for row in lines}) == 1
    assert all(row["wall"].endswith("+00:00") for row in lines)
    assert [row["mono"] for row in lines] == sorted(row["mono"] for row in lines)
    first, second = lines[2:4]
    assert (first["outcome"], first["recovery"], first["retry"]) == ("invalid", "repair", 0)
    assert first["violations"][0]["sentence"]
    assert (second["outcome"], second["recovery"], second["retry"]) == ("call", "", 1)
    assert lines[1]["request"] == "weather in Oslo"
    assert (lines[-1]["tool"], lines[-1]["args"]) == ("get_weather", {"city": "Oslo"})


def test_each_line_is_one_write(path, monkeypatch):
    written = []
    real = os.write
    monkeypatch.setattr(
        log_file.os, "write", lambda file, data: (written.append(bytes(data)), real(file, data))[1]
    )
    with EventLog(path) as log:
        emit(log)
    assert len(written) == 3
    assert all(data.endswith(b"\n") and data.count(b"\n") == 1 for data in written)


def test_the_file_is_synced_on_an_intent_and_on_close(path, monkeypatch):
    synced = []
    monkeypatch.setattr(log_file.os, "fsync", lambda file: synced.append(len(path.read_text().splitlines())))
    log = EventLog(path)
    emit(log, kinds=("start", "request", "intent"))
    assert synced == [3]
    log.close()
    assert synced == [3, 3]


def test_steps_are_held_back_until_the_names_are_known_and_written_in_order(path):
    with EventLog(path) as log:
        recorder = Recorder("r", log)
        recorder.emit("start")
        recorder.emit("request", request="mail Zoe hello")
        assert [row["event"] for row in rows(path)] == ["start"]
        recorder.emit("attempt", raw=EMAIL)
        recorder.emit("intent", tool="send_email")
        assert [row["seq"] for row in rows(path)] == [0, 1, 2, 3]
    assert "Zoe" not in path.read_text()


def test_what_is_held_back_is_written_on_close(path):
    log = EventLog(path)
    emit(log, kinds=("start", "request"))
    log.close()
    assert [row["event"] for row in rows(path)] == ["start", "request"]


def test_without_redaction_every_step_is_written_at_once(path):
    with EventLog(path, redactor=None) as log:
        emit(log, kinds=("start", "request"), request="mail zoe@example.org")
        assert "zoe@example.org" in path.read_text()


def test_a_line_that_was_cut_off_is_passed_over_and_the_next_one_begins_anew(path):
    with EventLog(path) as log:
        emit(log)
    with path.open("a") as file:
        file.write('{"event": "end", "ru')
    with EventLog(path) as log:
        emit(log, run="s")
    found = list(read_log(path))
    assert found.count(None) == 1
    assert [row["run"] for row in found if row] == ["r"] * 3 + ["s"] * 3


@pytest.mark.parametrize("takes", [0, 10], ids=["takes nothing", "takes a part"])
def test_a_full_disk_is_counted_and_told_as_soon_as_there_is_room(path, monkeypatch, takes, caplog):
    disk = Disk(takes)
    monkeypatch.setattr(log_file.os, "write", disk.write)
    with EventLog(path) as log:
        emit(log, run="before")
        disk.full = True
        emit(log, run="during")
        assert log.dropped == 3
        disk.full = False
        emit(log, run="after")
    found = [row for row in read_log(path) if row]
    assert [row.get("run", row["event"]) for row in found] == ["before"] * 3 + ["dropped"] + ["after"] * 3
    assert found[3]["count"] == 3
    assert "dropped" in caplog.text


def test_what_was_dropped_last_is_told_on_close(path, monkeypatch):
    disk = Disk(0)
    monkeypatch.setattr(log_file.os, "write", disk.write)
    log = EventLog(path)
    disk.full = True
    emit(log)
    disk.full = False
    log.close()
    assert rows(path) == [{"event": "dropped", "count": 3}]


def test_a_log_that_cannot_be_written_does_not_stop_a_run(path, monkeypatch):
    from toolsmith_agent import Agent, MockExecutor
    from toolsmith_schema import ScriptedRouter, Toolbox

    disk = Disk(0)
    monkeypatch.setattr(log_file.os, "write", disk.write)
    with EventLog(path) as log:
        disk.full = True
        agent = Agent([ScriptedRouter([WEATHER])], Toolbox.default(), executor=MockExecutor(), sink=log)
        assert agent.run("weather in Oslo", now=NOW).effect.status == "completed"
        disk.full = False


def test_a_sink_of_the_user_that_breaks_does_not_stop_a_run(caplog):
    from toolsmith_agent import Agent
    from toolsmith_schema import ScriptedRouter, Toolbox

    class Broken:
        def emit(self, event):
            raise RuntimeError("no")

    result = Agent([ScriptedRouter([WEATHER])], Toolbox.default(), sink=Broken()).route("x", now=NOW)
    assert result.outcome == "call"
    assert "Broken" in caplog.text


def test_a_file_that_is_full_becomes_the_first_of_the_older_ones(path):
    with EventLog(path, max_bytes=600, kept=2) as log:
        for i in range(12):
            emit(log, run=f"run-{i}")
    files = sorted(file.name for file in path.parent.iterdir())
    assert files == ["run-test.1.jsonl", "run-test.2.jsonl", "run-test.jsonl"]
    newest_first = ["run-test.jsonl", "run-test.1.jsonl", "run-test.2.jsonl"]
    kept = [row["run"] for name in reversed(newest_first) for row in rows(path.parent / name)]
    assert kept == sorted(kept, key=lambda run: int(run.removeprefix("run-")))
    assert kept[-1] == "run-11"
    assert all((path.parent / name).stat().st_size <= 600 for name in newest_first)


def test_long_texts_are_cut(path):
    with EventLog(path) as log:
        emit(log, kinds=("start", "attempt", "end"), raw="x" * 100_000)
    assert all(len(line) < 9000 for line in path.read_text().splitlines())
    assert "more)" in rows(path)[1]["raw"]


def test_half_a_surrogate_pair_is_written_too(path):
    with EventLog(path) as log:
        emit(log, raw="\ud800")
    assert len(rows(path)) == 3


def test_many_threads_lose_no_line(path):
    from concurrent.futures import ThreadPoolExecutor

    with EventLog(path) as log, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: emit(log, run=f"run-{i}"), range(100)))
    found = rows(path)
    assert len(found) == 300
    for i in range(100):
        assert [row["seq"] for row in found if row["run"] == f"run-{i}"] == [0, 1, 2]


def test_runs_that_never_end_do_not_fill_the_memory(path, monkeypatch):
    monkeypatch.setattr(log_file, "MAX_RUNS", 5)
    with EventLog(path) as log:
        for i in range(20):
            emit(log, run=f"run-{i}", kinds=("start", "request"))
        assert len(log._runs) == 5
    assert len(rows(path)) == 40
