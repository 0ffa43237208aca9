"""Placeholder → the function that fills it. A placeholder with ``~`` is a distractor: no argument's value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from toolsmith_dataset.values import choices, days, moments, money, numbers, people, times
from toolsmith_dataset.values.fill import Context, Fill

GOLD: Final[Mapping[str, Callable[[Context], Fill]]] = {
    **choices.TEXTS,
    "amount": money.bare_amount,
    "at_time": times.at_time,
    "attendees": people.attendees,
    "channel": choices.channel,
    "date": days.bare_date,
    "duration": times.duration,
    "from_currency": money.from_currency,
    "limit": numbers.limit,
    "max_results": numbers.max_results,
    "money": money.money,
    "on_date": days.on_date,
    "status": choices.status,
    "table": choices.table,
    "time": times.bare_time,
    "to": people.recipient,
    "to_currency": money.to_currency,
    "to_email": people.recipient_address,
    "units": choices.units,
    "when": moments.when,
}
"""Placeholders whose value is an argument."""

OTHERS: Final[Mapping[str, Callable[[Context], Fill]]] = {
    "currency": money.other_currency,
    "email": people.other_address,
    "int": numbers.other_count,
    "money": money.other_money,
    "name": people.other_name,
    "table": choices.other_table,
}
"""Distractors with a form of their own; the rest are filled like their namesakes in `GOLD`."""

ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "at_time": ("time",),
    "duration": ("duration_minutes",),
    "money": ("amount", "from_currency"),
    "on_date": ("date",),
    "task": ("text",),
    "thing": ("text",),
    "to_email": ("to",),
    "topic": ("query",),
}
"""Placeholder → the arguments that it fills, where that is not the one of its own name."""


def filler(placeholder: str) -> Callable[[Context], Fill]:
    """The function that fills `placeholder`, distractor or not.

    Raises:
        KeyError: there is no such placeholder.
    """
    if not placeholder.startswith("~"):
        return GOLD[placeholder]
    name = placeholder[1:]
    return OTHERS[name] if name in OTHERS else GOLD[name]


def arguments(placeholder: str) -> tuple[str, ...]:
    """The arguments that `placeholder` fills; none for a distractor."""
    return () if placeholder.startswith("~") else ARGUMENTS.get(placeholder, (placeholder,))
