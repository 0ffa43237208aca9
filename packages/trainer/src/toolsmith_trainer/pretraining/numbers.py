"""Numbers and amounts of money in the forms that people write."""

from __future__ import annotations

import random

ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
"""The numbers from 1 to 19 in words, 1 first."""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_CURRENCIES = [
    *(
        "dollars euros pounds yen francs rupees yuan won pesos reais rand zloty krona krone lira dirhams "
        "baht ringgit shekels forints bucks quid USD EUR GBP JPY CHF INR CNY KRW MXN BRL ZAR PLN SEK NOK DKK "
        "TRY AED THB MYR ILS HUF CZK AUD CAD NZD SGD HKD"
    ).split(),
    "US dollars",
    "Swiss francs",
    "Japanese yen",
    "Canadian dollars",
    "Indian rupees",
    "Swedish kronor",
]
_SIGNS = "$ € £ ¥ ₹ ₩ ₺ ₪".split()


def spelled(n: int) -> str:
    """The number `n`, 1 to 99, in words."""
    if n < 20:
        return ONES[n - 1]
    tens = _TENS[n // 10 - 2]
    return tens if n % 10 == 0 else f"{tens}{'-' if n % 3 else ' '}{ONES[n % 10 - 1]}"


def integer(rng: random.Random) -> str:
    """A whole number below 1,000, at times in words."""
    n = rng.choice((rng.randint(1, 12), rng.randint(1, 99), rng.randint(100, 999)))
    return spelled(n) if n < 100 and rng.random() < 0.35 else str(n)


def number(rng: random.Random) -> str:
    """A number of any size: ``1,499``, ``20.05``, ``3k``, ``four hundred``."""
    n = rng.randint(1, 10 ** rng.randint(1, 5))
    return rng.choice(
        (
            str(n),
            str(n),
            f"{n:,}",
            f"{n}.{rng.randint(1, 99):02d}",
            f"{rng.randint(1, 90)}k",
            spelled(rng.randint(1, 99)),
            f"{spelled(rng.randint(1, 9))} hundred",
            f"{spelled(rng.randint(1, 99))} thousand",
            f"{rng.randint(1, 9)}.{rng.randint(1, 9)} million",
        )
    )


def percent(rng: random.Random) -> str:
    """A whole number with its sign or word for per cent."""
    return f"{integer(rng)}{rng.choice(('%', ' percent', ' %'))}"


def money(rng: random.Random) -> str:
    """An amount with its currency: ``$20.05``, ``nine hundred rupees``."""
    if rng.random() < 0.45:
        return rng.choice(_SIGNS) + number(rng).split(" ")[0].replace("k", "")
    return f"{number(rng)} {rng.choice(_CURRENCIES)}"


def currency(rng: random.Random) -> str:
    """The name or code of a currency."""
    return rng.choice(_CURRENCIES)
