"""Tools that exist nowhere; requests name their arguments, so that finding and copying is all there is.

One tool and a request for it::

    brelka_tosh(ouk, sifen[]) Brelka the tosh.
    "brelka tosh: ouk is 4 May and sifen Ana, Wim"  → {"ouk": "4 May", "sifen": ["Ana", "Wim"]}
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from toolsmith_trainer.pretraining.forbidden import FORBIDDEN_ARGS
from toolsmith_trainer.pretraining.specs import Drawn, Spec, schema_of, without_preposition
from toolsmith_trainer.pretraining.values import Values
from toolsmith_trainer.pretraining.words import syllables

_LISTABLE = {"person", "group", "word", "city", "company", "product", "email", "code"}
_ARGUMENTS = (
    "{l} {v}",
    "{l} is {v}",
    "{l}: {v}",
    "with {l} {v}",
    "{v} as {l}",
    "{v} for the {l}",
    'the {l} "{v}"',
    "{l}={v}",
    "set {l} to {v}",
    "{v} ({l})",
)
"""How an argument is said: ``l`` its name, ``v`` its value."""


def made_up_tool(rng: random.Random, values: Values) -> Spec:
    """A tool with made-up names and one to four arguments of any kind."""
    verb, noun = values.draw("word", rng).lower(), values.draw("word", rng).lower()
    words = (verb, noun) if rng.random() < 0.8 else (syllables(rng, 2), syllables(rng, 1))
    name = rng.choice(("_".join(words), words[0] + words[1].capitalize(), ".".join(words)))
    kinds = _arguments(rng, values)
    slots: dict[str, dict[str, Any]] = {
        label: {"names": [label], "schema": schema_of(kind), "required": rng.random() < 0.5}
        for label, kind in kinds.items()
    }
    lists = {label for label, kind in kinds.items() if kind in _LISTABLE and rng.random() < 0.3}
    for label in lists:
        slots[label]["schema"] = {"type": "array", "items": {"type": "string"}}

    def draw(rng: random.Random) -> Drawn:
        parts, found = _said_arguments(kinds, lists, values, rng)
        return _request(words, parts, rng), found

    description = f"{words[0].capitalize()} {rng.choice(('a', 'the', 'one', 'any'))} {words[1]}."
    return Spec(names=[name], descriptions=[description], slots=slots, family=name, draw=draw)


def _arguments(rng: random.Random, values: Values) -> dict[str, str]:
    """Argument name → kind of its values."""
    kinds = {}
    for _ in range(rng.randint(1, 4)):
        label = values.draw("word", rng).lower() if rng.random() < 0.7 else syllables(rng, 2)
        label = re.sub(r"[^\w]", "", label) or "item"
        if label not in FORBIDDEN_ARGS:
            kinds[label] = rng.choice(values.kinds())
    return kinds or {"item": "word"}


def _said_arguments(
    kinds: Mapping[str, str], lists: set[str], values: Values, rng: random.Random
) -> tuple[list[str], dict[str, Any]]:
    """Some of the arguments as they are said, and their values."""
    parts: list[str] = []
    found: dict[str, Any] = {}
    for label, kind in rng.sample(list(kinds.items()), len(kinds)):
        if len(kinds) > 1 and rng.random() < 0.25:
            continue
        if label in lists:
            found[label] = [values.draw(kind, rng) for _ in range(rng.choice((1, 2, 2, 3)))]
            said = _spoken_list(found[label], rng)
        else:
            found[label] = said = without_preposition(values.draw(kind, rng))
        parts.append(rng.choice(_ARGUMENTS).format(l=label, v=said))
    return parts, found


def _request(words: tuple[str, str], parts: Sequence[str], rng: random.Random) -> str:
    verb, noun = words
    opening = rng.choice(
        (
            f"{verb} {noun}",
            f"{verb} {noun}",
            f"{noun} {verb}",
            f"please {verb} the {noun}",
            f"I need a {noun}, {verb}",
        )
    )
    joiner = rng.choice((" ", ", ", " and ", "; "))
    body = joiner.join(parts)
    said = (f"{opening} {body}", f"{opening}: {body}", f"{body} - {opening}", f"{opening}, {body}")
    return rng.choice(said).strip(" -,:")


def _spoken_list(items: Sequence[str], rng: random.Random) -> str:
    """``A``, ``A and B``, ``A, B and C`` and the like."""
    if len(items) == 1:
        return items[0]
    return ", ".join(items[:-1]) + rng.choice((" and ", " and ", ", ", " & ", ", and ")) + items[-1]
