"""Logs, the report on them and its page."""

import json
import re
import shutil
import subprocess
from html import escape

import pytest

from toolsmith_agent.demo import SCENARIOS, run_demo
from toolsmith_agent.page import make_page
from toolsmith_agent.report import latency, make_report, percentile
from toolsmith_agent.runs import find_logs, read_runs
from toolsmith_schema import DataError


@pytest.fixture
def log(tmp_path):
    """The log of the demo."""
    path = tmp_path / "logs" / "run-demo.jsonl"
    run_demo(path)
    return path


@pytest.fixture
def write(tmp_path):
    """``write(row, …)`` writes a log of these events."""

    def rows(*rows, name="run-a.jsonl"):
        path = tmp_path / name
        path.write_text(
            "".join(json.dumps({"wall": f"t{i}", "seq": i, **row}) + "\n" for i, row in enumerate(rows))
        )
        return path

    return rows


def test_the_demo_takes_every_way_through_the_loop(log):
    report = make_report(read_runs([log]))
    assert report.runs == len(SCENARIOS) == 7
    assert report.ways == {"direct": 3, "failed": 2, "fall-back": 1, "repair": 1}
    assert report.outcomes == {"call": 5, "need_argument": 1, "no_tool": 1}
    assert report.effects == {"completed": 3, "blocked": 1, "unknown": 1}
    assert report.unknown == ("side-effect-unknown",)
    assert set(report.recoveries) == {
        "repair",
        "repeated-output",
        "tier-failed",
        "nobody-to-ask",
        "effect-unknown",
        "not-dispatched",
    }
    assert (report.dropped, report.torn) == (0, 0)
    assert {"tuned", "endpoint", "base"} == set(report.tiers)
    assert report.success_rate == pytest.approx(5 / 7)


def test_the_demos_log_is_redacted(log):
    text = log.read_text()
    assert "Zoe" not in text and "zoe@" not in text
    assert "Email <NAME_1> at <EMAIL_1> that the demo is at noon" in text


def test_the_demo_writes_its_log_anew(log):
    run_demo(log)
    assert make_report(read_runs([log])).runs == 7


def test_a_run_that_was_killed_in_mid_dispatch_is_unknown(write):
    start = {"run": "r", "event": "start"}
    report = make_report(read_runs([write(start, {"run": "r", "event": "intent", "tool": "send_email"})]))
    assert (report.outcomes, report.effects, report.unknown) == ({"unfinished": 1}, {"unknown": 1}, ("r",))
    assert report.succeeded == 0


def test_a_run_that_was_taken_up_again_counts_for_each_start(write):
    start, end = {"run": "r", "event": "start"}, {"run": "r", "event": "end", "outcome": "call"}
    logs = read_runs([write(start, {"run": "r", "event": "intent"}, start, end)])
    assert [run.effect for run in logs.runs] == ["unknown", None]


def test_losses_are_counted(write):
    path = write({"event": "dropped", "count": 3}, {"event": "dropped", "count": 2})
    with path.open("a") as file:
        file.write('{"event": "en')
    report = make_report(read_runs([path]))
    assert (report.dropped, report.torn, report.runs, report.success_rate) == (5, 1, 0, None)
    assert "5 events dropped, 1 lines cut off" in report.lines()[-1]


def test_events_of_another_form_are_no_reason_to_fail(write):
    odd = [
        {"run": 7, "event": "start"},
        {"run": "r", "event": "attempt", "violations": [3], "latency_ms": "soon", "tier": None},
        {"run": "r", "event": "attempt", "violations": None, "retry": "x"},
        {"run": "r", "event": "something new", "wall": 12, "mono": "x"},
    ]
    logs = read_runs([write(*odd)])
    make_page(make_report(logs), logs)


def test_violations_are_counted_by_place(write):
    broken = {"pointer": "/units", "expected": "one of a, b", "got": '"c"', "sentence": "s"}
    attempt = {"run": "r", "event": "attempt", "tool": "get_weather", "violations": [broken]}
    (only,) = make_report(read_runs([write(attempt, attempt)])).violations
    assert (only.place, only.count) == ("get_weather/units", 2)


def test_percentiles():
    assert [percentile([1, 2, 3, 4, 5], share) for share in (0, 0.5, 0.9, 1)] == [1, 3, pytest.approx(4.6), 5]
    assert latency([7.0]).p99 == 7.0


def test_logs_are_found_in_folders(log):
    assert find_logs([log.parent]) == find_logs([log]) == [log]
    with pytest.raises(DataError, match="agent demo"):
        find_logs([log.parent.parent])
    with pytest.raises(DataError, match="no such"):
        find_logs([log.parent / "nothing"])


def test_files_of_one_log_are_read_from_the_oldest_on(tmp_path):
    names = ["run-a.10.jsonl", "run-a.2.jsonl", "run-a.1.jsonl", "run-a.jsonl", "run-b.jsonl"]
    for name in sorted(names):
        (tmp_path / name).write_text("")
    assert [path.name for path in find_logs([tmp_path])] == names


def page_of(path):
    logs = read_runs([path])
    return make_page(make_report(logs), logs)


def test_the_page_needs_no_other_file_and_shows_every_run(log):
    page = page_of(log)
    assert not re.search(r"(?:src|href)=|url\(|@import|https?://(?!example\.org)", page)
    assert page.count("<details>") == 7
    assert page.count("<svg") >= 15
    for scenario in SCENARIOS:
        assert scenario.name in page


def test_what_a_log_holds_cannot_become_markup(write):
    evil = "<script>alert(1)</script>\"'&"
    rows = [
        {"run": evil, "event": "start", "tiers": [evil]},
        {"run": evil, "event": "request", "request": evil},
        {"run": evil, "event": "attempt", "tier": evil, "tool": evil, "recovery": evil, "outcome": evil,
         "violations": [{"pointer": evil, "expected": evil, "sentence": evil}], "latency_ms": 1},
        {"run": evil, "event": "effect", "status": evil, "result": {evil: evil}},
        {"run": evil, "event": evil, evil: evil},
        {"run": evil, "event": "end", "outcome": evil},
    ]  # fmt: skip
    page = page_of(write(*rows, name="run-<b>.jsonl"))
    assert "<script>alert" not in page and "<b>.jsonl" not in page


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs the browser chromium")
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_on_the_page_is_wider_than_the_screen_and_the_filter_works(log, tmp_path, width):
    probe = """
    <script>{
      document.querySelectorAll("details").forEach(run => run.open = true);
      const wide = document.documentElement.scrollWidth;
      const field = document.querySelector("input");
      field.value = "llamas"; field.dispatchEvent(new Event("input"));
      const left = [...document.querySelectorAll("details")].filter(run => !run.hidden).length;
      parent.document.title = [innerWidth, wide, left].join(" ");
    }</script></main>
    """
    inner = escape(page_of(log).replace("</main>", probe))
    page = tmp_path / "page.html"  # a frame, because the window of a browser cannot be as narrow as a phone
    page.write_text(
        f'<iframe style="width:{width}px;height:900px;border:0" srcdoc="{inner}"></iframe>', "utf-8"
    )
    options = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync".split()
    options += ["--disable-background-networking", "--disable-component-update"]
    done = subprocess.run(
        ["chromium", *options, f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1400,1000",
         "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    inner, wide, left = map(int, re.search(r"<title>([\d ]+)</title>", done.stdout)[1].split())
    assert (inner, left) == (width, 1)
    assert wide <= inner
