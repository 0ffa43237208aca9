"""Open-vocabulary values, divided between train, dev and test for good by a hash of the value.

Values of which one contains the other as words (``York``, ``New York``) stay together, so that no test value
equals or contains a train value of its kind. Case, accents and outer punctuation do not count.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Final

SPLITS: Final = ("train", "dev", "test")
"""The splits, in the order of the files."""

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "city": ("cities",),
    "person": ("given_names", "family_names", "groups"),
    "domain": ("email_domains",),
    "subject": ("subjects",),
    "clause": ("bodies", "texts"),
    "title": ("titles",),
    "reminder": ("tasks", "things"),
    "query": ("queries", "topics"),
}
"""Kind of value → the files under ``slots`` that hold it."""

_TEST, _DEV = 0.20, 0.08
_OUTER = re.compile(r"^[\W_]+|[\W_]+$")

Words = tuple[str, ...]


def words(text: str) -> Words:
    """The words of `text` for comparison: no case, no accents, no outer punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return tuple(word for word in (_OUTER.sub("", part) for part in plain.split()) if word)


def runs(of: Words, *, proper: bool = False) -> Iterator[Words]:
    """Every run of neighbouring words in `of`, without the whole when `proper`."""
    for start in range(len(of)):
        for end in range(start + 1, len(of) + 1):
            if not (proper and end - start == len(of)):
                yield of[start:end]


def partition(kind: str, values: Iterable[str]) -> dict[str, str]:
    """Value → its split. The order of `values` does not matter."""
    folded = {value: words(value) for value in values}
    known = set(folded.values())
    parent = {value: value for value in known}

    def root(value: Words) -> Words:
        while parent[value] != value:
            value = parent[value]
        return value

    for value in known:
        for run in runs(value, proper=True):
            if run in known:
                first, second = sorted((root(value), root(run)))
                parent[second] = first
    return {value: _split(kind, root(folded[value])) for value in folded}


@cache
def slot(name: str) -> dict[str, tuple[str, ...]]:
    """Split → the values of the slot file `name` that belong to it, in the order of the file.

    The values of ``slots/train/NAME.txt`` are for training alone, without those that are within a held-out
    value of their kind or hold one.
    """
    kind = next(kind for kind, files in KINDS.items() if name in files)
    whole = _partition_of(kind)
    found: dict[str, list[str]] = {split: [] for split in SPLITS}
    for value in lines(name):
        found[whole[value]].append(value)
    held, inside = _held_out(kind)
    for value in lines(f"train/{name}"):
        mine = words(value)
        if value not in whole and mine and mine not in inside and not any(run in held for run in runs(mine)):
            found["train"].append(value)
    return {split: tuple(values) for split, values in found.items()}


@cache
def _held_out(kind: str) -> tuple[frozenset[Words], frozenset[Words]]:
    """The dev and test values of `kind`, and all runs of words in them."""
    held = frozenset(words(value) for value, split in _partition_of(kind).items() if split != "train")
    return held, frozenset(run for value in held for run in runs(value))


@cache
def _partition_of(kind: str) -> dict[str, str]:
    return partition(kind, [value for name in KINDS[kind] for value in lines(name)])


@cache
def lines(name: str) -> Sequence[str]:
    """The values of a slot file, each once; none where there is no such file."""
    file = resources.files(__package__).joinpath(f"slots/{name}.txt")
    text = file.read_text("utf-8") if file.is_file() else ""
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _split(kind: str, value: Words) -> str:
    digest = hashlib.sha256(f"{kind}\n{' '.join(value)}".encode()).digest()
    point = int.from_bytes(digest[:8], "big") / 2**64
    return "test" if point < _TEST else "dev" if point < _TEST + _DEV else "train"
