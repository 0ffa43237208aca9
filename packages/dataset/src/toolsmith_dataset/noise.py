"""What typing does to a request: lower case, a full stop left out, a polite tail. Spans keep their places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from toolsmith_dataset.draw import Draw
from toolsmith_dataset.values.fill import Span
from toolsmith_dataset.wordings import Wording

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
    """The request as somebody may have typed it; every span is at the same place in the result."""
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
        text = "".join(character.lower() if len(character.lower()) == 1 else character for character in text)
    return text, spans


def _takes_tail(wording: Wording) -> bool:
    """Whether a polite word after the wording could not be taken for a part of a value."""
    parts = [part for part in wording.parts if part.kind != "text" or part.value.strip(" .!?")]
    last = parts[-1]
    if last.kind == "close" or (last.kind == "slot" and last.value.lstrip("~") in _OPEN):
        return False
    return not any(word in wording.text.casefold() for word in _POLITE) and len(wording.slots) > 0
