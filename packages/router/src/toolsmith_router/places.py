"""One place of the request for one argument.

The span grammar lets each argument be any run of the request's words, so a small model may say the same words
twice: the currency asked for is the one that is given, the time is the date. What a person says once is meant
once: a later argument can only be words that are still free. Words that occur twice can be used twice.
Items of a list may stand in another argument, but not be all of it: "book lunch with Ana and invite her" has
its guest in the title. Dates, times, numbers and currencies have no items in them.

Greedy decoding may let a free argument swallow words that a later one needs: "remind me to water the plants
tomorrow at 9" has its moment in the text, and then nowhere else. `swallowed` finds such an answer, and the
request is decoded once more with those words kept for the argument that is read as a date or number.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, TypeAlias

from toolsmith_schema.grammar import chunks
from toolsmith_schema.readable import reading
from toolsmith_schema.toolbox import FREE_TEXT, Toolbox

_QUOTE, _ESCAPE = ord('"'), ord("\\")
Range: TypeAlias = tuple[int, int]


class Places:
    """Follows an answer, byte for byte, and knows which words of the request its arguments have used up."""

    def __init__(self, toolbox: Toolbox, request: str, kept: Sequence[Range] = ()) -> None:
        """Nothing is answered yet; words in the ranges `kept` are not for free arguments."""
        pieces = [json.dumps(chunk, ensure_ascii=False)[1:-1].encode() for chunk in chunks(f" {request}")]
        self._toolbox = toolbox
        self._request = b"".join(pieces)
        self._edges = {0, *accumulate(map(len, pieces))}
        self._kept = [[range_] for range_ in kept]
        self._used: tuple[list[Range], ...] = ()  # of each argument, where it may stand in the request
        self._typed: tuple[list[Range], ...] = ()  # the same of those that are read as a date, a number …
        self._loose: tuple[list[Range], ...] = ()  # and of those that any words will do for
        self._wholes: tuple[bytes, ...] = ()  # what each argument is
        self._items: tuple[list[Range], ...] = ()  # the same of the items of a list
        self._tool = self._key = self._span_of = ""
        self._depth = 0
        self._in_string = self._in_list = self._escaped = False
        self._is_value = self._is_span = False
        self._string = b""

    @property
    def argument(self) -> tuple[str, str]:
        """The tool, and the argument whose span the answer is within or was last; empty before that."""
        return self._tool, self._span_of

    @property
    def in_span(self) -> bool:
        """Whether the answer is within a run of the request's words."""
        return self._is_span

    def copy(self) -> Places:
        """An independent copy."""
        return copy.copy(self)  # nothing that it holds is changed in place

    @property
    def matters(self) -> bool:
        """Whether `allows` can say no: the answer is within a span, and there was one before."""
        return self._is_span and bool(self._used or self._items or self._kept)

    def read(self, text: bytes) -> None:
        """Follow the answer over `text`."""
        for byte in text:
            if self._in_string:
                self._within(byte)
            elif byte == _QUOTE:
                self._in_string, self._string = True, b""
                self._is_span = self._is_value and self._depth == 2 and self._open_argument()
                self._span_of = self._key if self._is_span else self._span_of
            elif byte in b"{}":
                self._depth += 1 if byte == ord("{") else -1
                self._is_value = False
            elif byte in b"[]":
                self._in_list = self._is_value = byte == ord("[")
                self._items = ()
            elif byte == ord(":"):
                self._is_value = True
            elif byte == ord(","):
                self._is_value = self._in_list

    def allows(self, text: bytes) -> bool:
        """Whether the answer may go on with `text`: its words are free, or not bound to the request."""
        if not self.matters:
            return True
        end = _closing(text, escaped=self._escaped)
        said = self._string + (text if end is None else text[:end])
        if self._in_list and end is not None and said.strip() in self._wholes:
            return False
        kept = [] if reading(self._key, self._schema) else self._kept
        return _disjoint([*kept, *self._others, self._ranges(said, whole=end is not None)])

    @property
    def swallowed(self) -> tuple[Range, ...]:
        """Where in the request a date, a number … stands that is in a free argument as well, in bytes."""
        return tuple(
            typed[0] for typed in self._typed if not all(_disjoint([typed, loose]) for loose in self._loose)
        )

    @property
    def _others(self) -> tuple[list[Range], ...]:
        return (*self._items, *self._typed) if self._in_list else self._used

    def _within(self, byte: int) -> None:
        if byte == _QUOTE and not self._escaped:
            self._in_string = False
            self._ended()
            return
        self._string += bytes([byte])
        self._escaped = byte == _ESCAPE and not self._escaped

    def _ended(self) -> None:
        """A string is complete."""
        if not self._is_value and self._depth <= 2:
            self._key = self._string.decode("utf-8", "replace")
        elif self._depth == 1 and self._key == "tool":
            self._tool = self._string.decode("utf-8", "replace")
        elif self._is_span and self._in_list:
            self._items = (*self._items, self._ranges(self._string, whole=True))
        elif self._is_span:
            ranges = self._ranges(self._string, whole=True)
            self._used = (*self._used, ranges)
            self._wholes = (*self._wholes, self._string.strip())
            if reading(self._key, self._schema):
                self._typed = (*self._typed, ranges)
            else:
                self._loose = (*self._loose, ranges)
        self._is_span = False

    def _open_argument(self) -> bool:
        return self._tool in self._toolbox.names and _is_open(self._schema)

    @property
    def _schema(self) -> Mapping[str, Any]:
        """Of the argument."""
        schema: Mapping[str, Any] = self._toolbox[self._tool].properties.get(self._key, {})
        return schema

    def _ranges(self, said: bytes, *, whole: bool) -> list[Range]:
        """Where `said` stands in the request, from the beginning of a word and, when `whole`, to an end."""
        words = said.strip(b" ") if whole else said.lstrip(b" ")
        found = []
        at = self._request.find(words)
        while words and at >= 0:
            end = at + len(words)
            if at in self._edges and (not whole or end in self._edges):
                found.append((at, end))
            at = self._request.find(words, at + 1)
        return found or [(0, 0)]


def swallowed(toolbox: Toolbox, request: str, answer: str) -> tuple[Range, ...]:
    """What of `request` is to be kept when it is decoded again (`Places.swallowed`); nothing as a rule."""
    places = Places(toolbox, request)
    places.read(answer.encode())
    return places.swallowed


def _closing(text: bytes, *, escaped: bool) -> int | None:
    """Where the string ends in `text`, if it does."""
    for at, byte in enumerate(text):
        if byte == _QUOTE and not escaped:
            return at
        escaped = byte == _ESCAPE and not escaped
    return None


def _disjoint(options: Sequence[Sequence[Range]], taken: tuple[Range, ...] = ()) -> bool:
    """Whether one range of each can be chosen such that no two of them meet."""
    if not options:
        return True
    return any(
        _disjoint(options[1:], (*taken, (start, end)))
        for start, end in options[0]
        if all(end <= other or start >= until for other, until in taken)
    )


def _is_open(schema: Mapping[str, Any]) -> bool:
    """Whether an argument's strings are runs of the request's words."""
    if schema.get("type") == "array":
        return _is_open(schema.get("items", {}))
    return not {"enum", "const", FREE_TEXT} & schema.keys()
