"""From the lines of logs to runs: what each one was asked, what it came to, and why.

A process that was killed leaves a run without an end; an intent without an effect is a side effect that
nobody knows the outcome of. A run that was taken up again under its id counts once for each time it started.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolsmith_agent.log_file import read_log
from toolsmith_schema.errors import DataError

Row = dict[str, Any]

_GOOD = ("call", "no_tool", "need_argument")


@dataclass(frozen=True, kw_only=True)
class LoggedRun:
    """One run, as its events tell it."""

    id: str
    """The run's id."""
    events: tuple[Row, ...]
    """Its events, in order."""

    def first(self, kind: str) -> Row:
        """Its first event of this kind; empty when there is none."""
        return next((row for row in self.events if row["event"] == kind), {})

    def every(self, kind: str) -> list[Row]:
        """Its events of this kind, in order."""
        return [row for row in self.events if row["event"] == kind]

    @property
    def at(self) -> str:
        """When it began, in UTC."""
        return str(self.events[0].get("wall", ""))

    @property
    def request(self) -> str:
        """What was asked, as it was written."""
        return str(self.first("request").get("request", ""))

    @property
    def outcome(self) -> str:
        """The outcome of its end, or ``unfinished``."""
        return str(self.first("end").get("outcome", "unfinished"))

    @property
    def effect(self) -> str | None:
        """What became of its call: an intent without an effect is ``unknown``; None where there was none."""
        if effect := self.first("effect"):
            return str(effect.get("status", "unknown"))
        return "unknown" if self.first("intent") else None

    @property
    def succeeded(self) -> bool:
        """Whether it has an answer that stands and, where it executed, the tool did it."""
        return self.outcome in _GOOD and self.effect in (None, "completed")

    @property
    def recoveries(self) -> list[str]:
        """Ids of the rows of the manifest that were taken, in order."""
        return [str(row["recovery"]) for row in self.events if row.get("recovery")]

    @property
    def way(self) -> str:
        """How it came to its answer, in one word: what it took most of."""
        if not self.succeeded:
            return "failed"
        attempts = self.every("attempt")
        if len({row.get("tier") for row in attempts}) > 1:
            return "fall-back"
        if any(row.get("retry") for row in attempts):
            return "repair"
        return "question" if any(row.get("answered") for row in self.every("question")) else "direct"


@dataclass(frozen=True, kw_only=True)
class Logs:
    """What was read from some log files."""

    files: tuple[str, ...]
    """The files, in order."""
    runs: tuple[LoggedRun, ...] = field(default=())
    """The runs by the time of their start."""
    dropped: int = 0
    """Events that could not be written."""
    torn: int = 0
    """Lines that were cut off."""


def find_logs(paths: Sequence[Path]) -> list[Path]:
    """The log files that `paths` name: files as they are, of folders every ``run-*.jsonl``.

    Raises:
        DataError: a path is not there, or none of them has a log.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(path.glob("run-*.jsonl"), key=_age)
        elif path.exists():
            found.append(path)
        else:
            raise DataError(path, "there is no such file or folder")
    if not found:
        raise DataError(
            ", ".join(map(str, paths)),
            "there is no run-*.jsonl here; `toolsmith agent demo` and `toolsmith agent run --log` write one",
        )
    return found


def _age(path: Path) -> tuple[str, int]:
    """Sorts the files of one log by age: ``run-x.2.jsonl``, ``run-x.1.jsonl``, ``run-x.jsonl``."""
    base, _, number = path.stem.rpartition(".")
    return (base, -int(number)) if base and number.isdecimal() else (path.stem, 0)


def read_runs(paths: Iterable[Path]) -> Logs:
    """Read log files.

    Raises:
        DataError: a file cannot be read.
    """
    runs: list[list[Row]] = []
    current: dict[str, list[Row]] = {}
    dropped = torn = 0
    files = list(paths)
    for path in files:
        for row in read_log(path):
            if row is None:
                torn += 1
            elif row["event"] == "dropped":
                count = row.get("count")
                dropped += count if isinstance(count, int) else 0
            elif isinstance(run := row.get("run"), str):
                if run not in current or row["event"] == "start":
                    current[run] = []
                    runs.append(current[run])
                current[run].append(row)
    logged = [LoggedRun(id=rows[0]["run"], events=tuple(rows)) for rows in runs]
    return Logs(
        files=tuple(map(str, files)),
        runs=tuple(sorted(logged, key=lambda run: run.at)),
        dropped=dropped,
        torn=torn,
    )
