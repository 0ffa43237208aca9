"""Killed in the middle of a dispatch: after a restart nothing is done twice, and the unknown is told."""

import json
import signal
import subprocess
import sys

import pytest

from toolsmith_agent.report import make_report
from toolsmith_agent.runs import read_runs

PROGRAM = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from toolsmith_agent import Agent, FunctionExecutor, Ledger
from toolsmith_agent.log_file import EventLog
from toolsmith_schema import FunctionRouter, Toolbox

folder, run, when = Path(sys.argv[1]), sys.argv[2] or None, sys.argv[3]

def send_email(to, body):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    with open(folder / "sent", "a") as outbox:
        outbox.write(body + "\\n")
        outbox.flush()
        os.fsync(outbox.fileno())
    if when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return {"sent": True}

router = FunctionRouter(lambda request: '{"tool": "send_email", "args": {"to": "Zoe", "body": "hello"}}')
with EventLog(folder / "run-crash.jsonl") as log:
    agent = Agent([router], Toolbox.default(), executor=FunctionExecutor({"send_email": send_email}),
                  sink=log, ledger=Ledger(folder / "ledger.jsonl"), confirm=lambda call, tool: True)
    result = agent.run("mail Zoe hello", now=datetime(2026, 11, 23, 9), run_id=run)
print(result.effect.status, result.effect.dispatched)
"""


def start(folder, run, when):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, folder, run, when],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(("when", "sent"), [("before", 0), ("after", 1)])
def test_a_side_effect_that_a_kill_cut_off_is_not_done_again(tmp_path, when, sent):
    killed = start(tmp_path, "run-1", when)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    resumed = start(tmp_path, "run-1", "")
    assert resumed.stdout == "unknown False\n", resumed.stderr
    asked_again = start(tmp_path, "", "")
    assert asked_again.stdout == "blocked False\n"
    outbox = tmp_path / "sent"
    assert (outbox.read_text().count("hello") if outbox.exists() else 0) == sent
    rows = [json.loads(line) for line in (tmp_path / "run-crash.jsonl").read_text().splitlines()]
    first = [row["event"] for row in rows if row["run"] == "run-1"]
    steps = ["start", "request", "attempt", "confirmation", "intent"]
    assert first[:5] == steps, "the log was synced before the dispatch"
    report = make_report(read_runs([tmp_path / "run-crash.jsonl"]))
    assert report.effects == {"unknown": 2, "blocked": 1}
    assert report.unknown == ("run-1", "run-1")
