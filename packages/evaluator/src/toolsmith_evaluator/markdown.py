"""``eval_report.md``: the whole report for people, a view of ``eval.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from toolsmith_evaluator.metrics import METRICS
from toolsmith_evaluator.report import CHANGED, NO_TOOL
from toolsmith_evaluator.score import ERRORS
from toolsmith_evaluator.tables import cell, fully_correct, ladder, lift_table, part_sizes, share, table

Report = Mapping[str, Any]

_BREAKDOWNS = {
    "bucket": "By bucket",
    "register": "By register",
    "tool": "By tool asked",
    "category": "By hard category",
}


def render(report: Report) -> str:
    """The Markdown text of the report."""
    sections = [
        "# Evaluation",
        _intro(report),
        "## Fully correct",
        fully_correct(report),
        "![base against tuned](eval_chart.png)",
        *_ladders(report),
        *_grid(report),
        *_comparisons(report),
        *_breakdowns(report),
        *_errors(report),
        *_changes(report),
        *_confusion(report),
        *_provenance(report),
    ]
    return "\n\n".join(sections) + "\n"


def _intro(report: Report) -> str:
    notes = [
        "Rates in per cent with 95 % Wilson intervals. A row is fully correct when the tool is right and all "
        "arguments are exact as typed values, or when a refusal is right and was given explicitly; text that "
        "is no decision is never a refusal. All systems are coerced, checked and scored by the same code."
    ]
    for system in report["systems"].values():
        if system["unanswered"] or system["stale"]:
            notes.append(
                f"**{system['label']} is incomplete**: {system['unanswered']} of {report['test_rows']} test "
                f"rows have no answer, {system['stale']} predictions of other rows were left out."
            )
    if report["unresolved_gold"]:
        shown = ", ".join(report["unresolved_gold"][:10])
        notes.append(
            f"**{len(report['unresolved_gold'])} gold decisions cannot be converted or checked**: {shown}."
        )
    return "\n\n".join(notes)


def _ladders(report: Report) -> list[str]:
    found = ["## The ladder, part by part"]
    for part, n in part_sizes(report).items():
        found += [f"### {part} (n={n})", ladder(report, part, intervals=True)]
    meanings = "\n".join(f"- **{metric.label}**: {metric.text}" for metric in METRICS.values())
    return [*found, "What the columns say:", meanings]


def _grid(report: Report) -> list[str]:
    """{base, tuned} × {free, span}: so that the grammar's gain is not credited to tuning."""
    systems = report["systems"]
    if not all(
        f"{kind}-{decoding}" in systems for kind in ("base", "tuned") for decoding in ("free", "span")
    ):
        return []
    rows = []
    for part in part_sizes(report):
        rate = {
            (kind, decoding): systems[f"{kind}-{decoding}"]["groups"]["part"]
            .get(part, {})
            .get("fully_correct")
            for kind in ("base", "tuned")
            for decoding in ("free", "span")
        }
        if not all(rate.values()):
            continue
        value = {key: 100 * (r["rate"] or 0) for key, r in rate.items() if r}
        rows += [
            [
                f"{part}: {kind}",
                share(rate[kind, "free"]),
                share(rate[kind, "span"]),
                f"{value[kind, 'span'] - value[kind, 'free']:+.1f}",
            ]
            for kind in ("base", "tuned")
        ]
        gains = [value["tuned", decoding] - value["base", decoding] for decoding in ("free", "span")]
        rows.append([f"{part}: gain of tuning", f"{gains[0]:+.1f}", f"{gains[1]:+.1f}", ""])
    return [
        "## Tuning and grammar apart",
        table(["fully correct", "free decoding", "span grammar", "gain of the grammar"], rows),
    ]


def _comparisons(report: Report) -> list[str]:
    if not report["pairs"]:
        return []
    right = [pair for pair in report["pairs"] if pair["measure"] != NO_TOOL]
    refusals = [pair for pair in report["pairs"] if pair["measure"] == NO_TOOL]
    found = [
        "## Paired comparisons",
        "The same rows under two systems. *Fixed* rows were wrong under the first and right under the "
        "second, *broken* the other way round. p: exact McNemar test, two-sided; Holm's adjustment is over "
        "the parts. The interval of the difference is a bootstrap that draws whole wordings.",
        "### Fully correct",
        lift_table(right),
    ]
    return (
        [*found, "### Explicit refusals, on the rows where only a refusal is right", lift_table(refusals)]
        if (refusals)
        else found
    )


def _breakdowns(report: Report) -> list[str]:
    found = []
    for kind, title in _BREAKDOWNS.items():
        groups = dict.fromkeys(
            name for system in report["systems"].values() for name in system["groups"].get(kind, {})
        )
        if not groups:
            continue
        labels = [system["label"] for system in report["systems"].values()]
        rows = []
        for group in groups:
            rates = [
                system["groups"].get(kind, {}).get(group, {}).get("fully_correct")
                for system in report["systems"].values()
            ]
            n = max(rate["n"] for rate in rates if rate)
            rows.append([f"{group} (n={n})", *(share(rate) for rate in rates)])
        found += [f"## {title}: fully correct", table([kind, *labels], rows)]
    return found


def _errors(report: Report) -> list[str]:
    systems = report["systems"].values()
    rows = [[kind, *(system["errors"]["all"].get(kind, 0) for system in systems)] for kind in ERRORS]
    rows.append(["wrong rows", *(sum(system["errors"]["all"].values()) for system in systems)])
    found = ["## Errors", table(["kind", *(system["label"] for system in systems)], rows)]
    headline = report["systems"][report["headline"]]
    if headline["argument_errors"]:
        kinds = [kind for kind in ERRORS if any(kind in v for v in headline["argument_errors"].values())]
        by_argument = [
            [name, *(counts.get(kind, 0) for kind in kinds)]
            for name, counts in headline["argument_errors"].items()
        ]
        found += [f"### By argument ({headline['label']})", table(["argument", *kinds], by_argument)]
    if report["samples"]:
        lines = ["| error | request | wanted | said |", "| --- | --- | --- | --- |"]
        for sample in report["samples"]:
            cells = (sample["error"], sample["request"], _short(sample["wanted"]), _short(sample["said"]))
            lines.append("| " + " | ".join(cell(text) for text in cells) + " |")
        found += [f"### Samples ({headline['label']})", "\n".join(lines)]
    return found


def _changes(report: Report) -> list[str]:
    if not report["changes"]:
        return []
    before, after = (report["systems"][name]["label"] for name in CHANGED)
    lines = [f"| | request | {before} | {after} |", "| --- | --- | --- | --- |"]
    for row in report["changes"]:
        cells = (row["change"], row["request"], _short(row["before"]), _short(row["after"]))
        lines.append("| " + " | ".join(cell(text) for text in cells) + " |")
    return [f"## What changed from {before} to {after}", "\n".join(lines)]


def _confusion(report: Report) -> list[str]:
    headline = report["systems"][report["headline"]]
    asked, given = axes(headline["confusion"])
    rows = [[tool, *(headline["confusion"][tool].get(other, 0) for other in given)] for tool in asked]
    return [
        f"## Tool asked (rows) and tool given (columns), {headline['label']}",
        table(["", *given], rows),
        "![tool asked and tool given](confusion.png)",
    ]


def axes(confusion: Mapping[str, Mapping[str, int]]) -> tuple[list[str], list[str]]:
    """Tools asked and answers given in one order: tools by name, then ``no tool``, then ``invalid``."""
    last = {"no tool": 1, "invalid": 2}
    asked = sorted(confusion, key=lambda name: (last.get(name, 0), name))
    given = {name for counts in confusion.values() for name in counts} | set(asked)
    return asked, sorted(given, key=lambda name: (last.get(name, 0), name))


def _provenance(report: Report) -> list[str]:
    source = report["provenance"]
    files = [[file["path"], file["rows"], file["sha256"][:16]] for file in source["test_files"]]
    files += [
        [system["file"], system["rows"], system["sha256"][:16]] for system in report["systems"].values()
    ]
    times = [
        [system["label"], f"{system['latency_ms']['p50']:.1f}", f"{system['latency_ms']['p95']:.1f}"]
        for system in report["systems"].values()
    ]
    versions = ", ".join(f"{name} {number}" for name, number in source["versions"].items())
    facts = [
        f"- toolbox {source['toolbox'][:16]}",
        f"- Python {source['python']}, {versions}",
        f"- bootstrap: {source['bootstrap']['resamples']} resamples, seed {source['bootstrap']['seed']}",
    ]
    if source["commit"]:
        facts.append(f"- commit {source['commit']}")
    return [
        "## Where it comes from",
        "\n".join(facts),
        table(["file", "rows", "SHA-256"], files),
        "Wall time per request on the machine that made the predictions, in milliseconds (share of a batch):",
        table(["system", "median", "95th percentile"], times),
    ]


def _short(decision: Mapping[str, Any] | str) -> str:
    """A decision as a call; text that is none as it is."""
    if isinstance(decision, str):
        return decision or "(nothing)"
    if decision["tool"] is None:
        return "no tool"
    args = ", ".join(
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in decision["args"].items()
    )
    return f"{decision['tool']}({args})"
