"""Slot values for pretraining requests, drawn afresh from a seeded generator: mostly rare strings.

What a router must learn is to copy what it has never seen, so names and words are often made up from
syllables; dates, times, amounts and sentences take the many forms that people write.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

_ONSETS = (
    "b c d f g h j k l m n p r s t v w y z " * 4
    + "br ch cl cr dr fl fr gl gr kh kl kr ng ny ph pl pr qu sh sk sl sm sn sp st th tr ts tw zh"
).split()
_NUCLEI = ("a e i o u " * 6 + "ai au ee ei ia ie io oa oo ou ua ue ö ü á é").split()
_CODAS = [
    "",
    "",
    "",
    "",
    "",
    "",
    "n",
    "r",
    "l",
    "s",
    "t",
    "k",
    "m",
    "ng",
    "sh",
    "rd",
    "nt",
    "x",
    "ck",
    "lt",
    "nd",
]
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTHS = "January February March April May June July August September October November December".split()
_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_CURRENCIES = (
    "dollars euros pounds yen francs rupees yuan won pesos reais rand zloty krona krone lira dirhams baht ringgit "
    "shekels forints bucks quid USD EUR GBP JPY CHF INR CNY KRW MXN BRL ZAR PLN SEK NOK DKK TRY AED THB MYR ILS "
    "HUF CZK AUD CAD NZD SGD HKD"
).split() + [
    "US dollars",
    "Swiss francs",
    "Japanese yen",
    "Canadian dollars",
    "Indian rupees",
    "Swedish kronor",
]
_SIGNS = "$ € £ ¥ ₹ ₩ ₺ ₪".split()
_VERBS = (
    "call buy fix clean pay send water feed book renew return check print finish write move cancel sign order wash read".split()
    + ["pick up", "take out", "drop off", "look at", "talk to", "ask about"]
)
_ENDINGS = "com org net io co.uk de fr example edu dev".split()


@dataclass(frozen=True, kw_only=True)
class Pools:
    """Lists of natural strings taken from the corpus, by kind of slot; each may be empty."""

    by_kind: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """city, place_name, person, song, artist, product, title, topic, query → strings."""
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
            "date": _date,
            "on_date": _on_date,
            "time": _time,
            "at_time": lambda r: r.choice(("at ", "at ", "around ", "by ")) + _time(r),
            "datetime": _datetime,
            "duration": _duration,
            "int": _integer,
            "number": _number,
            "amount": _number,
            "money": _money,
            "currency": lambda r: r.choice(_CURRENCIES),
            "percent": lambda r: f"{_integer(r)}{r.choice(('%', ' percent', ' %'))}",
            "sentence": self._sentence,
            "task": self._task,
            "title": self._title,
            "topic": self._topic,
            "query": self._query,
            "product": self._title,
            "song": self._title,
            "artist": self._person,
            "company": lambda r: (
                self._name(r) + r.choice(("", "", " Ltd", " Inc", " & Sons", " GmbH", " Labs"))
            ),
            "code": _code,
            "word": self._word,
            "url": lambda r: (
                f"{r.choice(('https://', 'www.', ''))}{_syllables(r, 2)}.{r.choice(_ENDINGS)}/{_syllables(r, 2)}"
            ),
            "phone": _phone,
            "file": lambda r: (
                f"{_syllables(r, 2)}{r.choice(('', '_', '-'))}{_code(r) if r.random() < 0.3 else self._word(r)}.{r.choice('pdf txt csv docx png py md xlsx'.split())}".replace(
                    " ", "_"
                )
            ),
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
        word = _syllables(rng, rng.choice((1, 2, 2, 2, 3)))
        return word.capitalize() if rng.random() < 0.85 else word

    def _place(self, rng: random.Random) -> str:
        natural = self._natural("city", rng)
        return natural or " ".join(self._name(rng) for _ in range(rng.choice((1, 1, 1, 2, 3))))

    def _person(self, rng: random.Random) -> str:
        natural = self._natural("person", rng)
        return natural or " ".join(self._name(rng) for _ in range(rng.choice((1, 1, 2))))

    def _group(self, rng: random.Random) -> str:
        who = rng.choice(
            "team crew office landlord boss sister brother accountant neighbour doctor group class board manager dentist mom dad".split()
        )
        return f"{rng.choice(('my', 'the', 'our', 'the ' + self._word(rng)))} {who}"

    def _email(self, rng: random.Random) -> str:
        user = (
            _syllables(rng, 2)
            + rng.choice(("", ".", "_"))
            + rng.choice((_syllables(rng, 2), str(rng.randint(1, 99))))
        )
        return f"{user}@{_syllables(rng, 2)}.{rng.choice(_ENDINGS)}"

    def _word(self, rng: random.Random) -> str:
        if self._pools.words and rng.random() < 0.7:
            return rng.choice(self._pools.words)
        return _syllables(rng, rng.choice((1, 2, 3)))

    def _words(self, rng: random.Random, low: int, high: int) -> str:
        return " ".join(self._word(rng) for _ in range(rng.randint(low, high)))

    def _sentence(self, rng: random.Random) -> str:
        if self._pools.sentences and rng.random() < 0.75:
            return rng.choice(self._pools.sentences)
        return self._words(rng, 3, 9)

    def _task(self, rng: random.Random) -> str:
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


def _syllables(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(_ONSETS) + rng.choice(_NUCLEI) + rng.choice(_CODAS) for _ in range(count))


def _code(rng: random.Random) -> str:
    letters = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(2, 5)))
    return rng.choice(
        (f"{letters}-{digits}", f"{letters}{digits}", f"#{digits}", digits, f"{digits}-{letters.lower()}")
    )


def _phone(rng: random.Random) -> str:
    return f"{rng.choice(('+44 ', '0', '+1 ', ''))}{rng.randint(100, 999)}{rng.choice((' ', '-', ''))}{rng.randint(1000, 9999)}"


def _spelled(n: int) -> str:
    if n < 20:
        return _ONES[n - 1]
    tens = _TENS[n // 10 - 2]
    return tens if n % 10 == 0 else f"{tens}{'-' if n % 3 else ' '}{_ONES[n % 10 - 1]}"


def _integer(rng: random.Random) -> str:
    n = rng.choice((rng.randint(1, 12), rng.randint(1, 99), rng.randint(100, 999)))
    return _spelled(n) if n < 100 and rng.random() < 0.35 else str(n)


def _number(rng: random.Random) -> str:
    n = rng.randint(1, 10 ** rng.randint(1, 5))
    return rng.choice(
        (
            str(n),
            str(n),
            f"{n:,}",
            f"{n}.{rng.randint(1, 99):02d}",
            f"{rng.randint(1, 90)}k",
            _spelled(rng.randint(1, 99)),
            f"{_spelled(rng.randint(1, 9))} hundred",
            f"{_spelled(rng.randint(1, 99))} thousand",
            f"{rng.randint(1, 9)}.{rng.randint(1, 9)} million",
        )
    )


def _money(rng: random.Random) -> str:
    if rng.random() < 0.45:
        return rng.choice(_SIGNS) + _number(rng).split(" ")[0].replace("k", "")
    return f"{_number(rng)} {rng.choice(_CURRENCIES)}"


def _ordinal(n: int) -> str:
    return f"{n}{'th' if 10 < n % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def _bare_day(rng: random.Random) -> tuple[str, bool]:
    """A day phrase and whether it takes "on"."""
    day, month = rng.randint(1, 28), rng.choice(_MONTHS)
    if rng.random() < 0.4:
        month = month[:3]
    return rng.choice(
        (
            ("tomorrow", False),
            ("today", False),
            ("tonight", False),
            ("tmrw", False),
            ("day after tomorrow", False),
            (f"next {rng.choice(_WEEKDAYS)}", False),
            (f"this {rng.choice(_WEEKDAYS)}", False),
            ("next week", False),
            ("this weekend", False),
            (rng.choice(_WEEKDAYS), True),
            (rng.choice(_WEEKDAYS).lower(), True),
            (rng.choice(_WEEKDAYS)[:3], True),
            (f"{month} {day}", True),
            (f"{day} {month}", True),
            (f"{month} {_ordinal(day)}", True),
            (f"the {_ordinal(day)}", True),
            (f"the {_ordinal(day)} of {month}", True),
            (f"{rng.randint(1, 12)}/{day}", True),
            (f"2026-{rng.randint(1, 12):02d}-{day:02d}", True),
            (f"{month} {day}, 20{rng.randint(26, 28)}", True),
        )
    )


def _date(rng: random.Random) -> str:
    return _bare_day(rng)[0]


def _on_date(rng: random.Random) -> str:
    phrase, takes_on = _bare_day(rng)
    return f"on {phrase}" if takes_on else phrase


def _time(rng: random.Random) -> str:
    hour, minute = rng.randint(1, 12), rng.choice((0, 0, 0, 15, 30, 30, 45, rng.randint(1, 59)))
    half = rng.choice(("am", "pm", "AM", "PM", " am", " pm", " p.m.", ""))
    clock = f"{hour}:{minute:02d}" if minute or rng.random() < 0.2 else str(hour)
    return rng.choice(
        (
            clock + (half or "pm"),
            clock + (half or "am"),
            f"{rng.randint(0, 23):02d}:{minute:02d}",
            "noon",
            "midnight",
            f"{_ONES[hour - 1]} o'clock",
            f"half past {_ONES[hour - 1]}",
            f"quarter to {_ONES[hour - 1]}",
            f"{_ONES[hour - 1]} thirty",
            f"{hour} in the {rng.choice(('morning', 'evening', 'afternoon'))}",
        )
    )


def _duration(rng: random.Random) -> str:
    n = rng.randint(2, 90)
    return rng.choice(
        (
            f"{n} minutes",
            f"{n} min",
            f"{rng.randint(1, 9)} hours",
            "an hour",
            "half an hour",
            "an hour and a half",
            f"{_spelled(n)} minutes",
            f"{rng.randint(1, 5)}.5 hours",
            f"{rng.randint(1, 6)}h",
            "two hours",
            "forty-five minutes",
        )
    )


def _datetime(rng: random.Random) -> str:
    part = rng.choice(("morning", "evening", "afternoon", "night"))
    return rng.choice(
        (
            f"{_on_date(rng)} at {_time(rng)}",
            f"at {_time(rng)} {_on_date(rng)}",
            f"in {_duration(rng)}",
            f"at {_time(rng)}",
            f"{_on_date(rng)}",
            f"tomorrow {part}",
            f"on {rng.choice(_WEEKDAYS)} {part}",
            f"in {rng.randint(2, 9)} days",
            f"by {_time(rng)}",
        )
    )
