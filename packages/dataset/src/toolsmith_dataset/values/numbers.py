"""Amounts and counts, as people write them."""

from __future__ import annotations

from toolsmith_dataset.draw import Draw
from toolsmith_dataset.values.fill import Context, Fill

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_LIMITS = tuple(
    int(text)
    for text in "3 4 5 6 7 8 10 12 15 20 25 30 40 50 60 75 80 100 120 150 200 250 300 500 750 1000".split()
)
_INDIAN_GROUPS = ("INR", "PKR", "LKR", "NPR", "BDT")
_DECIMAL_COMMAS = ("EUR", "DKK", "TRY", "BRL", "IDR", "PLN", "RON", "BGN", "ARS", "VND")
_RESULTS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50)


def spelled(value: int) -> str:
    """`value` below a million in words."""
    if value >= 1000:
        rest = value % 1000
        return f"{spelled(value // 1000)} thousand" + (
            f" {'and ' if rest < 100 else ''}{spelled(rest)}" if rest else ""
        )
    if value >= 100:
        return f"{_ONES[value // 100]} hundred" + (f" and {spelled(value % 100)}" if value % 100 else "")
    if value < 20:
        return _ONES[value]
    return _TENS[value // 10] + (f"-{_ONES[value % 10]}" if value % 10 else "")


def amount(draw: Draw, code: str = "") -> tuple[str, float]:
    """An amount of the currency `code` as written, and its value; never one, so that a plural fits."""
    forms = [
        (30, _whole),
        (14, _round),
        (10, _grouped),
        (12, _cents),
        (14, words_amount),
        (8, _short),
        (4, _share),
        (18 if code in _INDIAN_GROUPS else 0, _indian),
        (6 if code in _DECIMAL_COMMAS else 0, _comma),
    ]
    return draw.weighted(forms)(draw)


def words_amount(draw: Draw) -> tuple[str, float]:
    """An amount in words, and its value."""
    value = draw.weighted(
        (
            (5, draw.between(2, 20)),
            (4, 10 * draw.between(2, 9)),
            (2, draw.between(21, 99)),
            (3, 100 * draw.between(1, 9)),
            (1, 100 * draw.between(1, 9) + 10 * draw.between(1, 9)),
            (2, 1000 * draw.between(1, 30)),
            (1, 1000 * draw.between(1, 9) + 100 * draw.between(1, 9)),
        )
    )
    said = spelled(value)
    if said.startswith("one ") and draw.chance(0.6):
        said = "a " + said[4:]
    return said, value


def limit(context: Context) -> Fill:
    """``{limit}``: a number of rows."""
    value = context.draw.pick(_LIMITS) if context.draw.chance(0.75) else context.draw.between(2, 99)
    return _count("limit", value, context)


def max_results(context: Context) -> Fill:
    """``{max_results}``: a number of search results."""
    return _count("max_results", context.draw.pick(_RESULTS), context)


def other_count(context: Context) -> Fill:
    """``{~int}``: a number that is no argument."""
    return Fill(text=str(context.draw.between(2, 60)))


def _count(argument: str, value: int, context: Context) -> Fill:
    worded = value <= 20 or (value % 10 == 0 and value <= 100)
    said = spelled(value) if worded and context.draw.chance(0.3) else str(value)
    if said == "1000" and context.draw.chance(0.4):
        said = "1,000"
    return Fill.of(argument, said, keys=(str(value),), meant=value)


def _whole(draw: Draw) -> tuple[str, float]:
    value = draw.weighted(
        ((4, draw.between(2, 99)), (4, draw.between(100, 999)), (2, draw.between(1000, 9999)))
    )
    return str(value), value


def _round(draw: Draw) -> tuple[str, float]:
    value = draw.between(1, 9) * draw.pick((10, 50, 100, 250, 500, 1000, 5000))
    return str(value), value


def _grouped(draw: Draw) -> tuple[str, float]:
    value = draw.pick(
        (
            draw.between(1000, 9999),
            draw.between(10, 999) * 1000,
            draw.between(10000, 999999),
            draw.between(1, 9) * 1000000,
        )
    )
    return f"{value:,}", value


def _cents(draw: Draw) -> tuple[str, float]:
    value = draw.between(200, 99999) if draw.chance(0.75) else draw.between(100000, 999999)
    text = f"{value / 100:,.2f}"
    return text, float(text.replace(",", ""))


def _short(draw: Draw) -> tuple[str, float]:
    kind = draw.below(5)
    if kind == 0:
        value = draw.between(11, 95)
        return f"{value / 10:g}k", value * 100
    if kind == 1:
        value = draw.between(2, 40)
        return (f"{value}m" if draw.chance(0.3) else f"{value} million"), value * 10**6
    if kind == 2:
        value = draw.between(11, 49)
        return f"{value / 10:g} million", value * 10**5
    value = draw.pick((draw.between(2, 20), 10 * draw.between(2, 50)))
    return f"{value}{draw.pick(('k', 'k', 'k', 'K', ' thousand'))}", value * 1000


def _share(draw: Draw) -> tuple[str, float]:
    return draw.pick(
        (
            ("half a million", 500000.0),
            ("a quarter of a million", 250000.0),
            ("two and a half thousand", 2500.0),
            ("one and a half million", 1500000.0),
            ("a couple hundred", 200.0),
            ("a couple of thousand", 2000.0),
            ("a dozen", 12.0),
            ("twelve point five", 12.5),
            ("three point two million", 3200000.0),
        )
    )


def _indian(draw: Draw) -> tuple[str, float]:
    value = draw.between(1, 99) * 100000 + draw.between(0, 99) * 1000
    head, tail = divmod(value, 1000)
    return f"{head // 100},{head % 100:02},{tail:03}", value


def _comma(draw: Draw) -> tuple[str, float]:
    value = draw.between(1, 99) * 1000 + draw.between(1, 999)
    cents = draw.between(1, 99)
    return f"{value // 1000}.{value % 1000:03},{cents:02}", value + cents / 100
