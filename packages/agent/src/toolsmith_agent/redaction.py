"""Personal data out of events before they are written: typed placeholders, the same for the same value.

>>> redactor = Redactor()
>>> event = {"request": "mail Zoe at zoe@example.org", "args": {"to": "Zoe", "body": "see zoe@example.org"}}
>>> redactor.learn(event)
>>> redactor.event(event)
{'request': 'mail <NAME_1> at <EMAIL_1>', 'args': {'to': '<NAME_1>', 'body': 'see <EMAIL_1>'}}

Within a run a value has one placeholder, in the request as in the arguments, so that what is written can
still be trained on. Found are e-mail addresses, keys and tokens, card numbers (Luhn's check holds), phone
numbers, and what stands in fields that name people. A name that no answer put into such a field is not known
to be one.

Presidio would bring 300 MB and fetch its models when it runs, scrubadub is no longer kept; these patterns are
plain enough to read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

NAME_FIELDS = ("to", "cc", "bcc", "recipient", "recipients", "attendees")
"""Arguments that name people."""

STRUCTURE = frozenset(
    """
    v run seq wall mono event tier tiers toolbox outcome key effect recovery retry status circuit now
    latency_ms confidence prompt_tokens output_tokens dispatched executes answered confirmed
    """.split()
)
"""Fields of an event that the loop fills itself; all others are redacted."""

_NOBODY = frozenset(
    """
    me myself us ourselves him her them you everyone everybody all anyone someone team group family friends
    """.split()
)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_SECRET_WORD = r"(?:password|passwd|passphrase|secret|api[ _-]?key|access[ _-]?token|token|pin)"
# Each begins where a word begins, so that the work is linear in the length of a text, whatever it holds.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "KEY",
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S),
    ),
    ("KEY", re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?")),
    (
        "KEY",
        re.compile(r"\b(?:sk|pk|rk)[-_][\w-]{16,}|\bgh[a-z]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"),
    ),
    ("KEY", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\bxox[a-z]-[\w-]{10,}|\bhf_\w{20,}")),
    ("KEY", re.compile(r"(?i)(?<=bearer )[\w.~+/=-]{8,}")),
    ("KEY", re.compile(rf"(?i)\b{_SECRET_WORD}(?: is|:|=)\s*[\"']?(?P<value>[^\s\"'<>,;]{{4,}})")),
    ("EMAIL", re.compile(r"(?<![\w.+%-])[\w.+%-]++@\w[\w-]*+(?:\.\w[\w-]*+)+")),
    ("CARD", re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?!\w)")),
    ("PHONE", re.compile(r"(?<![\w.,])(?:\+|\(\+?)?\d(?:[ ().-]{0,2}\d){6,14}(?!\w|[.,:]\d)")),
    ("KEY", re.compile(r"(?<![\w-])(?=[\w-]*?\d)(?=[\w-]*?[A-Za-z])[A-Za-z0-9_-]{32,}+(?!\w)")),
)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)')
_SHORT_PHONE = re.compile(r"\d{3}[- .]\d{4}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")


class Redactor:
    """The placeholders of one run."""

    def __init__(self, name_fields: Iterable[str] = NAME_FIELDS) -> None:
        """Take what stands in arguments called `name_fields` for names of people."""
        self._fields = frozenset(name_fields)
        fields = "|".join(map(re.escape, sorted(self._fields)))
        self._field = re.compile(rf'"(?:{fields})"\s*:\s*(\[[^\]]*\]?|"(?:[^"\\]|\\.)*"?)')
        self._known: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def learn(self, value: Any) -> None:
        """Note the names in `value`, an event or a part of one; `redact` knows them from then on."""
        if isinstance(value, Mapping):
            for key, inner in value.items():
                if key in self._fields:
                    for text in (
                        [inner] if isinstance(inner, str) else inner if isinstance(inner, list) else []
                    ):
                        self._note(text)
                self.learn(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                self.learn(inner)
        elif isinstance(value, str) and '"' in value:
            for field in self._field.finditer(value):
                for text in _STRING.finditer(field[1]):
                    self._note(_unquoted(text[1]))

    def event(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """An event with placeholders; its `STRUCTURE` stays as it is."""
        return {key: value if key in STRUCTURE else self.redact(value) for key, value in row.items()}

    def redact(self, value: Any) -> Any:
        """Any JSON value with placeholders."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.redact(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.redact(inner) for inner in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._number(value)
        return value

    def text(self, text: str) -> str:
        """`text` with placeholders."""
        text = self._patterned(text)
        if self._pattern:
            text = self._pattern.sub(lambda found: self._names[_folded(found[0])], text)
        return text

    def _patterned(self, text: str) -> str:
        text = _ESCAPE.sub(_readable, text)
        for kind, pattern in _PATTERNS:
            text = pattern.sub(self._placer(kind), text)
        return text

    def _note(self, value: Any) -> None:
        if not isinstance(value, str) or self._patterned(value) != value:
            return
        name = _folded(value)
        if len(name) < 2 or name in self._names or name.split()[-1] in _NOBODY:
            return
        placeholder = self._placeholder("NAME", name)
        self._names[name] = placeholder
        for part in value.split():  # "Ana" is still Ana Lopez; "the" of a group's name is nobody
            if part[:1].isupper() and len(part) > 1:
                self._names.setdefault(_folded(part), placeholder)
        longest = sorted(self._names, key=len, reverse=True)
        words = "|".join(r"\s+".join(map(re.escape, known.split(" "))) for known in longest)
        self._pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)

    def _placer(self, kind: str) -> Callable[[re.Match[str]], str]:
        def place(found: re.Match[str]) -> str:
            value = found.groupdict().get("value") or found[0]
            if kind == "CARD" and not _luhn(value):
                return found[0]
            if kind == "PHONE" and not _phone(value):
                return found[0]
            same = re.sub(r"\D", "", value) if kind in ("CARD", "PHONE") else value
            same = same.casefold() if kind == "EMAIL" else same
            return found[0].replace(value, self._placeholder(kind, same))

        return place

    def _number(self, value: int | float) -> Any:
        digits = str(int(value)) if float(value).is_integer() and abs(value) < 1e19 else ""
        for kind in ("CARD", "PHONE"):
            if (kind, digits) in self._known:
                return self._known[kind, digits]
        return self._placeholder("CARD", digits) if 13 <= len(digits) <= 19 and _luhn(digits) else value

    def _placeholder(self, kind: str, value: str) -> str:
        if (kind, value) not in self._known:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[kind, value] = f"<{kind}_{self._counts[kind]}>"
        return self._known[kind, value]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _readable(found: re.Match[str]) -> str:
    r"""The character of an escape such as ``\u0041``; what JSON has to escape stays escaped."""
    char = chr(int(found[1], 16))
    return char if char.isprintable() and char not in '"\\' else found[0]


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return len(digits) >= 13 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _phone(text: str) -> bool:
    """Seven digits after a plus sign, nine elsewhere, or the short form 555-1234; a date is none."""
    if _DATE.match(text):
        return False
    digits = sum(char.isdigit() for char in text)
    return digits >= (7 if text.lstrip("(").startswith("+") else 9) or bool(
        re.fullmatch(r"\d{3}[- .]\d{4}", text)
    )
