"""Currencies: names, signs and colloquial words → ISO 4217, and amounts with a currency beside them.

Names come from babel (CLDR, English). A bare word that several currencies share means the one of this table,
and where the table is silent it is ambiguous, with the candidates named: ``pesos``, ``kroner``, ``crowns``,
``dinars``, ``shillings``.

======== === ======== === ======== === ======== === ======== ===
dollar   USD pound    GBP rupee    INR franc    CHF ruble    RUB
won      KRW $        USD £        GBP ¥        JPY Rs       INR
======== === ======== === ======== === ======== === ======== ===
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from toolsmith_schema.coerce.said import Ambiguous, Unclear, ascii_fold, fold, singular

_CHOICES = {"dollar": "USD", "pound": "GBP", "rupee": "INR", "franc": "CHF", "ruble": "RUB", "won": "KRW"}
_SIGNS = {
    "$": "USD",
    "us$": "USD",
    "usd$": "USD",
    "$us": "USD",
    "c$": "CAD",
    "ca$": "CAD",
    "can$": "CAD",
    "a$": "AUD",
    "au$": "AUD",
    "nz$": "NZD",
    "hk$": "HKD",
    "s$": "SGD",
    "sg$": "SGD",
    "nt$": "TWD",
    "r$": "BRL",
    "mx$": "MXN",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "jp¥": "JPY",
    "cn¥": "CNY",
    "円": "JPY",
    "元": "CNY",
    "₹": "INR",
    "₩": "KRW",
    "₽": "RUB",
    "₺": "TRY",
    "₫": "VND",
    "₱": "PHP",
    "₴": "UAH",
    "₪": "ILS",
    "฿": "THB",
    "₦": "NGN",
    "₡": "CRC",
    "₲": "PYG",
    "₵": "GHS",
    "₸": "KZT",
    "₾": "GEL",
    "rs": "INR",
    "rp": "IDR",
    "rm": "MYR",
    "zł": "PLN",
    "kč": "CZK",
    "ft": "HUF",
}
_SIGN_ENDS = {sign[-1] for sign in _SIGNS if not sign[-1].isalpha()}
_SHARED_SIGNS = {"kr": ("DKK", "ISK", "NOK", "SEK"), "kr.": ("DKK", "ISK", "NOK", "SEK")}
_ALIASES = {
    "GBP": "sterling,pound sterling,british pound sterling,quid,english pound,uk pound,gb pound",
    "USD": "buck,greenback,american dollar,american buck,u s dollar,united states dollar,us buck",
    "CAD": "loonie,loonies,canadian buck,ca dollar,can dollar",
    "AUD": "aussie dollar,aussie buck,au dollar,oz dollar",
    "NZD": "kiwi dollar,nz dollar",
    "CNY": "renminbi,rmb,chinese renminbi,yuan renminbi",
    "KRW": "korean won",
    "TWD": "taiwan dollar,taiwanese dollar",
    "HKD": "hongkong dollar,hk dollar",
    "SGD": "singaporean dollar",
    "BRL": "reais,brazilian reais",
    "AED": "emirati dirham,dubai dirham,uae dirham",
    "ILS": "shekel,israeli shekel,new shekel,nis",
    "RUB": "rouble,russian rouble",
    "PHP": "filipino peso,philippines peso",
    "ARS": "argentinian peso,argentinean peso",
    "KZT": "kazakh tenge",
    "UZS": "uzbek som",
    "KGS": "kyrgyz som",
    "AZN": "azeri manat",
    "TMT": "turkmen manat",
    "NPR": "nepali rupee",
    "MVR": "maldivian rufiyaa,rufiyaa",
    "UAH": "hryvna,ukrainian hryvna",
    "CHF": "swissie",
    "TRY": "turkish lire",
    "SAR": "saudi rial,saudi arabian riyal",
    "CRC": "colones,costa rican colones",
    "CZK": "czech crown",
    "SEK": "swedish crown",
    "NOK": "norwegian crown",
    "DKK": "danish crown",
    "ISK": "icelandic crown",
}
_NO_CURRENCY = {"mark", "gold", "XXX", "XTS", "PLZ"}  # plz: please
_LEAD = re.compile(r"^(to|in|into|from|as|the)\s+(?=\S)")


def currency(text: str) -> str:
    """The ISO 4217 code of the currency that `text` names.

    Raises:
        Unclear: it names none, or several (`Ambiguous`).
    """
    said = _LEAD.sub("", fold(text))
    code = said.upper()
    if code in _codes():
        return code
    if said in _SIGNS:
        return _SIGNS[said]
    if said in _SHARED_SIGNS:
        raise _several(said, _SHARED_SIGNS[said])
    first, _, noun = said.partition(" ")
    if first.upper() in _names().get(_comparable(noun), ()):
        return first.upper()
    name = _comparable(said)
    codes = _names().get(name, ())
    if len(codes) == 1:
        return codes[0]
    if name in _CHOICES:
        return _CHOICES[name]
    if codes:
        raise _several(said, codes)
    raise Unclear("this names no currency")


@lru_cache(maxsize=4096)
def may_end_a_currency(word: str) -> bool:
    """Whether a currency's name, code or sign may end with `word`: quick, and never wrong with False."""
    said = word.casefold()
    return said.upper() in _codes() or said[-1] in _SIGN_ENDS or _comparable(said) in _last_words()


def _several(said: str, codes: tuple[str, ...]) -> Ambiguous:
    return Ambiguous(f"{said!r} could be {', '.join(codes[:-1])} or {codes[-1]}")


def without_currency(text: str) -> str | None:
    """`text` without the currency before or after its amount, or None when there is none."""
    said = fold(text)
    for sign in sorted((*_SIGNS, *_SHARED_SIGNS), key=len, reverse=True):
        if beside := _after(said, sign) or _before(said, sign):
            return beside
    words = said.split()
    for count in range(min(len(words) - 1, 5), 0, -1):
        for rest, name in ((words[:-count], words[-count:]), (words[count:], words[:count])):
            if _is_currency(" ".join(name)):
                return " ".join(rest)
    match = re.fullmatch(r"([a-z]{3})([0-9].*)|([0-9].*?)([a-z]{3})", said)
    if match and (match[1] or match[4]).upper() in _codes():
        return match[2] or match[3]
    return None


def _after(said: str, sign: str) -> str | None:
    rest = said.removeprefix(sign).lstrip(" .") if sign.isalpha() else said.removeprefix(sign).lstrip()
    return rest if rest != said and re.match(r"[0-9.]", rest) else None


def _before(said: str, sign: str) -> str | None:
    rest = said.removesuffix(sign)
    return rest.rstrip() if rest != said and re.search(r"[0-9][km]?\s?$", rest) else None


def _is_currency(said: str) -> bool:
    if _LEAD.match(said):
        return False
    try:
        currency(said)
    except Ambiguous:
        return True
    except Unclear:
        return False
    return True


@lru_cache(maxsize=4096)
def _comparable(name: str) -> str:
    plain = re.sub(r"[^a-z& -]", "", ascii_fold(name.casefold()).replace(".", " ")).replace("&", " and ")
    return " ".join(singular(word) for word in plain.replace("-", " ").split())


@cache
def _codes() -> frozenset[str]:
    """Every code that CLDR knows, those of former currencies too."""
    from babel.core import Locale

    return frozenset(Locale.parse("en").currencies) - _NO_CURRENCY


@cache
def _last_words() -> frozenset[str]:
    """What the last word of a name, or a sign of letters, can be."""
    signs = {sign for sign in (*_SIGNS, *_SHARED_SIGNS) if sign[-1].isalpha()}
    return frozenset({_comparable(name).rpartition(" ")[2] for name in (*_names(), *_CHOICES, *signs)})


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """Comparable name, or last word of one → the codes of the current currencies that have it."""
    from babel.core import Locale, get_global
    from babel.numbers import get_currency_name

    found: dict[str, set[str]] = {}
    known = Locale.parse("en").currencies
    for rows in get_global("territory_currencies").values():
        for code, _, end, tender in rows:
            if end is not None or not tender or code not in known:
                continue
            for count in (None, 1, 2):
                name = _comparable(get_currency_name(code, count, locale="en"))
                for form in (name, name.split()[-1]):
                    if form not in _NO_CURRENCY:
                        found.setdefault(form, set()).add(code)
    for code in ("DKK", "NOK", "SEK", "ISK", "CZK"):
        found.setdefault("crown", set()).add(code)
    for code, aliases in _ALIASES.items():
        for alias in aliases.split(","):
            found[_comparable(alias)] = {code}
    return {name: tuple(sorted(codes)) for name, codes in found.items()}
