"""Examples: a request, its right decision and where it came from. They cross files as JSON lines.

One row of ``data/train.jsonl``::

    {"id": "train-00001", "request": "what's it like in Oslo tomorrow?", "now": "2026-11-23T09:00",
     "decision": {"tool": "get_weather", "args": {"city": "Oslo", "date": "tomorrow"}}, "alternatives": [],
     "split": "train", "bucket": "easy", "register": "plain", "wording": "train/get_weather/12"}
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from toolsmith_schema.decision import NoTool, ToolCall, decision_from_json
from toolsmith_schema.errors import DataError
from toolsmith_schema.files import read_jsonl, write_jsonl

DEFAULT_NOW = datetime(2026, 11, 23, 9, 0)
"""The reference clock where none is given: a Monday morning, local time."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One labelled request."""

    id: str
    """Unique within its file."""
    request: str
    """What the user typed or said."""
    decision: ToolCall | NoTool
    """The right outcome, arguments in said form (spans of the request, enum values)."""
    alternatives: tuple[ToolCall | NoTool, ...] = ()
    """Other outcomes that are accepted."""
    now: datetime = DEFAULT_NOW
    """The user's local clock, which "tomorrow" refers to."""
    split: str = ""
    """train, dev, test or handwritten."""
    bucket: str = ""
    """easy, hard, no_tool, missing …: the part of the split it is counted in."""
    register: str = ""
    """plain, terse, chatty, indirect or noisy."""
    wording: str = ""
    """Identifier of the wording it was made from; rows of one wording are one cluster."""
    note: str = ""
    """A remark for people."""

    def to_json(self) -> dict[str, Any]:
        """The JSON row; empty notes are left out."""
        row = {
            "id": self.id,
            "request": self.request,
            "now": self.now.isoformat(timespec="minutes"),
            "decision": self.decision.to_json(),
            "alternatives": [other.to_json() for other in self.alternatives],
            "split": self.split,
            "bucket": self.bucket,
            "register": self.register,
            "wording": self.wording,
        }
        return {**row, "note": self.note} if self.note else row

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Example:
        """Read a JSON row.

        Raises:
            ValueError: a field is missing or of the wrong kind.
        """
        request = row.get("request")
        if not isinstance(request, str):
            raise ValueError('"request" is not a string')
        return cls(
            id=str(row.get("id", "")),
            request=request,
            decision=decision_from_json(row.get("decision")),
            alternatives=tuple(decision_from_json(other) for other in row.get("alternatives", ())),
            now=parse_clock(row["now"]) if "now" in row else DEFAULT_NOW,
            split=str(row.get("split", "")),
            bucket=str(row.get("bucket", "")),
            register=str(row.get("register", "")),
            wording=str(row.get("wording", "")),
            note=str(row.get("note", "")),
        )


def parse_clock(text: str) -> datetime:
    """Read a local ISO 8601 date-time such as ``2026-11-23T09:00``; an offset is dropped.

    Raises:
        ValueError: `text` is not such a date-time.
    """
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except (TypeError, ValueError):
        raise ValueError(f"{text!r} is not a local date-time such as 2026-11-23T09:00") from None


def read_examples(path: Path | str) -> list[Example]:
    """Read a JSON-lines file of examples.

    Raises:
        DataError: with file, line and reason.
    """
    examples = []
    for number, row in enumerate(read_jsonl(path), 1):
        try:
            examples.append(Example.from_json(row))
        except ValueError as error:
            raise DataError(path, str(error), line=number) from None
    return examples


def write_examples(path: Path | str, examples: Iterable[Example]) -> Path:
    """Write examples as JSON lines, atomically."""
    return write_jsonl(path, (example.to_json() for example in examples))
