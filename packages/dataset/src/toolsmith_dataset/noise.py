"""What typing does to a request: lower case, a full stop left out, a polite tail, and in training rows more.

Training rows are sometimes misspelt or in capitals, or stand beside a sentence that asks for nothing, or
before an order that does not come from the user and is not to be followed; in dev and test rows only what
their wordings say stands beside a request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from toolsmith_dataset.draw import Draw
from toolsmith_dataset.partition import lines
from toolsmith_dataset.values.fill import Span
from toolsmith_dataset.wordings import Wording
from toolsmith_schema.letter_case import cased

_LOWER: Final[Mapping[str, float]] = {
    "plain": 0.1,
    "terse": 0.2,
    "chatty": 0.05,
    "indirect": 0.08,
    "noisy": 0.35,
}
_NO_STOP: Final[Mapping[str, float]] = {
    "plain": 0.18,
    "terse": 0.3,
    "chatty": 0.1,
    "indirect": 0.15,
    "noisy": 0.5,
}
_TAIL: Final[Mapping[str, float]] = {
    "plain": 0.06,
    "terse": 0.06,
    "chatty": 0.0,
    "indirect": 0.04,
    "noisy": 0.06,
}
_CAPITALS, _ASIDE, _ORDER, _TYPOS = 0.05, 0.16, 0.03, 0.1
"""Shares of the training rows in capitals, beside a sentence that asks for nothing, before a false order, and
with two words misspelt."""
_OPEN = ("body", "text", "query", "topic", "task", "thing", "title", "subject")
_POLITE = (
    "please",
    "thank",
    "thx",
    "cheers",
    "pls",
    "plz",
    "ta.",
    "much appreciated",
    "would you",
    "could you",
    "can you",
)
_QUIET_TAILS = (" please", ", please", ", thanks", " thanks", " pls", " thx")
_TAILS = (" Thanks!", " Thank you.", " Please and thank you.", " Cheers.")


def typed(text: str, spans: list[Span], wording: Wording, draw: Draw) -> tuple[str, list[Span]]:
    """The request as somebody may have typed it, and its spans."""
    last = max((span.end for span in spans), default=0)
    if draw.chance(_TAIL[wording.register]) and _takes_tail(wording):
        stopped = text[-1] in ".?!"
        text += draw.pick(_TAILS if stopped else _QUIET_TAILS)
    if (
        text[-1] in ".?!"
        and text[-2:] not in ("..", "!!", "??")
        and len(text) > last
        and draw.chance(_NO_STOP[wording.register])
    ):
        text = text[:-1]
    if draw.chance(_LOWER[wording.register]):
        text = cased(text, str.lower)
    elif wording.split == "train" and draw.chance(_CAPITALS):
        text = cased(text, str.upper)
    if wording.split == "train" and draw.chance(_ASIDE):
        text, spans = _beside(text, spans, wording, draw)
    if wording.split == "train" and draw.chance(_TYPOS):
        text, spans = _misspelt(text, spans, draw)
    if wording.split == "train" and draw.chance(_ORDER):
        text += draw.pick(("\n\n", "\n", " ", " ")) + draw.pick(lines("orders"))
    return text, spans


def _misspelt(text: str, spans: list[Span], draw: Draw) -> tuple[str, list[Span]]:
    """Two words outside the values with a letter left out, doubled, or taking its neighbour's place."""
    words = [
        word
        for word in re.finditer(r"[A-Za-z]{4,}", text)
        if not any(word.start() < span.end and span.start < word.end() for span in spans)
    ]
    for word in sorted(draw.shuffled(words)[:2], key=lambda word: -word.start()):
        at = word.start() + draw.between(1, len(word[0]) - 2)
        here, following = text[at], text[at + 1]
        put, taken = draw.pick((("", 1), (here * 2, 1), (following + here, 2)))
        text = text[:at] + put + text[at + taken :]
        spans = [span.moved(len(put) - taken) if span.start > at else span for span in spans]
    return text, spans


def _beside(text: str, spans: list[Span], wording: Wording, draw: Draw) -> tuple[str, list[Span]]:
    """The request before or after a sentence that asks for nothing, or between two."""
    place = draw.below(5)
    if place < 4:
        aside = _like(draw.pick(lines("asides")), text)
        text = f"{aside} {text}"
        spans = [span.moved(len(aside) + 1) for span in spans]
    if place > 2 and _ends(wording):
        aside = _like(draw.pick(lines("asides")), text)
        text = f"{text if text[-1] in '.?!' else text + '.'} {aside}"
    return text, spans


def _like(aside: str, text: str) -> str:
    """`aside` in the case of `text`, which also decides on its full stop."""
    if text.isupper():
        return cased(aside, str.upper)
    return cased(aside, str.lower) if text.islower() else aside


def _ends(wording: Wording) -> bool:
    """Whether what stands behind the wording cannot be taken for a part of its last value."""
    parts = [part for part in wording.parts if part.kind != "text" or part.value.strip(" .!?")]
    last = parts[-1]
    return not (last.kind == "close" or (last.kind == "slot" and last.value.lstrip("~") in _OPEN))


def _takes_tail(wording: Wording) -> bool:
    """Whether a polite word after the wording could not be taken for a part of a value."""
    if not _ends(wording):
        return False
    return not any(word in wording.text.casefold() for word in _POLITE) and len(wording.slots) > 0
