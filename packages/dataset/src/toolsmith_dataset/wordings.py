"""Wordings: the sentences that requests are made of, one JSON object a line under ``wordings/<split>``.

One row of ``wordings/train/get_weather.jsonl``, and one of ``hard.jsonl``::

    {"text": "Is it raining in {city} right now?", "register": "plain"}
    {"text": "Text {to} that <text>it's pouring in {~city}</text>.", "register": "plain",
     "tool": "send_message", "category": "distractor"}

``{city}`` is filled with the value of an argument, ``{~city}`` with a value that is none, ``<text>…</text>``
marks an argument that the sentence spells out, ``"set"`` gives enumerated arguments that its fixed words
express, and ``"missing"`` names required arguments that it leaves out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Literal

from toolsmith_schema.errors import DataError

_PART = re.compile(r"\{(?P<slot>~?\w+)\}|<(?P<close>/?)(?P<tag>\w+)>")

Kind = Literal["text", "slot", "open", "close"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a wording."""

    kind: Kind
    """Fixed text, a placeholder, or the begin or end of a spelled-out argument."""
    value: str
    """The text, the placeholder's name or the argument's."""
    start: int
    """Index of its first character in the wording."""
    end: int
    """Index after its last."""


@dataclass(frozen=True, kw_only=True)
class Wording:
    """One sentence with placeholders."""

    id: str
    """``train/get_weather/12``, ``test/hard.quoted/3``: split, group and line of the file."""
    split: str
    """train, dev or test."""
    group: str
    """The tool, ``hard`` or ``no_tool``."""
    tool: str
    """The tool that is right; empty when none is."""
    category: str
    """Kind of hard or no-tool wording, empty for the others."""
    text: str
    """The sentence."""
    register: str
    """plain, terse, chatty, indirect or noisy."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Enumerated arguments that the fixed words express."""
    missing: tuple[str, ...] = ()
    """Required arguments that it leaves out."""

    @property
    def bucket(self) -> str:
        """``hard`` for hard wordings and for near misses that carry a value as a call does, or ``easy``."""
        near_miss = self.category == "near_miss" and bool(self.slots)
        return "hard" if self.group == "hard" or near_miss else "easy"

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the placeholders in order."""
        return tuple(part.value for part in self.parts if part.kind == "slot")

    @property
    def parts(self) -> tuple[Part, ...]:
        """The pieces in order."""
        return _parts(self.text)


@cache
def load(split: str) -> tuple[Wording, ...]:
    """The wordings of a split, by file name and line.

    Raises:
        DataError: a row is malformed.
    """
    folder = resources.files(__package__).joinpath("wordings", split)
    found: list[Wording] = []
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        for number, line in enumerate(entry.read_text("utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                found.append(_read(json.loads(line), split, entry.name.removesuffix(".jsonl"), number))
            except (KeyError, ValueError) as error:
                raise DataError(f"wordings/{split}/{entry.name}", f"{error}", line=number) from None
    return tuple(found)


def _read(row: dict, split: str, group: str, number: int) -> Wording:
    category = row.get("category", "")
    return Wording(
        id=f"{split}/{group}{'.' if category else ''}{category}/{number}",
        split=split,
        group=group,
        tool=row["tool"] if group == "hard" else "" if group == "no_tool" else group,
        category=category,
        text=row["text"],
        register=row["register"],
        fixed=row.get("set", {}),
        missing=tuple(row.get("missing", ())),
    )


@cache
def _parts(text: str) -> tuple[Part, ...]:
    found, position = [], 0
    for match in _PART.finditer(text):
        if match.start() > position:
            found.append(
                Part(kind="text", value=text[position : match.start()], start=position, end=match.start())
            )
        kind: Kind = "slot" if match["slot"] else "close" if match["close"] else "open"
        found.append(
            Part(kind=kind, value=match["slot"] or match["tag"], start=match.start(), end=match.end())
        )
        position = match.end()
    if position < len(text):
        found.append(Part(kind="text", value=text[position:], start=position, end=len(text)))
    return tuple(found)
