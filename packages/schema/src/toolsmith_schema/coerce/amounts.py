"""Numbers as people write and say them: ``1,499``, ``twenty``, ``half a million``, ``20k``, ``5 grand``.

Separators: a comma before each group of three digits and a point before decimals (1,499.50), the other way
round where only that can be meant (1.499,50 or 12,5), spaces and apostrophes (1 499, 1'499), Indian groups
(12,34,567). A single point before exactly three digits (1.499) could be either, and is refused, unless
the part before it is 0. Shares and percentages are no numbers here.
"""

from __future__ import annotations

import re
from fractions import Fraction

from toolsmith_schema.coerce.said import Ambiguous, Unclear, fold

_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TO_NINETY = "twenty thirty forty fifty sixty seventy eighty ninety"
SMALL = {word: value for value, word in enumerate(_TO_NINETEEN.split())}
TENS = {word: 10 * value for value, word in enumerate(_TO_NINETY.split(), 2)}
SCALES = {
    "dozen": 12,
    "thousand": 1000,
    "grand": 1000,
    "k": 1000,
    "lakh": 10**5,
    "million": 10**6,
    "mil": 10**6,
    "mio": 10**6,
    "mn": 10**6,
    "m": 10**6,
    "crore": 10**7,
    "billion": 10**9,
    "bn": 10**9,
    "b": 10**9,
    "trillion": 10**12,
    "tn": 10**12,
}
PLURALS = {f"{word}s": word for word in (*SCALES, "hundred") if len(word) > 2}
_SHARES = {"half": Fraction(1, 2), "third": Fraction(1, 3), "quarter": Fraction(1, 4)}
_PAIR = re.compile(r"^(a )?(couple|pair)( of)?(?= |$)")
_FILLERS = re.compile(
    r"^(exactly|just|only|about|around|roughly|approximately|up to|at most|a total of"
    r"|(the )?(top|first|last)|the)\s+"
)
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_GROUPED_OTHER = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+,[0-9]{1,2}|[0-9]{1,3}(\.[0-9]{3}){2,}")
_GROUPED_SPACE = re.compile(r"[0-9]{1,3}([ '_][0-9]{3})+([.,][0-9]{1,2})?")
_GROUPED_INDIAN = re.compile(r"[0-9]{1,2}(,[0-9]{2})+,[0-9]{3}(\.[0-9]+)?")
_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?|\.[0-9]+")
_COMMA_DECIMAL = re.compile(r"[0-9]+,[0-9]{1,2}")
_MAX_DIGITS = 30
_NOT_ONE = "the words do not form one number"


def number(text: str) -> Fraction:
    """The number that `text` says.

    Raises:
        Unclear: it says none, or could mean two.
    """
    words = fold(text)
    stripped = _FILLERS.sub("", words)
    words = _FILLERS.sub("", stripped)
    negative = re.match(r"(-|minus |negative )\s*(?=[^\s-])", words)
    if negative:
        words = words[negative.end() :]
    value = _magnitude(words)
    return -value if negative else value


def whole_or_decimal(value: Fraction) -> int | float:
    """`value` as an integer where it is one."""
    return value.numerator if value.denominator == 1 else float(value)


def digits(text: str) -> Fraction:
    """The number that digits and separators write.

    Raises:
        Unclear: `text` is not one, or could mean two.
    """
    if len(text) > _MAX_DIGITS or not re.fullmatch(r"[0-9.,' _]+", text):
        raise Unclear("this is not a number")
    if _GROUPED.fullmatch(text) or _GROUPED_INDIAN.fullmatch(text):
        return Fraction(text.replace(",", ""))
    if _PLAIN.fullmatch(text):
        whole, _, decimals = text.partition(".")
        if len(decimals) == 3 and 0 < len(whole) <= 3 and whole.strip("0") and not whole.startswith("0"):
            raise Ambiguous(f"this could mean {whole}{decimals} or {whole} and {decimals} thousandths")
        return Fraction("0" + text if text.startswith(".") else text)
    if _GROUPED_OTHER.fullmatch(text):
        return Fraction(text.replace(".", "").replace(",", "."))
    if _GROUPED_SPACE.fullmatch(text):
        return Fraction(re.sub(r"[ '_]", "", text).replace(",", "."))
    if _COMMA_DECIMAL.fullmatch(text):
        return Fraction(text.replace(",", "."))
    raise Unclear("the separators fit no way of writing a number")


def _magnitude(text: str) -> Fraction:
    if re.fullmatch(r"[0-9.,' _]+", text):
        return digits(text)
    text = _PAIR.sub("two", text)
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)
    text = re.sub(r"(?<=[0-9])(?=[a-z])", " ", text)
    first, *others = text.split()
    words = [first, *(PLURALS.get(word, word) for word in others)]
    if "point" in words:
        return _spoken_decimal(words)
    return _and_a_half(words) or _share(words) or _sum(words)


def _and_a_half(words: list[str]) -> Fraction | None:
    """``two and a half [thousand]``, ``a million and a half``, ``2 1/2``."""
    if len(words) > 1 and re.fullmatch(r"[1-9]/[1-9]", words[-1]):
        return _sum(words[:-1]) + Fraction(words[-1])
    for i in range(1, len(words) - 2):
        if words[i : i + 2] == ["and", "a"] and words[i + 2] in _SHARES:
            before, share, after = words[:i], _SHARES[words[i + 2]], words[i + 3 :]
            if before[-1] == "hundred":
                raise Unclear(_NOT_ONE)
            share *= 1 if after else SCALES.get(before[-1], 1)
            return _scaled(_sum(before) + share, after)
    return None


def _share(words: list[str]) -> Fraction | None:
    """``half``, ``a quarter``, ``half a million``, ``3/4``."""
    rest = words[1:] if words[0] == "a" else words
    if not rest:
        return None
    if len(rest) == 1 and re.fullmatch(r"[1-9][0-9]?/[1-9][0-9]?", rest[0]):
        return Fraction(rest[0])
    if rest[0] not in _SHARES:
        return None
    after = rest[1:]
    if after[:2] == ["of", "a"]:
        after = after[2:]
    elif after[:1] == ["a"]:
        after = after[1:]
    return _scaled(_SHARES[rest[0]], after)


def _scaled(value: Fraction, scales: list[str]) -> Fraction:
    if len(scales) > 1 or any(scale not in SCALES for scale in scales):
        raise Unclear(_NOT_ONE)
    return value * SCALES[scales[0]] if scales else value


def _spoken_decimal(words: list[str]) -> Fraction:
    place = words.index("point")
    decimals, rest = "", words[place + 1 :]
    while rest and SMALL.get(rest[0], 10) < 10:
        decimals += str(SMALL[rest.pop(0)])
    if not 0 < len(decimals) < _MAX_DIGITS:
        raise Unclear("the decimals are not digits")
    return _scaled(_sum(words[:place]) + Fraction(int(decimals), 10 ** len(decimals)), rest)


def _sum(words: list[str]) -> Fraction:
    """``two million three hundred and fifty thousand and three``."""
    rest, total, last = list(words), Fraction(0), 0
    while True:
        group = _group(rest)
        scale = SCALES.get(rest.pop(0)) if rest else 1
        if scale is None or (last and group * scale >= last):
            raise Unclear(_NOT_ONE)
        total += group * scale
        if not rest:
            return total
        last = scale if scale > 12 else 1
        if rest[0] == "and":
            rest.pop(0)


def _group(rest: list[str]) -> Fraction:
    """Take what stands before a scale from the front of `rest`."""
    if rest[:1] in (["a"], ["an"]) and len(rest) > 1 and (rest[1] in SCALES or rest[1] == "hundred"):
        rest.pop(0)
    value = _below_hundred(rest) if rest and rest[0] not in SCALES and rest[0] != "hundred" else Fraction(1)
    if rest[:1] != ["hundred"]:
        return value
    rest.pop(0)
    value *= 100
    after = rest[1:] if rest[:1] == ["and"] else rest
    if after and after[0] not in SCALES:
        del rest[: len(rest) - len(after)]
        added = _below_hundred(rest)
        if added >= 100:
            raise Unclear(_NOT_ONE)
        value += added
    return value


def _below_hundred(rest: list[str]) -> Fraction:
    word = rest.pop(0)
    if word in TENS:
        unit = SMALL.get(rest[0], 0) if rest else 0
        if 0 < unit < 10:
            rest.pop(0)
            return Fraction(TENS[word] + unit)
        return Fraction(TENS[word])
    if word in SMALL:
        return Fraction(SMALL[word])
    if word[:1].isdigit() or word[:1] == ".":
        return digits(word)
    raise Unclear(f"{word!r} is not part of a number")
