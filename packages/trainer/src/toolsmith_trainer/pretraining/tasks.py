"""Pretraining tasks: packs of requests that share a toolbox, drawn without end from a seeded generator.

One pack is a toolbox and some requests with their answers::

    Plays a piece of music. >songs.play(track, singer?)   Light in a room. >lamp_on(room=kitchen|hall)
    "put on Brakhou by Ulmey"  → {"tool": "songs.play", "args": {"track": "Brakhou", "singer": "Ulmey"}}
    "how tall are you"         → {"tool": null, "args": {}}

Tools come from four sources: public utterances with intents and slots (`intents`), a library of tools with
wordings (`library`), made-up tools whose arguments are named in the request, which teaches copying
(`made_up`), and siblings of the tools that the model will be tuned for (`siblings`). Names are sometimes
masked by made-up words, so that descriptions must be read. The default toolbox stays out (`forbidden`).

What this module does not know: tokens, batches, the model.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from toolsmith_schema.example import Example
from toolsmith_schema.prompt import spaced
from toolsmith_trainer.pretraining.corpus import Corpus
from toolsmith_trainer.pretraining.definitions import define
from toolsmith_trainer.pretraining.intents import intents, out_of_scope
from toolsmith_trainer.pretraining.library import library
from toolsmith_trainer.pretraining.made_up import made_up_tool
from toolsmith_trainer.pretraining.perturb import perturb
from toolsmith_trainer.pretraining.pools import pools
from toolsmith_trainer.pretraining.siblings import Siblings
from toolsmith_trainer.pretraining.specs import Spec
from toolsmith_trainer.pretraining.values import Values

NO_TOOL = '{"tool": null, "args": {}}'


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A request and the text to answer."""

    request: str
    """What the user says."""
    target: str
    """The answer on the wire."""


@dataclass(frozen=True, kw_only=True)
class Pack:
    """Requests that share one toolbox."""

    tools: list[dict[str, Any]]
    """OpenAI form, as a chat template takes it."""
    turns: list[Turn]
    """The requests with their answers."""


class Tasks:
    """An endless source of packs."""

    def __init__(self, corpus: Corpus, examples: Sequence[Example] = ()) -> None:
        self._values = Values(pools(corpus, examples))
        self._library = library(self._values)
        self._intents, chat = intents(corpus)
        self._known = [*self._library, *self._intents]
        self._siblings = Siblings(examples)
        self._out_of_scope = out_of_scope(corpus, random.Random("out of scope"))
        own = _lines("chat.txt")
        self._chat = [*chat, *own]
        self._asides = [*own, *self._siblings.statements]

    @property
    def has_siblings(self) -> bool:
        """Whether there were examples for `sibling_pack`."""
        return bool(self._siblings.specs and self._siblings.refused)

    def pack(self, rng: random.Random, *, turns: int, known: int | None = None) -> Pack:
        """One toolbox with `turns` requests; library and intents are limited to their first `known` tools."""
        if rng.random() < 0.15:
            specs = [made_up_tool(rng, self._values) for _ in range(rng.choice((1, 2, 2, 3, 4)))]
            return self._pack_of(specs, rng, turns, lambda: self._stranger(specs, (), rng))
        source = self._known[:known]
        if known is None or known > len(self._library):
            kind = rng.random()
            if 0.25 <= kind < 0.8:
                source = self._library
            elif kind >= 0.8:
                source = source[len(self._library) :] or source
        count = min(rng.choice((1, 2, 3, 4, 5, 6, 8, 8)), len(source))
        shown = _distinct(rng.sample(source, count))
        return self._pack_of(shown, rng, turns, lambda: self._stranger(shown, source, rng))

    def sibling_pack(self, rng: random.Random, *, turns: int) -> Pack:
        """A toolbox of siblings, most often all of them, with `turns` requests."""
        specs = self._siblings.specs
        shown = rng.sample(specs, len(specs) if rng.random() < 0.6 else min(rng.randint(3, 8), len(specs)))
        hidden = [spec for spec in specs if spec not in shown]

        def refused() -> str:
            if hidden and rng.random() < 0.4:
                return rng.choice(hidden).draw(rng)[0]
            others = (
                self._out_of_scope if self._out_of_scope and rng.random() < 0.4 else self._siblings.refused
            )
            return rng.choice(others)

        return self._pack_of(shown, rng, turns, refused)

    def _pack_of(
        self, specs: Sequence[Spec], rng: random.Random, turns: int, stranger: Callable[[], str]
    ) -> Pack:
        mask = rng.random() < 0.2
        defined = [(spec, *define(spec, rng, mask=mask)) for spec in specs]
        rows = list({row[1]["function"]["name"]: row for row in defined}.values())
        made = []
        for _ in range(turns):
            if rng.random() < 0.2:
                made.append(Turn(request=perturb(stranger(), {}, rng)[0], target=NO_TOOL))
                continue
            made.append(self._turn(*rng.choice(rows), rng))
        return Pack(tools=[definition for _, definition, _ in rows], turns=made)

    def _turn(
        self, spec: Spec, definition: Mapping[str, Any], renamed: Mapping[str, str], rng: random.Random
    ) -> Turn:
        request, slots = spec.draw(rng)
        chosen = {slot: value for slot, value in slots.items() if "enum" in spec.slots[slot]["schema"]}
        said = {slot: value for slot, value in slots.items() if slot not in chosen}
        request, said = perturb(request, said, rng, aside=rng.choice(self._asides))
        args = {renamed[slot]: value for slot, value in {**chosen, **said}.items()}
        order = definition["function"]["parameters"]["properties"]
        wire = {
            "tool": definition["function"]["name"],
            "args": spaced({name: args[name] for name in order if name in args}, order, request),
        }
        return Turn(request=request, target=json.dumps(wire, ensure_ascii=False))

    def _stranger(self, shown: Sequence[Spec], others: Sequence[Spec], rng: random.Random) -> str:
        """A request that no tool of the toolbox is for: another tool's, a made-up tool's, or chat."""
        families = {spec.family for spec in shown}
        for _ in range(8 if others and rng.random() < 0.75 else 0):
            other = rng.choice(others)
            if other.family not in families:
                return other.draw(rng)[0]
        if not others and rng.random() < 0.5:
            return made_up_tool(rng, self._values).draw(rng)[0]
        return rng.choice(self._chat)


def _distinct(specs: Sequence[Spec]) -> list[Spec]:
    """One spec of each family, the last."""
    return list({spec.family: spec for spec in specs}.values())


def _lines(name: str) -> list[str]:
    text = resources.files("toolsmith_trainer").joinpath(f"data/{name}").read_text("utf-8")
    return [line for line in text.splitlines() if line.strip()]
