"""The ledger of side effects: what was going to be done is written and synced before it is done.

One dispatch is two lines; the first without the second is an outcome that nobody knows::

    {"v": 1, "key": "9f0c…", "effect": "71ab…", "run": "5c0d…", "tool": "send_email", "status": "pending"…}
    {"v": 1, "key": "9f0c…", "effect": "71ab…", "run": "5c0d…", "tool": "send_email", "status": "completed"…}

The key is a digest of run, tool and arguments, so that a run that is taken up again meets its own record. The
effect is a digest of tool and arguments alone: while one of them is unsettled, no other run does the same.
Arguments are not written. Processes may share the file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from toolsmith_schema.decision import ToolCall

try:
    import fcntl
except ImportError:  # Windows: one process at a time
    fcntl = None  # type: ignore[assignment]

Status = Literal["pending", "completed", "failed", "unknown"]
"""``pending``: in flight, or cut off before its outcome was written; only its own process knows which."""

REMEMBERED = 50_000
"""Settled records that are kept in memory; unsettled ones are always kept."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What the ledger knows of one dispatch."""

    key: str
    """Digest of run, tool and arguments."""
    effect: str
    """Digest of tool and arguments."""
    run: str
    """Id of the run."""
    tool: str
    """Name of the tool."""
    status: Status
    """How it stands."""
    at: str
    """When it came to stand so, in UTC."""

    @property
    def settled(self) -> bool:
        """Whether the outcome is known."""
        return self.status in ("completed", "failed")


class Ledger:
    """Who did what, in memory and, where a path is given, in a file that outlives the process."""

    def __init__(self, path: Path | str | None = None) -> None:
        """Open the ledger at `path` and read what is there; None keeps it in memory only."""
        self._lock = threading.RLock()
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._open: dict[str, set[str]] = {}
        self._read_to = 0
        self._file: int | None = None
        if path is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            with self._alone():
                pass

    def begin(self, run: str, call: ToolCall) -> tuple[str, Record | None]:
        """Write the intent to dispatch `call`; return its key, and the record that forbids it, if any.

        Forbidden is what this run has completed, and what any run has left unsettled.

        Raises:
            OSError: the intent could not be written; the call must not be dispatched.
        """
        key, effect = intent_key(run, call), effect_digest(call)
        with self._alone():
            own = self._records.get(key)
            if own and own.status != "failed":
                return key, own
            for other in self._open.get(effect, ()):
                return key, self._records[other]
            self._write(
                Record(key=key, effect=effect, run=run, tool=call.tool, status="pending", at=_utc()),
                sync=True,
            )
        return key, None

    def settle(self, key: str, status: Literal["completed", "failed", "unknown"]) -> Record:
        """Write the outcome of an intent; a person settles an unknown one in the same way.

        Where it cannot be written, this process still knows it, and the next one takes it for unknown.

        Raises:
            KeyError: there is no such intent.
        """
        with self._alone():
            record = replace(self._records[key], status=status, at=_utc())
            try:
                self._write(record, sync=True)
            except OSError:
                self._note(record)
        return record

    def unsettled(self) -> list[Record]:
        """Every intent whose outcome is not known, in the order of the ledger."""
        with self._alone():
            return [record for record in self._records.values() if not record.settled]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other thread and no other process writes meanwhile; what they wrote before is known."""
        with self._lock:
            if self._file is None:
                yield
                return
            if fcntl:
                fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                self._catch_up()
                yield
            finally:
                if fcntl:
                    fcntl.flock(self._file, fcntl.LOCK_UN)

    def _catch_up(self) -> None:
        """Read what was added to the file; a line that a crash cut off is passed over."""
        assert self._file is not None
        data = b""
        while chunk := os.pread(self._file, 1 << 20, self._read_to + len(data)):
            data += chunk
        whole, newline, _ = data.rpartition(b"\n")
        for line in whole.split(b"\n"):
            if record := _record(line):
                self._note(record)
        self._read_to += len(whole) + len(newline)

    def _write(self, record: Record, *, sync: bool) -> None:
        if self._file is not None:
            size = os.fstat(self._file).st_size
            torn = b"\n" if size > self._read_to else b""
            line = torn + json.dumps({"v": 1, **asdict(record)}).encode("utf-8") + b"\n"
            written = os.write(self._file, line)
            if written < len(line):
                raise OSError("the disk is full")
            if sync:
                os.fsync(self._file)
            self._read_to = size + written
        self._note(record)

    def _note(self, record: Record) -> None:
        self._records[record.key] = record
        self._records.move_to_end(record.key)
        others = self._open.setdefault(record.effect, set())
        (others.discard if record.settled else others.add)(record.key)
        if not others:
            del self._open[record.effect]
        while len(self._records) - sum(map(len, self._open.values())) > REMEMBERED:
            oldest = next(one for one in self._records.values() if one.settled)
            del self._records[oldest.key]


def intent_key(run: str, call: ToolCall) -> str:
    """The key of `call` in the run of this id: the same for the same arguments in any order."""
    return hashlib.sha256(f"{run}\n{_canonical(call)}".encode("utf-8", "replace")).hexdigest()[:32]


def effect_digest(call: ToolCall) -> str:
    """The digest of what `call` does, whoever asks for it."""
    return hashlib.sha256(_canonical(call).encode("utf-8", "replace")).hexdigest()[:32]


def _canonical(call: ToolCall) -> str:
    return json.dumps(call.to_json(), sort_keys=True, separators=(",", ":"), default=str)


def _record(line: bytes) -> Record | None:
    try:
        row: Any = json.loads(line)
        fields = {name: row[name] for name in ("key", "effect", "run", "tool", "status", "at")}
    except (ValueError, KeyError, TypeError):
        return None
    good = all(isinstance(value, str) for value in fields.values()) and fields["status"] in get_args(Status)
    return Record(**fields) if good else None


def _utc() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
