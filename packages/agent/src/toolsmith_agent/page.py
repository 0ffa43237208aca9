"""The report as one HTML file that needs nothing else: charts as inline SVG, single runs to unfold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from toolsmith_agent.report import Latency, Report
from toolsmith_agent.runs import LoggedRun, Logs

MOST_RUNS = 500
"""Runs that can be unfolded, the latest first; the figures count all of them."""

_GOOD = frozenset(["call", "no_tool", "need_argument", "completed", "direct"])
_BAD = frozenset(
    ["failed", "invalid", "unknown", "blocked", "error", "interrupted", "unfinished", "declined"]
)
_STEPS = {
    "start": ("tiers", "executes"),
    "request": ("request", "now"),
    "warning": ("text",),
    "attempt": ("tier", "outcome", "retry", "latency_ms", "confidence", "raw", "error"),
    "question": ("missing", "answered", "args"),
    "confirmation": ("tool", "confirmed"),
    "intent": ("tool", "args", "key"),
    "effect": ("status", "error", "result", "key", "latency_ms"),
    "end": ("outcome", "tool", "args", "missing", "effect", "latency_ms"),
}
"""What is shown of a step."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6570; --line: #d8dee4; --paper: #ffffff;
  --card: #f5f7f9; --good: #1a7f4b; --bad: #c0392b; --bar: #2f6fb3; --track: #e3e8ee; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #9aa5b1; --line: #343b44;
  --paper: #14171b; --card: #1d2228; --good: #4cc38a; --bad: #f07a6a; --bar: #6aa9e9; --track: #2b323a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 1.25rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 0 0 .6rem; }
p { margin: 0 0 1rem; } .soft { color: var(--soft); font-size: .875rem; }
.figures, .charts { display: grid; gap: .75rem; margin: 1rem 0; }
.figures { grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); }
.charts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem;
  min-width: 0; }
.figure b { display: block; font-size: 1.5rem; line-height: 1.3; } .bad b, .bad-text { color: var(--bad); }
.good b, .good-text { color: var(--good); }
.bars { display: grid; grid-template-columns: minmax(5rem, max-content) 1fr max-content; gap: .3rem .6rem;
  align-items: center; font-size: .875rem; }
.bars svg { width: 100%; height: .9rem; display: block; border-radius: .2rem; }
.bars > span { overflow-wrap: anywhere; } .bars > span:nth-child(3n) { text-align: right; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere; }
td.number, th.number { text-align: right; white-space: nowrap; }
input { width: 100%; font: inherit; padding: .5rem .7rem; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: .4rem; margin-bottom: .6rem; }
details { border: 1px solid var(--line); border-radius: .5rem; margin-bottom: .45rem;
  background: var(--card); }
summary { cursor: pointer; padding: .55rem .8rem; overflow-wrap: anywhere; }
summary .soft { display: block; } .steps { padding: 0 .8rem .6rem; overflow-x: auto; }
.steps th { white-space: nowrap; width: 1%; } code { font: .8125rem/1.45 ui-monospace, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; }
"""

_SCRIPT = """
const field = document.querySelector("input"), runs = [...document.querySelectorAll("details")];
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\\s+/);
  for (const run of runs) {
    const text = run.textContent.toLowerCase();
    run.hidden = !words.every(word => text.includes(word));
  }
});
"""


def make_page(report: Report, logs: Logs) -> str:
    """The report on `logs` as an HTML document."""
    latest = sorted(logs.runs, key=lambda run: run.at, reverse=True)[:MOST_RUNS]
    rate = report.success_rate
    figures = [
        _figure("runs", str(report.runs)),
        _figure("succeeded", "–" if rate is None else f"{rate:.1%}"),
        _figure("p50 of a run", f"{report.whole.p50:.1f} ms" if report.whole else "–"),
        _figure("unknown effects", str(len(report.unknown)), bad=bool(report.unknown)),
        _figure("dropped events", str(report.dropped), bad=bool(report.dropped)),
        _figure("cut-off lines", str(report.torn), bad=bool(report.torn)),
    ]
    charts = [
        _chart("Outcomes", report.outcomes),
        _chart("How the answer came about", report.ways),
        _chart("Recoveries", report.recoveries),
        _chart("Effects", report.effects),
        _latencies(report.tiers),
        _violations(report),
    ]
    more = f" (the latest {len(latest)})" if len(latest) < report.runs else ""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>toolsmith: {report.runs} runs</title><style>{_STYLE}</style></head><body><main>",
            "<h1>What the agent did</h1>",
            f'<p class="soft">{escape(", ".join(report.files))}</p>',
            f'<div class="figures">{"".join(figures)}</div>',
            f'<div class="charts">{"".join(charts)}</div>',
            f"<h2>Runs{more}</h2>",
            '<input type="search" placeholder="Filter: words of a run" aria-label="Filter the runs">',
            *map(_run, latest),
            f"<script>{_SCRIPT}</script></main></body></html>\n",
        ]
    )


def _figure(title: str, value: str, *, bad: bool = False) -> str:
    kind = " bad" if bad else ""
    text = f'<b>{escape(value)}</b><span class="soft">{escape(title)}</span>'
    return f'<div class="card figure{kind}">{text}</div>'


def _card(title: str, inner: str) -> str:
    return f'<section class="card"><h2>{escape(title)}</h2>{inner}</section>'


def _bar(spans: Iterable[tuple[float, float, str]], label: str) -> str:
    """One bar: parts of it as start and width in per cent, and their colour."""
    parts = "".join(
        f'<rect x="{start:.2f}" width="{max(width, 0.6):.2f}" height="10" fill="var({colour})"/>'
        for start, width, colour in spans
    )
    return (
        f'<svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{escape(label)}">'
        f'<rect width="100" height="10" fill="var(--track)"/>{parts}</svg>'
    )


def _chart(title: str, counts: Mapping[str, int]) -> str:
    if not counts:
        return _card(title, '<p class="soft">None.</p>')
    most = max(counts.values())
    rows = [
        f"<span>{escape(name)}</span>{_bar([(0, 100 * count / most, _colour(name))], f'{name}: {count}')}"
        f"<span>{count}</span>"
        for name, count in counts.items()
    ]
    return _card(title, f'<div class="bars">{"".join(rows)}</div>')


def _latencies(tiers: Mapping[str, Latency]) -> str:
    """For each tier a bar up to the 99th percentile, darker up to the 90th and the median."""
    if not tiers:
        return _card("Latency of answers", '<p class="soft">None.</p>')
    most = max(latency.p99 for latency in tiers.values()) or 1.0
    rows = []
    for name, latency in tiers.items():
        spans = [(0.0, 100 * value / most, "--bar") for value in (latency.p99, latency.p90, latency.p50)]
        bar = _bar(spans, f"{name}: p50 {latency.p50} ms, p99 {latency.p99} ms").replace(
            "<rect x=", '<rect opacity=".45" x='
        )
        text = " / ".join(f"{value:.3g}" for value in (latency.p50, latency.p90, latency.p99))
        rows.append(f"<span>{escape(name)} ({latency.count})</span>{bar}<span>{text}</span>")
    note = '<p class="soft">p50 / p90 / p99 in milliseconds; failures count too.</p>'
    return _card("Latency of answers", f'{note}<div class="bars">{"".join(rows)}</div>')


def _violations(report: Report) -> str:
    if not report.violations:
        return _card("Top violations", '<p class="soft">None.</p>')
    rows = "".join(
        f'<tr><td class="number">{v.count}</td><td><code>{escape(v.place)}</code><br>'
        f"{escape(v.expected)}</td></tr>"
        for v in report.violations
    )
    head = '<tr><th class="number">n</th><th>expected</th></tr>'
    return _card("Top violations", f'<div class="wide"><table>{head}{rows}</table></div>')


def _run(run: LoggedRun) -> str:
    words = [run.outcome, *([run.effect] if run.effect else []), run.way]
    shown = ", ".join(f'<span class="{_class(word)}">{escape(word)}</span>' for word in dict.fromkeys(words))
    recoveries = f" · {escape(', '.join(run.recoveries))}" if run.recoveries else ""
    rows = "".join(_step(row, run.events[0]) for row in run.events)
    return (
        f"<details><summary>{escape(run.request) or '(no request)'}"
        f'<span class="soft">{shown}{recoveries} · {escape(run.at)} · {escape(run.id)}</span></summary>'
        f'<div class="steps"><table>{rows}</table></div></details>'
    )


def _step(row: Mapping[str, Any], first: Mapping[str, Any]) -> str:
    after = ""
    if isinstance(row.get("mono"), int | float) and isinstance(first.get("mono"), int | float):
        after = f'<br><span class="soft">+{1e3 * (row["mono"] - first["mono"]):.1f} ms</span>'
    kind = str(row["event"])
    names = _STEPS.get(
        kind, tuple(name for name in row if name not in ("v", "run", "seq", "wall", "mono", "event"))
    )
    facts = [f"{name}: {_text(row[name])}" for name in names if row.get(name) not in (None, "", [], {})]
    facts += [f"recovery: {row['recovery']}"] if row.get("recovery") else []
    facts += [
        f"  {violation.get('sentence', '')}"
        for violation in row.get("violations") or ()
        if isinstance(violation, dict)
    ]
    return f"<tr><th>{escape(kind)}{after}</th><td><code>{escape(chr(10).join(facts))}</code></td></tr>"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _colour(name: str) -> str:
    return "--good" if name in _GOOD else "--bad" if name in _BAD else "--bar"


def _class(name: str) -> str:
    return "good-text" if name in _GOOD else "bad-text" if name in _BAD else ""
