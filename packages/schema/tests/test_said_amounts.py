"""Numbers and currencies as people write and say them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolsmith_schema.coerce.amounts import number, whole_or_decimal
from toolsmith_schema.coerce.money import currency, without_currency
from toolsmith_schema.coerce.said import Unclear

NUMBERS = {
    "20": 20,
    "-5": -5,
    "minus five": -5,
    "1,499": 1499,
    "1,499.50": 1499.5,
    "1.499,50": 1499.5,
    "1.499.000": 1499000,
    "0.125": 0.125,
    ".5": 0.5,
    "12,5": 12.5,
    "1 499": 1499,
    "1'499": 1499,
    "12,34,567": 1234567,
    "\u0665\u0660": 50,
    "twenty": 20,
    "twenty-five": 25,
    "two hundred and fifty": 250,
    "two hundred fifty five thousand": 255000,
    "two million three hundred and fifty thousand and three": 2350003,
    "fifteen hundred": 1500,
    "a hundred": 100,
    "a thousand": 1000,
    "a dozen": 12,
    "half a dozen": 6,
    "a couple": 2,
    "20k": 20000,
    "1.5k": 1500,
    "5 grand": 5000,
    "1.2 million": 1200000,
    "2m": 2000000,
    "half a million": 500000,
    "a million and a half": 1500000,
    "two and a half": 2.5,
    "two and a half thousand": 2500,
    "2\u00bd": 2.5,
    "3/4": 0.75,
    "three point one four": 3.14,
    "zero": 0,
    "top 5": 5,
    "up to ten": 10,
    "about 50": 50,
}
NO_NUMBERS = [
    "",
    "?",
    "a",
    "and",
    "a few",
    "five six",
    "twenty twenty",
    "fifty fifty",
    "hundred and",
    "1,499,00",
]
NO_NUMBERS += [
    "1.499",
    "1,2,3",
    "50%",
    "1e5",
    "thousands",
    "5 million million",
    "a hundred and a half",
    "ten or eleven",
]
NO_NUMBERS += ["9" * 100, "infinity", "nan", "one hundred and", "five two hundred"]


@pytest.mark.parametrize(("said", "value"), NUMBERS.items())
def test_a_number_is_understood_exactly(said: str, value: float) -> None:
    found = whole_or_decimal(number(said))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("said", NO_NUMBERS, ids=lambda said: said[:20])
def test_what_is_no_number_or_could_mean_two_is_refused(said: str) -> None:
    with pytest.raises(Unclear):
        number(said)


def test_an_ambiguous_separator_is_explained() -> None:
    with pytest.raises(Unclear, match="could mean 1499 or"):
        number("1.499")


@given(st.integers(0, 10**12))
def test_a_whole_number_survives_every_way_of_grouping_it(value: int) -> None:
    grouped = f"{value:,}"
    for form in (str(value), grouped, grouped.replace(",", " "), grouped.replace(",", "'")):
        assert number(form) == value
    assert number(f"{grouped}.25") == value + Fraction(1, 4)
    if value >= 1000:
        assert number(f"{grouped.replace(',', '.')},25") == value + Fraction(1, 4)


UNITS = "one two three four five six seven eight nine".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


@given(st.integers(1, 9), st.integers(2, 9), st.integers(1, 9), st.booleans())
def test_number_words_add_up(hundreds: int, tens: int, units: int, joined: bool) -> None:
    words = f"{UNITS[hundreds - 1]} hundred {'and ' if joined else ''}{TENS[tens - 2]}-{UNITS[units - 1]}"
    assert number(words) == 100 * hundreds + 10 * tens + units
    assert number(f"{words} thousand") == 1000 * (100 * hundreds + 10 * tens + units)


@given(st.text(max_size=30))
def test_no_text_breaks_the_number_grammar(said: str) -> None:
    try:
        number(said)
    except Unclear as error:
        assert error.reason


CURRENCIES = {
    "USD": "USD",
    "usd": "USD",
    "$": "USD",
    "US$": "USD",
    "dollars": "USD",
    "US dollars": "USD",
    "U.S. dollars": "USD",
    "american dollars": "USD",
    "bucks": "USD",
    "Canadian dollars": "CAD",
    "CAD dollars": "CAD",
    "C$": "CAD",
    "loonies": "CAD",
    "Aussie dollars": "AUD",
    "nz dollars": "NZD",
    "Hong Kong dollars": "HKD",
    "€": "EUR",
    "euros": "EUR",
    "to euros": "EUR",
    "pounds": "GBP",
    "quid": "GBP",
    "pounds sterling": "GBP",
    "Egyptian pounds": "EGP",
    "YEN": "JPY",
    "¥": "JPY",
    "yuan": "CNY",
    "rmb": "CNY",
    "rupees": "INR",
    "Pakistani rupees": "PKR",
    "Swiss francs": "CHF",
    "francs": "CHF",
    "won": "KRW",
    "Mexican pesos": "MXN",
    "Norwegian kroner": "NOK",
    "Swedish crowns": "SEK",
    "Czech koruna": "CZK",
    "zloty": "PLN",
    "złotys": "PLN",
    "reais": "BRL",
    "South African rand": "ZAR",
    "liras": "TRY",
    "shekels": "ILS",
    "UAE dirhams": "AED",
    "baht": "THB",
    "₹": "INR",
    "hryvnia": "UAH",
    "Kenyan shillings": "KES",
}
AMBIGUOUS = {
    "pesos": {"ARS", "CLP", "COP", "MXN", "PHP"},
    "kroner": {"DKK", "NOK"},
    "crowns": {"CZK", "DKK", "ISK", "NOK", "SEK"},
    "kr": {"DKK", "ISK", "NOK", "SEK"},
    "dirhams": {"AED", "MAD"},
    "dinars": {"RSD", "KWD"},
    "shillings": {"KES", "TZS", "UGX"},
}


@pytest.mark.parametrize(("said", "code"), CURRENCIES.items())
def test_a_currency_is_understood(said: str, code: str) -> None:
    assert currency(said) == code


@pytest.mark.parametrize(("said", "codes"), AMBIGUOUS.items())
def test_a_name_that_several_currencies_share_is_refused_with_the_candidates(
    said: str, codes: set[str]
) -> None:
    with pytest.raises(Unclear) as caught:
        currency(said)
    assert all(code in caught.value.reason for code in codes)


@pytest.mark.parametrize(
    "said", ["", "bitcoin", "gold", "XXX", "abc", "money", "Deutsche marks", "cents", "$5", "\ud800"]
)
def test_what_is_no_currency_is_refused(said: str) -> None:
    with pytest.raises(Unclear):
        currency(said)


def test_every_current_currency_is_found_by_its_english_name_and_its_code() -> None:
    from babel.core import get_global
    from babel.numbers import get_currency_name

    current = {
        row[0]
        for rows in get_global("territory_currencies").values()
        for row in rows
        if row[2] is None and row[3]
    }
    assert len(current) > 140
    for code in current:
        assert currency(code.lower()) == code
        assert currency(get_currency_name(code, locale="en")) == code
        assert currency(get_currency_name(code, 2, locale="en")) == code


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("$50", "50"),
        ("US$ 50", "50"),
        ("€1.499,50", "1.499,50"),
        ("50€", "50"),
        ("20 bucks", "20"),
        ("fifty Canadian dollars", "fifty"),
        ("USD 50", "50"),
        ("50usd", "50"),
        ("Rs. 500", "500"),
        ("500 kr", "500"),
        ("10 pesos", "10"),
        ("250", None),
        ("fifty", None),
    ],
)
def test_the_currency_beside_an_amount_is_taken_off(said: str, rest: str | None) -> None:
    assert without_currency(said) == rest
