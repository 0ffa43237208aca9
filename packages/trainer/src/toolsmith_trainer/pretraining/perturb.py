"""The same request as another person would type it: typing errors, words left out, small letters, asides."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from toolsmith_trainer.pretraining.specs import Drawn

_BEFORE = (
    *("please ", "hey, ", "ok so ", "Hi! ", "could you ", "hey can you ", "um ", "Quick one: ", "Hello, "),
    *(
        "Good morning. ",
        "Hi there, hope all is well. ",
        "Sorry to bother you again. ",
        "When you have a minute: ",
    ),
    *(
        "right, ",
        "Hey assistant, ",
        "listen, ",
        "I was wondering, ",
        "Dear helper, ",
        "yo ",
        "One more thing: ",
    ),
)
_AFTER = (
    *(
        " please",
        ", thanks",
        " thx",
        ", would you?",
        " asap",
        " if you can",
        " 🙏",
        " - cheers",
        " Thank you!",
    ),
    *(
        " Many thanks in advance.",
        " That would be all.",
        " Thanks a lot, bye",
        " k?",
        " when you get a chance",
    ),
    *(" and thanks again for before", " No hurry.", ", ta", " Much appreciated!"),
)

_SMALL = frozenset(
    "a an the please pls just so that this my me i you your can could would will it it's is was be and but "
    "really also there here have i've i'm do some any then now hey hi ok well oh for us we need want "
    "like".split()
)


def perturb(request: str, slots: dict[str, Any], rng: random.Random, *, aside: str = "") -> Drawn:
    """`request` as another person would type it; spans follow the change."""
    chance = rng.random()
    if chance < 0.2:
        request = _typos(request, _spans(slots), rng)
    elif chance < 0.34:
        request, slots = _small(request, slots)
    if rng.random() < 0.25:
        request = _fewer(request, _spans(slots), rng)
    if rng.random() < 0.25:
        bare = request.rstrip(".?! ")
        request = bare if bare and _kept(_spans(slots), request, bare) else request
    if rng.random() < 0.1:
        request = rng.choice(_BEFORE) + request
    if rng.random() < 0.1:
        request += rng.choice(_AFTER)
    if aside and rng.random() < 0.16:
        aside = aside.rstrip(".?! ")
        bare = request.rstrip(".?! ")
        if rng.random() < 0.6:
            request = f"{aside}. {request}"
        elif _kept(_spans(slots), request, bare):
            request = f"{bare}. {aside}."
    return request, slots


def _spans(slots: Mapping[str, Any]) -> list[str]:
    return [v for value in slots.values() for v in (value if isinstance(value, list) else [value])]


def _kept(spans: Sequence[str], before: str, after: str) -> bool:
    """Whether all spans that stand in `before` stand in `after`."""
    return all(span in after for span in spans if span in before)


def _small(request: str, slots: dict[str, Any]) -> Drawn:
    """Request and spans in small letters, where no letter becomes two; capitals are not read (`as_read`)."""
    small = request.lower()
    if len(small) != len(request):
        return request, slots

    def lower(value: Any) -> Any:
        if isinstance(value, list):
            return [lower(one) for one in value]
        return value.lower() if value in request else value

    return small, {name: lower(value) for name, value in slots.items()}


def _fewer(request: str, spans: Sequence[str], rng: random.Random) -> str:
    """One or two small words outside the spans left out, which say little.

    The same wording comes again and again; so it cannot be known by heart (random deletion; Wei and Zou 2019,
    arXiv 1901.11196).
    """
    words = request.split(" ")
    small = [
        i
        for i, word in enumerate(words)
        if word.lower() in _SMALL and not any(word in span.split() for span in spans)
    ]
    gone = rng.sample(small, min(len(small), rng.randint(1, 2)))
    changed = " ".join(word for i, word in enumerate(words) if i not in gone)
    return changed if changed.strip() and _kept(spans, request, changed) else request


def _typos(request: str, spans: Sequence[str], rng: random.Random) -> str:
    """Misspell up to three words outside the spans."""
    words = request.split(" ")
    free = [
        i
        for i, word in enumerate(words)
        if len(word) > 3 and word.isalpha() and not any(word in span for span in spans)
    ]
    for i in rng.sample(free, min(len(free), rng.randint(1, 3))):
        word, at = words[i], rng.randrange(1, len(words[i]) - 1)
        words[i] = rng.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
            )
        )
    changed = " ".join(words)
    return changed if _kept(spans, request, changed) else request
