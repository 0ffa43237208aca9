"""``logs/run-*.jsonl``: events as lines of a file that survive a crash, and never stop a run.

One writer, one `write` for each line, synced on every intent and on close. What a full disk does not take is
counted, and the next line that can be written says how many were dropped. A line that was cut off is passed
over by `read_log`.

Values are redacted before they are written. A name in the request is only known to be one when a call has it
in its ``to``; so, but for the start, the steps of a run are held back until its intent or its end, and their
own times tell when they happened. Without redaction nothing is held back.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from toolsmith_agent.events import Event
from toolsmith_agent.redaction import Redactor
from toolsmith_schema.errors import DataError
from toolsmith_schema.files import to_json

logger = logging.getLogger(__name__)

MAX_BYTES = 16 << 20
"""Bytes of a file before the next one is begun."""

KEPT = 5
"""Files that are kept besides the newest."""

MAX_TEXT = 8000
"""Characters of one text that are written."""

MAX_RUNS = 10_000
"""Runs that are held back at once; the oldest is written as it stands when there are more."""


@dataclass(kw_only=True)
class _Held:
    """What is known of a run that is not over."""

    redactor: Redactor
    """Its placeholders."""
    events: list[Event] = field(default_factory=list)
    """What is not written yet."""


class EventLog:
    """Writes events to a file; threads may share it."""

    def __init__(
        self,
        path: Path | str,
        *,
        redactor: Callable[[], Redactor] | None = Redactor,
        max_bytes: int = MAX_BYTES,
        kept: int = KEPT,
    ) -> None:
        """Append to `path`; `redactor` makes the redactor of a run, None writes everything as it is.

        Raises:
            OSError: the file cannot be opened.
        """
        self.path = Path(path)
        self.dropped = 0
        self._redactor, self._max_bytes, self._kept = redactor, max_bytes, kept
        self._lock = threading.RLock()
        self._runs: OrderedDict[str, _Held] = OrderedDict()
        self._untold, self._torn = 0, False
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file: int | None = self._open()

    def emit(self, event: Event) -> None:
        """Write the event, now or with the rest of its run."""
        with self._lock:
            if self._redactor is None:
                self._write(event.to_json())
            else:
                self._hold(event, self._redactor)
            if event.kind == "intent":
                self._sync()

    def close(self) -> None:
        """Write what is held back, sync and close."""
        with self._lock:
            while self._runs:
                self._write_out(self._runs.popitem(last=False)[1])
            if self._untold:
                self._write({"event": "dropped", "count": 0})
            self._sync()
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def __enter__(self) -> EventLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hold(self, event: Event, redactor: Callable[[], Redactor]) -> None:
        held = self._runs.get(event.run)
        if held is None:
            held = self._runs[event.run] = _Held(redactor=redactor())
        held.events.append(event)
        if event.kind in ("start", "intent", "end"):
            self._write_out(held)
        if event.kind == "end":
            del self._runs[event.run]
        elif len(self._runs) > MAX_RUNS:
            self._write_out(self._runs.popitem(last=False)[1])

    def _write_out(self, held: _Held) -> None:
        rows = [event.to_json() for event in held.events]
        held.events.clear()
        for row in rows:
            held.redactor.learn(row)
        for row in rows:
            self._write(held.redactor.event(row))

    def _write(self, row: dict[str, Any]) -> None:
        lines = [] if row["event"] == "dropped" else [_shortened(row)]
        if self._untold:
            lines.insert(0, {"event": "dropped", "count": self._untold})
        text = "".join(to_json(line) + "\n" for line in lines)
        data = (b"\n" if self._torn else b"") + text.encode("utf-8")
        try:
            if self._file is None:
                self._file = self._open()
            self._rotate(len(data))
            written = os.write(self._file, data)
            self._torn = self._torn if not written else written < len(data)
            if written < len(data):
                raise OSError("the disk took a part of the line only")
        except OSError as error:
            if not self._untold:
                logger.warning("the log %s cannot be written (%s); events are dropped", self.path, error)
            self.dropped += bool(row["event"] != "dropped")
            self._untold += bool(row["event"] != "dropped")
            return
        self._untold = 0

    def _sync(self) -> None:
        if self._file is not None:
            try:
                os.fsync(self._file)
            except OSError as error:
                logger.warning("the log %s cannot be synced (%s)", self.path, error)

    def _rotate(self, more: int) -> None:
        """Begin a new file when `more` bytes would make this one too large: x.jsonl becomes x.1.jsonl."""
        assert self._file is not None
        size = os.fstat(self._file).st_size
        if not size or size + more <= self._max_bytes:
            return
        self._sync()
        os.close(self._file)
        self._file = None
        for number in range(self._kept, 0, -1):
            older = self._numbered(number - 1)
            if older.exists():
                os.replace(older, self._numbered(number))
        if not self._kept:
            self.path.unlink()
        self._file, self._torn = self._open(), False

    def _numbered(self, number: int) -> Path:
        return self.path.with_suffix(f".{number}{self.path.suffix}") if number else self.path

    def _open(self) -> int:
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        size = os.fstat(file).st_size
        self._torn = bool(size) and os.pread(file, 1, size - 1) != b"\n"
        return file


def read_log(path: Path | str) -> Iterator[dict[str, Any] | None]:
    """The events of a log file, and None for each line that was cut off.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror})") from None
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            row = None
        yield row if isinstance(row, dict) and isinstance(row.get("event"), str) else None


def _shortened(value: Any) -> Any:
    """`value` with its long texts cut."""
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]}… ({len(value) - MAX_TEXT} more)"
    if isinstance(value, dict):
        return {key: _shortened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    return value
