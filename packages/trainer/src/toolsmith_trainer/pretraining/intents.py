"""Tools made from the public utterances: one per intent, its slots as arguments.

``data/intents.json`` gives each intent its names, descriptions and the names of its arguments;
``data/chitchat.json`` lists the intents that ask for nothing, ``data/out_of_scope.json`` those that none
of the default toolbox's siblings is for.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from toolsmith_trainer.pretraining.corpus import Corpus
from toolsmith_trainer.pretraining.specs import Drawn, Spec

_MOST_SLOTS = 5
_NOT_REALLY_CHAT = {
    "SMCalFlow/other",
    "SMCalFlow/none",
    "HomeAssistant/none",
    "HWU64/general_quirky",
    "SLURP/general_quirky",
    "CLINC150/oos",
}
"""Keys whose rows are often real requests."""


def intents(corpus: Corpus) -> tuple[list[Spec], list[str]]:
    """A tool per intent of the public utterances, and the requests of chit-chat intents."""
    folder = resources.files("toolsmith_trainer").joinpath("data")
    table = json.loads(folder.joinpath("intents.json").read_text("utf-8"))
    chitchat = set(json.loads(folder.joinpath("chitchat.json").read_text("utf-8"))) - _NOT_REALLY_CHAT
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    chat = []
    for row in corpus.utterances:
        key = f"{row['source']}/{row['intent']}"
        if row["standalone"] and 3 < len(row["utterance"]) < 220:
            if key in chitchat:
                chat.append(row["utterance"])
            elif key in table and _well_labelled(row):
                rows[key].append(row)
    families = _families({key: table[key]["names"] for key in rows})
    return [_tool(table[key], found, families[key]) for key, found in sorted(rows.items())], chat


def out_of_scope(corpus: Corpus, rng: random.Random, *, each: int = 120) -> list[str]:
    """Requests that no sibling of the default toolbox's tools is for, at most `each` of one intent.

    ``data/out_of_scope.json`` lists their intents: what other assistants can do, and what is near: to read
    e-mails, to cancel or look up events, to set an alarm.
    """
    folder = resources.files("toolsmith_trainer").joinpath("data")
    keys = set(json.loads(folder.joinpath("out_of_scope.json").read_text("utf-8")))
    rows: dict[str, list[str]] = defaultdict(list)
    for row in corpus.utterances:
        key = f"{row['source']}/{row['intent']}"
        if key in keys and row["standalone"] and 8 < len(row["utterance"]) < 220:
            rows[key].append(row["utterance"])
    return [text for key in sorted(rows) for text in rng.sample(rows[key], min(each, len(rows[key])))]


def _well_labelled(row: Mapping[str, Any]) -> bool:
    """Whether the slots can be trusted: single spans, and no long SGD turn without any."""
    if not all(isinstance(value, str) and value in row["utterance"] for value in row["slots"].values()):
        return False
    return row["source"] != "SGD" or bool(row["slots"]) or len(row["utterance"]) < 45


def _families(names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Intent → family: intents that share a tool name mean the same."""
    family: dict[str, str] = {}
    owner: dict[str, str] = {}
    for key in sorted(names):
        known = next((owner[name] for name in names[key] if name in owner), key)
        family[key] = known
        for name in names[key]:
            owner.setdefault(name, known)
    return family


def _tool(about: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], family: str) -> Spec:
    slots = {
        slot: {"names": [*names, slot], "schema": {"type": "string"}, "required": False}
        for slot, names in list(about.get("args", {}).items())[:_MOST_SLOTS]
    }

    def draw(rng: random.Random) -> Drawn:
        row = rng.choice(rows)
        found = {
            slot: value
            for slot, value in row["slots"].items()
            if slot in slots and isinstance(value, str) and value and value in row["utterance"]
        }
        return row["utterance"], found

    names, texts = about["names"], about["descriptions"]
    return Spec(names=names, descriptions=texts, slots=slots, family=family, draw=draw)
