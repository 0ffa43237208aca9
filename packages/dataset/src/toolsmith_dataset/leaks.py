"""What held-out rows share with the training rows: wordings, values, near-duplicate requests.

Two requests are near-duplicates when half of their word 5-grams are common (Jaccard), or when six tenths of
the held-out one's are in the other, be it as written or with the argument values masked. A request of fewer
than five words counts as one gram.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from toolsmith_dataset.partition import Words, runs, words
from toolsmith_schema.decision import NoTool
from toolsmith_schema.example import Example
from toolsmith_schema.toolbox import Toolbox

GRAM: Final = 5
"""Words in a gram."""
MAX_JACCARD: Final = 0.5
"""From this share of common grams on, two requests are near-duplicates."""
MAX_CONTAINMENT: Final = 0.6
"""From this share of a held-out request's grams in one training request on, it is a near-duplicate."""
MIN_GRAMS: Final = 4
"""Containment is looked at from this many grams on."""

KIND_OF: Final[Mapping[tuple[str, str], str]] = {
    ("get_weather", "city"): "city",
    ("send_email", "to"): "person",
    ("send_email", "subject"): "subject",
    ("send_email", "body"): "clause",
    ("send_message", "to"): "person",
    ("send_message", "text"): "clause",
    ("create_event", "title"): "title",
    ("create_event", "attendees"): "person",
    ("set_reminder", "text"): "reminder",
    ("search_web", "query"): "query",
}
"""Arguments with an open vocabulary → the kind of their values."""


@dataclass(frozen=True, kw_only=True)
class Leaks:
    """What one held-out file shares with the training file."""

    wordings: tuple[str, ...] = ()
    """Held-out wordings that are training wordings too."""
    values: tuple[str, ...] = ()
    """``kind: value`` of held-out values that equal or contain a training value."""
    near: tuple[str, ...] = ()
    """Near-duplicate pairs, with what they share."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """Counts and highest shares, for the manifest."""

    def __bool__(self) -> bool:
        """Whether anything is leaked."""
        return bool(self.wordings or self.values or self.near)

    def paragraphs(self, name: str) -> list[str]:
        """What is wrong, in words, a paragraph for each kind of leak."""
        kinds = (
            ("wordings that the training file has too", self.wordings),
            ("values that equal or contain a training value", self.values),
            ("requests that are near-duplicates of training requests", self.near),
        )
        return [f"{name}: {len(rows)} {what}: {_some(rows)}" for what, rows in kinds if rows]


def leaks(
    train: Sequence[Example],
    held_out: Sequence[Example],
    toolbox: Toolbox,
    *,
    train_wordings: Iterable[str] = (),
    held_out_wordings: Iterable[str] = (),
) -> Leaks:
    """Compare the rows and the texts of the wordings that they were made from."""
    wordings = shared_wordings(train_wordings, held_out_wordings)
    known, wanted = open_values(train, toolbox), open_values(held_out, toolbox)
    values = sorted(shared_values(known, wanted))
    near: list[str] = []
    highest = {}
    for name, masked in (("written", False), ("masked", True)):
        pairs = list(_nearest(train, held_out, toolbox, masked=masked))
        near += [
            f"{mine.id} {mine.request!r} ~ {other.id} ({name}: Jaccard {jaccard:.2f}, contained {inside:.2f})"
            for mine, other, jaccard, inside in pairs
            if jaccard >= MAX_JACCARD or inside >= MAX_CONTAINMENT
        ]
        highest[name] = {
            "max_jaccard": round(max((pair[2] for pair in pairs), default=0.0), 3),
            "max_containment": round(max((pair[3] for pair in pairs), default=0.0), 3),
            "rows_sharing_a_5gram": len({pair[0].id for pair in pairs}),
        }
    figures = {
        "rows": len(held_out),
        "shared_wordings": len(wordings),
        "open_values": {kind: len(found) for kind, found in sorted(wanted.items())},
        "shared_values": len(values),
        "near_duplicates": len(near),
        "requests": highest,
    }
    return Leaks(wordings=tuple(wordings), values=tuple(values), near=tuple(near), figures=figures)


def shared_wordings(train: Iterable[str], held_out: Iterable[str]) -> list[str]:
    """The held-out wordings that are, but for case and punctuation, training wordings."""
    known = {words(text.replace("~", "")) for text in train}
    return [text for text in held_out if words(text.replace("~", "")) in known]


def open_values(rows: Iterable[Example], toolbox: Toolbox) -> dict[str, dict[Words, str]]:
    """Kind → the open-vocabulary values in the decisions, by their words."""
    found: dict[str, dict[Words, str]] = {}
    for row in rows:
        for argument, value in _values(row, toolbox):
            kind = "" if isinstance(row.decision, NoTool) else KIND_OF.get((row.decision.tool, argument), "")
            if kind:
                found.setdefault(kind, {}).setdefault(words(value), value)
    return found


def shared_values(
    known: Mapping[str, Mapping[Words, str]], wanted: Mapping[str, Mapping[Words, str]]
) -> Iterator[str]:
    """The wanted values that equal or contain a known value of their kind."""
    for kind, values in wanted.items():
        for value, text in values.items():
            inside = next((run for run in runs(value) if run in known.get(kind, {})), None)
            if inside is not None:
                yield f"{kind}: {text!r} has {known[kind][inside]!r}"


def masked_request(row: Example, toolbox: Toolbox) -> str:
    """The request with the names of the arguments in the place of their values."""
    text = row.request
    for argument, value in sorted(_values(row, toolbox), key=lambda pair: -len(pair[1])):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", f" {argument.upper()} ", text)
    return text


def _values(row: Example, toolbox: Toolbox) -> Iterator[tuple[str, str]]:
    """The arguments that are parts of the request, an item at a time."""
    if isinstance(row.decision, NoTool):
        return
    for argument, value in row.decision.args.items():
        schema = toolbox[row.decision.tool].properties.get(argument, {})
        if not (isinstance(schema, Mapping) and "enum" in schema):
            yield from ((argument, str(item)) for item in (value if isinstance(value, list) else [value]))


def _grams(text: str) -> frozenset[Words]:
    all_words = words(text)
    if len(all_words) <= GRAM:
        return frozenset([all_words])
    return frozenset(all_words[i : i + GRAM] for i in range(len(all_words) - GRAM + 1))


def _nearest(
    train: Sequence[Example], held_out: Sequence[Example], toolbox: Toolbox, *, masked: bool
) -> Iterator[tuple[Example, Example, float, float]]:
    """Held-out row, the training row that shares most grams with it, Jaccard, containment."""
    known = [_grams(masked_request(row, toolbox) if masked else row.request) for row in train]
    holders: dict[Words, list[int]] = {}
    for i, grams in enumerate(known):
        for gram in grams:
            holders.setdefault(gram, []).append(i)
    for row in held_out:
        mine = _grams(masked_request(row, toolbox) if masked else row.request)
        common = Counter(i for gram in sorted(mine) for i in holders.get(gram, ()))
        if not common:
            continue
        best = max(common, key=lambda i: (common[i] / len(mine | known[i]), -i))
        inside = max(common.values()) / len(mine) if len(mine) >= MIN_GRAMS else 0.0
        yield row, train[best], common[best] / len(mine | known[best]), inside


def _some(rows: Sequence[str], count: int = 5) -> str:
    more = f"; and {len(rows) - count} more" if len(rows) > count else ""
    return "; ".join(rows[:count]) + more
