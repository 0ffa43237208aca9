"""People and where to reach them: names of many cultures, groups, made-up addresses."""

from __future__ import annotations

import re
import unicodedata

from toolsmith_dataset.partition import slot
from toolsmith_dataset.values.fill import Context, Fill, Span

_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
    }
)
_EXTENSIONS = {"train": (10, 69), "dev": (70, 77), "test": (78, 99)}
_SINGULAR_VERB = re.compile(
    r"^(?: (?:only|still|already|always|just))? (?:is|needs|gets|deserves|has|insists|likes|keeps|sees|reads|"
    r"checks|wants|never|hasn't|isn't|doesn't|ought|won't|had|asked|says|replied|left)\b|^'s\b"
)
_MANY = re.compile(r"\b(together|everyone|everybody|both|them|they|all)\b")
_MAY_BE_ONE = re.compile(r"\b(invite|with|and|w/|invit\w*)\b:? $", re.IGNORECASE)


def given(context: Context) -> str:
    """A given name."""
    return context.draw.pick(slot("given_names")[context.split])


def person(context: Context) -> str:
    """A given name, with a family name in a third of the cases."""
    name = given(context)
    return (
        f"{name} {context.draw.pick(slot('family_names')[context.split])}"
        if context.draw.chance(0.35)
        else name
    )


def group(context: Context) -> str:
    """People by what they are (``my landlord``, ``the design team``)."""
    return context.draw.pick(slot("groups")[context.split])


def address(context: Context) -> str:
    """An e-mail address made of a name and a domain."""
    draw = context.draw
    first, last = _local(given(context)), _local(draw.pick(slot("family_names")[context.split]))
    local = draw.weighted(
        (
            (5, f"{first}.{last}"),
            (3, first),
            (2, f"{first}_{last}"),
            (2, f"{first[0]}{last}"),
            (2, f"{first}{draw.between(2, 99)}"),
            (1, f"{first[0]}.{last}"),
            (1, f"{last}.{first}"),
            (1, f"{first}-{last}"),
            (1, last),
        )
    )
    return f"{local}@{draw.pick(slot('email_domains')[context.split])}"


def phone(context: Context) -> str:
    """A telephone number out of the ranges kept for fiction, each split with hundreds of its own."""
    draw = context.draw
    low, high = _EXTENSIONS[context.split]
    local, mobile = draw.between(low, high), draw.between(10 * low, 10 * high + 9)
    return draw.pick(
        (f"555-01{local}", f"+1 202 555 01{local}", f"07700 900{mobile}", f"+44 7700 900{mobile}")
    )


def recipient(context: Context) -> Fill:
    """``{to}``: whom a mail or a message goes to."""
    if _SINGULAR_VERB.search(context.after):
        return Fill.of("to", person(context))
    written = address if context.tool == "send_email" else phone
    kinds = ((60, person), (22, group), (20 if context.tool == "send_email" else 3, written))
    return Fill.of("to", context.draw.weighted(kinds)(context))


def recipient_address(context: Context) -> Fill:
    """``{to_email}``: an address."""
    return Fill.of("to", address(context))


def attendees(context: Context) -> Fill:
    """``{attendees}``: one to four people, each an item of the list."""
    draw = context.draw
    one = _MAY_BE_ONE.search(context.before) and not _MANY.search(context.before + context.after)
    count = draw.weighted(((3 if one else 0, 1), (5, 2), (4, 3), (1, 4)))
    names: list[str] = []
    while len(names) < count:
        name = group(context) if draw.chance(0.12) else person(context)
        if name.split()[0] not in [other.split()[0] for other in names]:
            names.append(name)
    joint = draw.weighted(
        ((9, " and "), (2 if context.typed else 0.3, " & "), (2 if context.typed else 0, ", "))
    )
    if count > 2 and joint == " and " and draw.chance(0.35):
        joint = ", and "
    text, spans = "", []
    for i, name in enumerate(names):
        text += "" if i == 0 else joint if i == count - 1 else ", "
        spans.append(Span(argument="attendees", start=len(text), end=len(text) + len(name), item=True))
        text += name
    return Fill(text=text, spans=tuple(spans), keys=tuple(name.casefold() for name in names))


def other_name(context: Context) -> Fill:
    """``{~name}``: somebody who is not the point of the request."""
    return Fill(text=person(context))


def other_address(context: Context) -> Fill:
    """``{~email}``: an address that is not the point of the request."""
    return Fill(text=address(context))


def _local(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS)).casefold()
    return re.sub(r"[^a-z]", "", plain) or "info"
