"""Currencies by code, name, colloquial word and sign, and amounts beside them as separate spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from toolsmith_dataset.values.fill import Context, Fill, Span
from toolsmith_dataset.values.numbers import amount, words_amount


@dataclass(frozen=True, kw_only=True)
class Currency:
    """How one currency is called."""

    code: str
    """ISO 4217."""
    names: tuple[str, ...]
    """Plural names, the fullest first."""
    weight: float = 1
    """How often it comes up."""
    casual: tuple[str, ...] = ()
    """Colloquial plurals that go with an amount."""
    signs: tuple[str, ...] = ()
    """Signs written before an amount."""
    after: tuple[str, ...] = ()
    """Signs written after an amount."""


def _rows(table: str) -> tuple[Currency, ...]:
    """``code weight | names | casual | signs before | signs after`` by line, entries divided by commas."""
    found = []
    for line in table.strip().splitlines():
        head, *cells = (cell.strip() for cell in line.split("|"))
        code, weight = head.split()
        names, casual, signs, after = (
            tuple(x.strip() for x in cell.split(",") if x.strip()) for cell in cells
        )
        found.append(
            Currency(code=code, weight=float(weight), names=names, casual=casual, signs=signs, after=after)
        )
    return tuple(found)


CURRENCIES: Final = _rows("""
USD 9 | US dollars, American dollars, dollars, dollars | bucks, bucks, greenbacks | $, $, $, US$ |
EUR 9 | euros, euros | | €, €, € | €, €
GBP 7 | British pounds, pounds, pounds sterling, pounds | quid, quid | £, £ |
JPY 5 | Japanese yen, yen, yen | | ¥, JP¥ |
CHF 3 | Swiss francs, Swiss francs, francs | | |
CAD 3 | Canadian dollars, Canadian dollars | loonies | C$, CA$ |
AUD 3 | Australian dollars, Aussie dollars | Aussie bucks | A$, AU$ |
NZD 2 | New Zealand dollars, kiwi dollars | | NZ$ |
CNY 3 | Chinese yuan, yuan, renminbi | RMB | CN¥ |
INR 4 | Indian rupees, rupees | | ₹, ₹, Rs |
MXN 3 | Mexican pesos | | MX$ |
BRL 2 | Brazilian reais, reais | | R$ |
ARS 1 | Argentine pesos, Argentinian pesos | | |
CLP 1 | Chilean pesos | | |
COP 1 | Colombian pesos | | |
UYU 1 | Uruguayan pesos | | |
PEN 1 | Peruvian soles | | |
BOB 1 | Bolivian bolivianos | | |
SEK 3 | Swedish kronor, Swedish crowns | | |
NOK 3 | Norwegian kroner, Norwegian crowns | | |
DKK 3 | Danish kroner, Danish crowns | | |
ISK 1 | Icelandic krónur, Icelandic crowns | | |
CZK 2 | Czech koruna, Czech crowns | | | Kč
PLN 2 | Polish zloty, zloty, złoty | | | zł
HUF 2 | Hungarian forints, forints | | | Ft
RON 1 | Romanian lei | | |
BGN 1 | Bulgarian leva | | |
RSD 1 | Serbian dinars | | |
UAH 1 | Ukrainian hryvnia, hryvnia | | ₴ |
RUB 1 | Russian rubles, Russian roubles | | | ₽
GEL 1 | Georgian lari, lari | | ₾ |
TRY 2 | Turkish lira | | ₺ |
ILS 2 | Israeli shekels, shekels | | ₪ |
AED 2 | UAE dirhams, Emirati dirhams | | |
SAR 1 | Saudi riyals | | |
QAR 1 | Qatari riyals | | |
KWD 1 | Kuwaiti dinars | | |
JOD 1 | Jordanian dinars | | |
EGP 1 | Egyptian pounds | | |
MAD 1 | Moroccan dirhams | | |
TND 1 | Tunisian dinars | | |
ZAR 2 | South African rand, rand | | |
NGN 1 | Nigerian naira, naira | | ₦ |
GHS 1 | Ghanaian cedis, cedis | | |
KES 1 | Kenyan shillings | | |
TZS 1 | Tanzanian shillings | | |
UGX 1 | Ugandan shillings | | |
ETB 1 | Ethiopian birr, birr | | |
KRW 2 | South Korean won, Korean won, won | | ₩ |
TWD 1 | Taiwan dollars, Taiwanese dollars | | NT$ |
HKD 2 | Hong Kong dollars | | HK$ |
SGD 2 | Singapore dollars, Singaporean dollars | | S$ |
MYR 1 | Malaysian ringgit, ringgit | | RM |
THB 2 | Thai baht, baht | | ฿ |
IDR 1 | Indonesian rupiah, rupiah | | Rp |
PHP 1 | Philippine pesos, Filipino pesos | | ₱ |
VND 1 | Vietnamese dong, dong | | | ₫
PKR 1 | Pakistani rupees | | |
LKR 1 | Sri Lankan rupees | | |
NPR 1 | Nepalese rupees, Nepali rupees | | |
BDT 1 | Bangladeshi taka, taka | | |
KZT 1 | Kazakhstani tenge, tenge | | |
JMD 1 | Jamaican dollars | | |
""")
"""The currencies that requests are about."""


def money(context: Context) -> Fill:
    """``{money}``: an amount with its currency; the two are separate spans."""
    said, sign, currency, joint, first = _written(context)
    head, tail = (
        (("from_currency", sign), ("amount", said)) if first else (("amount", said), ("from_currency", sign))
    )
    text = head[1] + joint + tail[1]
    spans = (
        Span(argument=head[0], start=0, end=len(head[1])),
        Span(argument=tail[0], start=len(text) - len(tail[1]), end=len(text)),
    )
    return Fill(text=text, spans=spans, keys=(currency.code, said.casefold()))


def other_money(context: Context) -> Fill:
    """``{~money}``: a sum that is not the one to convert."""
    said, sign, _currency, joint, first = _written(context)
    return Fill(text=(sign + joint + said) if first else (said + joint + sign), keys=(said.casefold(),))


def bare_amount(context: Context) -> Fill:
    """``{amount}``: an amount without its currency."""
    said, value = amount(context.draw)
    return Fill.of("amount", said, meant=value)


def from_currency(context: Context) -> Fill:
    """``{from_currency}``: a currency apart from its amount."""
    return _named("from_currency", context)


def to_currency(context: Context) -> Fill:
    """``{to_currency}``: the currency wanted."""
    return _named("to_currency", context)


def other_currency(context: Context) -> Fill:
    """``{~currency}``: a currency that is not the point of the request."""
    fill = _named("", context)
    return Fill(text=fill.text, keys=fill.keys)


def _named(argument: str, context: Context) -> Fill:
    currency = context.draw.weighted([(c.weight**0.7, c) for c in CURRENCIES])
    name = context.draw.pick(currency.names)
    if context.draw.chance(0.38 if context.typed else 0.27):
        name = (
            currency.code.lower()
            if context.register == "noisy" and context.draw.chance(0.6)
            else currency.code
        )
    elif currency.casual and context.draw.chance(0.15):
        name = context.draw.pick(currency.casual)
    return Fill.of(argument, name, keys=(currency.code,), meant=currency.code)


def _written(context: Context) -> tuple[str, str, Currency, str, bool]:
    """Amount, currency, what is between, and whether the currency comes first."""
    draw = context.draw
    currency = draw.weighted([(c.weight**0.7, c) for c in CURRENCIES])
    said, _value = amount(draw, currency.code)
    in_words = said[0].isalpha()
    kinds = [(5.0, "name"), (0.5 if in_words else 2.5, "code after")]
    if not in_words:
        kinds += [
            (1.2, "code before"),
            (4.0 if currency.signs else 0, "sign"),
            (2.5 if currency.after else 0, "after"),
        ]
    kinds.append((2.0 if currency.casual else 0, "casual"))
    kind = draw.weighted(kinds)
    code = currency.code.lower() if context.register == "noisy" and draw.chance(0.6) else currency.code
    if kind == "name":
        return said, draw.pick(currency.names), currency, " ", False
    if kind == "casual":
        if draw.chance(0.5):
            said, _value = words_amount(draw)
        return said, draw.pick(currency.casual), currency, " ", False
    if kind == "sign":
        sign = draw.pick(currency.signs)
        return (
            said,
            sign,
            currency,
            " " if sign == "Rs" or (sign.isalpha() and draw.chance(0.4)) else "",
            True,
        )
    if kind == "after":
        sign = draw.pick(currency.after)
        return said, sign, currency, " " if sign.isalpha() or draw.chance(0.4) else "", False
    joint = "" if draw.chance(0.15) and said[-1].isdigit() and said[0].isdigit() else " "
    return said, code, currency, joint, kind == "code before"
