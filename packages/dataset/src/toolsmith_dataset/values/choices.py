"""Values out of a closed list (units, channels, tables, statuses) and texts out of the slot files."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from toolsmith_dataset.partition import slot
from toolsmith_dataset.values.fill import Context, Fill

_UNITS = {
    "celsius": ("Celsius", "celsius", "Celsius", "centigrade"),
    "fahrenheit": ("Fahrenheit", "fahrenheit"),
}
_SIGNS = {"celsius": ("°C", "C"), "fahrenheit": ("°F", "F")}
_CHANNELS = {
    "sms": ("SMS", "sms"),
    "slack": ("Slack", "slack"),
    "whatsapp": ("WhatsApp", "WhatsApp", "Whatsapp", "whatsapp"),
}
_TABLES = {
    "orders": ("orders", "orders", "orders", "orders", "customer orders"),
    "refunds": ("refunds", "refunds", "refunds", "refunds", "customer refunds"),
    "invoices": ("invoices",),
    "customers": ("customers", "customers", "customers", "customers", "clients"),
    "tickets": ("tickets", "tickets", "tickets", "support tickets"),
}
_STATUSES = ("open", "pending", "closed")
_WANTS_STATEMENT = re.compile(
    r"\b(that|tht|know|kno|knwo|knw|hear|told|tell (\{to\}|them|thm|em)|tellin(g)? them|warn \{to\}) $",
    re.IGNORECASE,
)
_VERB = (
    "is|are|was|were|has|have|had|will|would|can|could|must|should|won't|can't|isn't|aren't|doesn't|don't|didn't|"
    r"needs?|wants?|starts?|opens?|closes?|ends?|works?|says?|costs?|takes?|leaves?|came|went|got|fell|\w{2,}ed"
)
_STATEMENT = re.compile(
    r"(?:I|we|he|she|it|they|you|there|that)(?:'\w+| )|"
    r"(?:the|my|our|your|his|her|their|this|these|those|nobody|everyone|everything|someone|both|all|one)\b"
    rf".*?(?:\b(?:{_VERB})\b|'s\b)"
)


def from_slot(argument: str, name: str) -> Callable[[Context], Fill]:
    """A value of one slot file for `argument`."""

    def fill(context: Context) -> Fill:
        return Fill.of(argument, context.draw.pick(slot(name)[context.split]))

    return fill


def clause(argument: str, name: str) -> Callable[[Context], Fill]:
    """What a mail or a message says; a statement where the sentence goes "that …"."""

    def fill(context: Context) -> Fill:
        statement = _WANTS_STATEMENT.search(context.before)
        while True:
            value = context.draw.pick(slot(name)[context.split])
            ends = value[-1] in "?!"
            if not (ends and context.after[:1] in tuple(".,;?!")) and not (
                statement and (ends or not _STATEMENT.match(value))
            ):
                return Fill.of(argument, value)

    return fill


def units(context: Context) -> Fill:
    """``{units}``."""
    draw = context.draw
    value = draw.pick(tuple(_UNITS))
    alone = context.before.endswith(" in ") and context.after.strip(" ?.!") == ""
    said = draw.pick(_SIGNS[value]) if alone and draw.chance(0.2) else draw.pick(_UNITS[value])
    return Fill(text=said, fixed={"units": value}, keys=(value,))


def channel(context: Context) -> Fill:
    """``{channel}``."""
    value = context.draw.pick(tuple(_CHANNELS))
    said = context.draw.pick(_CHANNELS[value])
    return Fill(text=said, fixed={"channel": value}, keys=(value,))


def table(context: Context) -> Fill:
    """``{table}``, now and then with a word before it; the bare name where a "table" follows."""
    value = context.draw.pick(tuple(_TABLES))
    bare = re.match(r"\W*tab", context.after) or re.search(r"tab\w*\W*$|our company'?s? $", context.before)
    said = value if bare else context.draw.pick(_TABLES[value])
    return Fill(text=said, fixed={"table": value}, keys=(value,))


def other_table(context: Context) -> Fill:
    """``{~table}``."""
    value = context.draw.pick(tuple(_TABLES))
    return Fill(text=value, keys=(value,))


def status(context: Context) -> Fill:
    """``{status}``."""
    value = context.draw.pick(_STATUSES)
    return Fill(text=value, fixed={"status": value}, keys=(value,))


TEXTS: Final[dict[str, Callable[[Context], Fill]]] = {
    "city": from_slot("city", "cities"),
    "subject": from_slot("subject", "subjects"),
    "body": clause("body", "bodies"),
    "text": clause("text", "texts"),
    "title": from_slot("title", "titles"),
    "task": from_slot("text", "tasks"),
    "thing": from_slot("text", "things"),
    "query": from_slot("query", "queries"),
    "topic": from_slot("query", "topics"),
}
"""Placeholders that are filled from the slot files."""
