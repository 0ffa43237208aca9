"""Slot values for pretraining requests, drawn afresh from a seeded generator: mostly rare strings.

What a router must learn is to copy what it has never seen, so names and words are often made up from
syllables; dates, times, amounts and sentences take the many forms that people write.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from toolsmith_trainer.pretraining import numbers, times
from toolsmith_trainer.pretraining.words import code, phone, syllables

_GROUPS = (
    "team crew office landlord boss sister brother accountant neighbour doctor group class board manager "
    "dentist mom dad"
).split()
_VERBS = [
    *"call buy fix clean pay send water feed book renew return check print finish write move".split(),
    *"cancel sign order wash read".split(),
    *("pick up", "take out", "drop off", "look at", "talk to", "ask about"),
]
_ENDINGS = "com org net io co.uk de fr example edu dev".split()
_FILES = "pdf txt csv docx png py md xlsx".split()


@dataclass(frozen=True, kw_only=True)
class Pools:
    """Lists of natural strings taken from the corpus, by kind of slot; each may be empty."""

    by_kind: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """city, person, title, topic, query → strings."""
    words: Sequence[str] = ()
    """Single words of running text."""
    sentences: Sequence[str] = ()
    """Short sentences, for messages and notes."""


class Values:
    """Draws slot values of a kind. All randomness comes from the generator that is passed in."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        self._makers: dict[str, Callable[[random.Random], str]] = {
            "city": self._place,
            "place_name": self._place,
            "person": self._person,
            "group": self._group,
            "email": self._email,
            "date": times.date,
            "on_date": times.on_date,
            "time": times.time,
            "at_time": times.at_time,
            "datetime": times.moment,
            "duration": times.duration,
            "int": numbers.integer,
            "number": numbers.number,
            "amount": numbers.number,
            "money": numbers.money,
            "currency": numbers.currency,
            "percent": numbers.percent,
            "sentence": self._sentence,
            "task": self._task,
            "title": self._title,
            "topic": self._topic,
            "query": self._query,
            "product": self._title,
            "song": self._title,
            "artist": self._person,
            "company": self._company,
            "code": code,
            "word": self._word,
            "url": _url,
            "phone": phone,
            "file": self._file,
        }

    def kinds(self) -> tuple[str, ...]:
        """The kinds that `draw` knows."""
        return tuple(self._makers)

    def draw(self, kind: str, rng: random.Random) -> str:
        """One value of `kind`.

        Raises:
            KeyError: the kind is unknown.
        """
        return self._makers[kind](rng)

    def _natural(self, kind: str, rng: random.Random) -> str | None:
        pool = self._pools.by_kind.get(kind, ())
        return rng.choice(pool) if pool and rng.random() < 0.6 else None

    def _name(self, rng: random.Random) -> str:
        word = syllables(rng, rng.choice((1, 2, 2, 2, 3)))
        return word.capitalize() if rng.random() < 0.85 else word

    def _place(self, rng: random.Random) -> str:
        natural = self._natural("city", rng)
        return natural or " ".join(self._name(rng) for _ in range(rng.choice((1, 1, 1, 2, 3))))

    def _person(self, rng: random.Random) -> str:
        natural = self._natural("person", rng)
        return natural or " ".join(self._name(rng) for _ in range(rng.choice((1, 1, 2))))

    def _group(self, rng: random.Random) -> str:
        who = rng.choice(_GROUPS)
        return f"{rng.choice(('my', 'the', 'our', 'the ' + self._word(rng)))} {who}"

    def _company(self, rng: random.Random) -> str:
        return self._name(rng) + rng.choice(("", "", " Ltd", " Inc", " & Sons", " GmbH", " Labs"))

    def _email(self, rng: random.Random) -> str:
        user = (
            syllables(rng, 2)
            + rng.choice(("", ".", "_"))
            + rng.choice((syllables(rng, 2), str(rng.randint(1, 99))))
        )
        return f"{user}@{syllables(rng, 2)}.{rng.choice(_ENDINGS)}"

    def _file(self, rng: random.Random) -> str:
        stem = syllables(rng, 2) + rng.choice(("", "_", "-"))
        stem += code(rng) if rng.random() < 0.3 else self._word(rng)
        return f"{stem}.{rng.choice(_FILES)}".replace(" ", "_")

    def _word(self, rng: random.Random) -> str:
        if self._pools.words and rng.random() < 0.7:
            return rng.choice(self._pools.words)
        return syllables(rng, rng.choice((1, 2, 3)))

    def _words(self, rng: random.Random, low: int, high: int) -> str:
        return " ".join(self._word(rng) for _ in range(rng.randint(low, high)))

    def _sentence(self, rng: random.Random) -> str:
        if self._pools.sentences and rng.random() < 0.75:
            return rng.choice(self._pools.sentences)
        return self._words(rng, 3, 9)

    def _task(self, rng: random.Random) -> str:
        if natural := self._natural("task", rng):
            return natural
        verb = rng.choice(_VERBS)
        return f"{verb} {rng.choice(('the ', 'my ', 'a ', ''))}{self._words(rng, 1, 4)}"

    def _title(self, rng: random.Random) -> str:
        natural = self._natural("title", rng)
        return natural or self._words(rng, 1, 4)

    def _topic(self, rng: random.Random) -> str:
        natural = self._natural("topic", rng)
        return natural or self._words(rng, 1, 5)

    def _query(self, rng: random.Random) -> str:
        natural = self._natural("query", rng)
        return natural or self._words(rng, 2, 6)


def _url(rng: random.Random) -> str:
    scheme, host = rng.choice(("https://", "www.", "")), syllables(rng, 2)
    return f"{scheme}{host}.{rng.choice(_ENDINGS)}/{syllables(rng, 2)}"
