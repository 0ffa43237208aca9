"""``toolsmith agent report``: success, recovery, latency, violations and losses, out of the logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from toolsmith_agent.runs import LoggedRun, Logs

TOP = 10
"""Violations that are listed."""


@dataclass(frozen=True, kw_only=True)
class Latency:
    """How long something took, in milliseconds."""

    count: int
    """How often it was measured."""
    p50: float
    """Half took no longer."""
    p90: float
    """Nine of ten took no longer."""
    p99: float
    """All but one of a hundred took no longer."""


@dataclass(frozen=True, kw_only=True)
class ViolationCount:
    """A rule that answers break."""

    tool: str
    """The tool that was called; empty for text that was no call."""
    pointer: str
    """The place in the arguments; empty for the call as a whole."""
    expected: str
    """What the schema asks for there."""
    count: int
    """How many answers broke it."""

    @property
    def place(self) -> str:
        """Tool and pointer, in one."""
        return f"{self.tool}{self.pointer}" or "(no call)"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the logs tell of all runs together."""

    files: tuple[str, ...]
    """The log files."""
    runs: int
    """Runs that were started."""
    succeeded: int
    """Runs with an answer that stands and, where they executed, a tool that did it."""
    outcomes: dict[str, int]
    """Outcome → runs."""
    ways: dict[str, int]
    """How runs came to their answer → runs."""
    effects: dict[str, int]
    """What became of calls that were to be executed → runs."""
    recoveries: dict[str, int]
    """Row of the recovery manifest → how often it was taken."""
    tiers: dict[str, Latency]
    """Tier → latency of its answers."""
    whole: Latency | None
    """Latency of whole runs; None when none ended."""
    violations: tuple[ViolationCount, ...]
    """The rules that were broken most."""
    unknown: tuple[str, ...]
    """Ids of runs with a side effect that nobody knows the outcome of."""
    dropped: int
    """Events that could not be written."""
    torn: int
    """Lines that were cut off."""

    @property
    def success_rate(self) -> float | None:
        """Share of the runs that succeeded, 0–1; None without runs."""
        return self.succeeded / self.runs if self.runs else None

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        rate = self.success_rate
        return {**asdict(self), "success_rate": None if rate is None else round(rate, 4)}

    def lines(self) -> list[str]:
        """The report for people."""
        rate = self.success_rate
        lines = [
            f"{_counted(self.runs, 'run')} in {_counted(len(self.files), 'file')}, "
            + ("none succeeded" if rate is None else f"{self.succeeded} succeeded ({rate:.1%})")
        ]
        for title, counts in (
            ("outcomes", self.outcomes),
            ("ways", self.ways),
            ("effects", self.effects),
            ("recoveries", self.recoveries),
        ):
            if counts:
                lines += ["", title, *(f"  {name:<18}{count:>7}" for name, count in counts.items())]
        latencies = {**self.tiers, **({"(whole run)": self.whole} if self.whole else {})}
        if latencies:
            lines += ["", f"{'latency, ms':<20}{'n':>7}{'p50':>10}{'p90':>10}{'p99':>10}"]
        for name, latency in latencies.items():
            values = f"{latency.p50:>10.2f}{latency.p90:>10.2f}{latency.p99:>10.2f}"
            lines.append(f"  {name:<18}{latency.count:>7}{values}")
        if self.violations:
            lines += ["", "violations"]
            lines += [f"  {v.count:>5}  {v.place}: {v.expected}" for v in self.violations]
        lines += [f"unknown side effect: run {run}" for run in self.unknown]
        lines += ["", f"{self.dropped} events dropped, {self.torn} lines cut off"]
        return lines


def make_report(logs: Logs) -> Report:
    """What the logs tell."""
    attempts = [row for run in logs.runs for row in run.every("attempt")]
    by_tier: dict[str, list[float]] = {}
    for row in attempts:
        by_tier.setdefault(str(row.get("tier")), []).append(_number(row.get("latency_ms")))
    ends = [
        _number(row.get("latency_ms")) for run in logs.runs for row in run.every("end") if "latency_ms" in row
    ]
    return Report(
        files=logs.files,
        runs=len(logs.runs),
        succeeded=sum(run.succeeded for run in logs.runs),
        outcomes=_counts(run.outcome for run in logs.runs),
        ways=_counts(run.way for run in logs.runs),
        effects=_counts(run.effect for run in logs.runs if run.effect),
        recoveries=_counts(row for run in logs.runs for row in run.recoveries),
        tiers={tier: latency(values) for tier, values in sorted(by_tier.items())},
        whole=latency(ends) if ends else None,
        violations=_violations(logs.runs),
        unknown=tuple(run.id for run in logs.runs if run.effect == "unknown"),
        dropped=logs.dropped,
        torn=logs.torn,
    )


def latency(values: Sequence[float]) -> Latency:
    """The percentiles of at least one value."""
    ordered = sorted(values)
    p50, p90, p99 = (round(percentile(ordered, share), 3) for share in (0.5, 0.9, 0.99))
    return Latency(count=len(ordered), p50=p50, p90=p90, p99=p99)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of the sorted values lie, between two of them where it falls there.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.5
    """
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _violations(runs: Iterable[LoggedRun]) -> tuple[ViolationCount, ...]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for run in runs:
        for row in run.every("attempt"):
            for violation in row.get("violations") or ():
                if isinstance(violation, dict):
                    place = (
                        row.get("tool") or "",
                        violation.get("pointer", ""),
                        violation.get("expected", ""),
                    )
                    counts[place[0], place[1], place[2]] += 1
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    return tuple(
        ViolationCount(tool=tool, pointer=pointer, expected=expected, count=count)
        for (tool, pointer, expected), count in most
    )


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
