import json

import pytest

from toolsmith_agent import Ledger
from toolsmith_agent.ledger import effect_digest, intent_key
from toolsmith_schema import ToolCall

CALL = ToolCall(tool="send_email", args={"to": "Zoe", "body": "hello"})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "logs" / "ledger.jsonl"


@pytest.fixture
def ledger(path):
    with_file = Ledger(path)
    yield with_file
    with_file.close()


def reopened(path):
    return Ledger(path)


def test_the_key_depends_on_run_tool_and_arguments_and_not_on_their_order():
    same = ToolCall(tool="send_email", args={"body": "hello", "to": "Zoe"})
    assert intent_key("r", CALL) == intent_key("r", same)
    others = [
        intent_key("s", CALL),
        intent_key("r", ToolCall(tool="send_message", args=CALL.args)),
        intent_key("r", ToolCall(tool="send_email", args={"to": "Zoe", "body": "Hello"})),
    ]
    assert len({intent_key("r", CALL), *others}) == 4
    assert effect_digest(CALL) == effect_digest(same)


def test_the_intent_is_in_the_file_and_synced_before_begin_returns(ledger, path, monkeypatch):
    synced = []
    monkeypatch.setattr("toolsmith_agent.ledger.os.fsync", lambda file: synced.append(path.read_text()))
    key, standing = ledger.begin("r", CALL)
    assert standing is None
    (row,) = map(json.loads, synced[0].splitlines())
    assert (row["key"], row["status"], row["tool"], row["run"]) == (key, "pending", "send_email", "r")
    assert "Zoe" not in synced[0]


@pytest.mark.parametrize("cut_off", [None, "unknown"])
def test_an_outcome_that_is_not_known_stands_in_the_way_of_the_next_process(ledger, path, cut_off):
    key, _ = ledger.begin("r", CALL)
    if cut_off:
        ledger.settle(key, cut_off)
    ledger.close()
    after = reopened(path)
    assert [record.key for record in after.unsettled()] == [key]
    for run in ("r", "another"):
        assert after.begin(run, CALL)[1].key == key
    other = ToolCall(tool="send_email", args={"to": "Ben", "body": "hello"})
    assert after.begin("r", other)[1] is None
    after.close()


def test_a_completed_intent_stands_in_the_way_of_its_own_run_only(ledger, path):
    key, _ = ledger.begin("r", CALL)
    ledger.settle(key, "completed")
    ledger.close()
    after = reopened(path)
    assert after.begin("r", CALL)[1].status == "completed"
    assert after.begin("another", CALL)[1] is None
    after.close()


def test_a_failed_intent_stands_in_nobodys_way(ledger):
    key, _ = ledger.begin("r", CALL)
    ledger.settle(key, "failed")
    assert ledger.begin("r", CALL) == (key, None)


def test_processes_that_share_the_file_see_one_another(ledger, path):
    other = reopened(path)
    key, _ = ledger.begin("r", CALL)
    assert other.begin("s", CALL)[1].status == "pending"
    ledger.settle(key, "completed")
    assert other.begin("s", CALL)[1] is None
    other.close()


def test_only_one_of_many_threads_may_dispatch_the_same(path):
    from concurrent.futures import ThreadPoolExecutor

    ledgers = [Ledger(path) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: ledgers[i % 4].begin(f"run-{i}", CALL)[1], range(32)))
    assert answers.count(None) == 1
    for one in ledgers:
        one.close()


@pytest.mark.parametrize("torn", ['{"v": 1, "key": "ab', '{"v": 1}', "\xff", '{"key": 7}'])
def test_a_line_that_a_crash_cut_off_is_passed_over_and_the_next_one_is_whole(ledger, path, torn):
    ledger.begin("r", CALL)
    ledger.close()
    with path.open("a", encoding="latin-1") as file:
        file.write(torn)
    after = reopened(path)
    other = ToolCall(tool="wipe")
    key, _ = after.begin("s", other)
    after.settle(key, "completed")
    after.close()
    last = reopened(path)
    assert [record.run for record in last.unsettled()] == ["r"]
    assert last.begin("s", other)[1].status == "completed"
    last.close()


def test_an_outcome_that_cannot_be_written_is_known_to_this_process_and_unknown_to_the_next(
    ledger, path, monkeypatch
):
    key, _ = ledger.begin("r", CALL)

    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("toolsmith_agent.ledger.os.write", full)
        ledger.settle(key, "completed")
    assert ledger.unsettled() == []
    ledger.close()
    after = reopened(path)
    assert [record.status for record in after.unsettled()] == ["pending"]
    after.close()


def test_settled_records_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr("toolsmith_agent.ledger.REMEMBERED", 10)
    ledger = Ledger()
    ledger.begin("first", ToolCall(tool="open"))
    for i in range(50):
        key, _ = ledger.begin(f"run-{i}", CALL)
        ledger.settle(key, "completed")
    assert len(ledger._records) == 11
    assert [record.run for record in ledger.unsettled()] == ["first"]


def test_an_intent_that_is_not_there_cannot_be_settled(ledger):
    with pytest.raises(KeyError):
        ledger.settle("nothing", "completed")
