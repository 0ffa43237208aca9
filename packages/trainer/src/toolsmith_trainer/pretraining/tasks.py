"""Pretraining tasks: packs of requests that share a toolbox, drawn without end from a seeded generator.

One pack is a toolbox and some requests with their answers::

    songs.play(track, singer?) Plays a piece of music.   lamp_on(room=kitchen|hall) Light in a room.
    "put on Brakhou by Ulmey"  → {"tool": "songs.play", "args": {"track": "Brakhou", "singer": "Ulmey"}}
    "how tall are you"         → {"tool": null, "args": {}}

Tools come from three sources: public utterances with intents and slots, a library of tools with wordings,
and made-up tools whose arguments are named in the request (which teaches copying). Names are sometimes
masked by made-up words, so that descriptions must be read. The default toolbox stays out: its tool names,
argument names and descriptions are refused (`forbid`).

What this module does not know: tokens, batches, the model.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from toolsmith_schema.toolbox import Toolbox
from toolsmith_trainer.pretraining.corpus import Corpus
from toolsmith_trainer.pretraining.values import Pools, Values, _syllables

NO_TOOL = '{"tool": null, "args": {}}'

_DEFAULT = Toolbox.default()
FORBIDDEN_TOOLS = frozenset(re.sub(r"[^a-z]", "", name.lower()) for name in _DEFAULT.names)
FORBIDDEN_ARGS = frozenset(name for tool in _DEFAULT for name in tool.properties)
FORBIDDEN_TEXTS = frozenset(tool.description.lower() for tool in _DEFAULT)
_STAND_INS = {
    "city": ("place", "town", "location", "where"),
    "date": ("day", "on_day", "which_day"),
    "units": ("scale", "measure"),
    "to": ("recipient", "receiver", "person", "whom"),
    "subject": ("headline", "topic", "regarding"),
    "body": ("content", "words", "letter"),
    "text": ("content", "note", "words", "message"),
    "channel": ("app", "via", "service"),
    "title": ("name", "label", "what"),
    "time": ("hour", "at", "clock", "start"),
    "duration_minutes": ("minutes", "length", "how_long"),
    "attendees": ("people", "guests", "members"),
    "when": ("moment", "at", "due"),
    "query": ("terms", "search", "keywords", "q"),
    "max_results": ("count", "how_many", "top"),
    "table": ("source", "records", "dataset"),
    "status": ("state", "phase"),
    "limit": ("rows", "max", "count"),
    "amount": ("sum", "value", "quantity"),
    "from_currency": ("source_money", "have", "base"),
    "to_currency": ("target_money", "want", "into"),
}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "date": {"type": "string", "format": "date"},
    "on_date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "at_time": {"type": "string", "format": "time"},
    "datetime": {"type": "string", "format": "date-time"},
    "int": {"type": "integer"},
    "number": {"type": "number"},
    "amount": {"type": "number"},
    "percent": {"type": "number"},
    "duration": {"type": "integer"},
}
_PREPOSITION = re.compile(r"^(?:on|at|in|by|around)\s+", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A request and the text to answer."""

    request: str
    target: str


@dataclass(frozen=True, kw_only=True)
class Pack:
    """Requests that share one toolbox."""

    tools: list[dict[str, Any]]
    """OpenAI form, as a chat template takes it."""
    turns: list[Turn]


Drawn = tuple[str, dict[str, Any]]
"""A request and its slot values: spans of it, lists of spans, or enum values."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A tool that can be asked for: names to choose from, slots, and a source of requests."""

    names: Sequence[str]
    descriptions: Sequence[str]
    slots: Mapping[str, Mapping[str, Any]]
    """Slot → ``{"names": [...], "schema": {...}, "required": bool}``."""
    family: str
    """Tools of one family may mean the same and never stand in one toolbox."""
    draw: Callable[[random.Random], Drawn] = field(repr=False)


class Tasks:
    """An endless source of packs."""

    def __init__(self, corpus: Corpus) -> None:
        self._values = Values(_pools(corpus))
        self._library = _library(self._values)
        self._intents, chat = _intents(corpus)
        self._chat = [*chat, *_lines("chat.txt")]

    def pack(self, rng: random.Random, *, turns: int) -> Pack:
        """One toolbox with `turns` requests."""
        kind = rng.random()
        if kind < 0.22:
            specs = [made_up_tool(rng, self._values) for _ in range(rng.choice((1, 2, 2, 3, 4)))]
            others: Sequence[Spec] = ()
        else:
            source = self._library if kind < 0.70 else self._intents
            if rng.random() < 0.25:
                source = [*self._library, *self._intents]
            specs = _distinct(rng.sample(source, rng.choice((1, 2, 2, 3, 3, 4, 5, 6, 8))))
            others = source
        return self._pack_of(specs, others, rng, turns)

    def _pack_of(self, specs: Sequence[Spec], others: Sequence[Spec], rng: random.Random, turns: int) -> Pack:
        mask = rng.random() < 0.12
        rows = [_define(spec, rng, mask=mask) for spec in specs]
        families = {spec.family for spec in specs}
        made = []
        for _ in range(turns):
            if rng.random() < 0.2:
                made.append(Turn(request=self._stranger(families, others, rng), target=NO_TOOL))
                continue
            spec, (definition, renamed) = rng.choice(list(zip(specs, rows, strict=True)))
            request, slots = perturb(*spec.draw(rng), rng, aside=rng.choice(self._chat))
            args = {renamed[slot]: value for slot, value in slots.items() if slot in renamed}
            order = definition["function"]["parameters"]["properties"]
            wire = {
                "tool": definition["function"]["name"],
                "args": {name: args[name] for name in order if name in args},
            }
            made.append(Turn(request=request, target=json.dumps(wire, ensure_ascii=False)))
        return Pack(tools=[definition for definition, _ in rows], turns=made)

    def _stranger(self, families: set[str], others: Sequence[Spec], rng: random.Random) -> str:
        for _ in range(8 if others and rng.random() < 0.75 else 0):
            other = rng.choice(others)
            if other.family not in families:
                return perturb(*other.draw(rng), rng)[0]
        if not others and rng.random() < 0.5:
            return made_up_tool(rng, self._values).draw(rng)[0]
        return perturb(rng.choice(self._chat), {}, rng)[0]


def forbid(tools: Sequence[Mapping[str, Any]]) -> None:
    """Refuse the default toolbox's names, argument names and descriptions.

    Raises:
        ValueError: a tool (OpenAI form) uses one of them.
    """
    for tool in tools:
        function = tool["function"]
        clash = FORBIDDEN_ARGS & set(function["parameters"].get("properties", {}))
        if (
            clash
            or re.sub(r"[^a-z]", "", function["name"].lower()) in FORBIDDEN_TOOLS
            or function.get("description", "").lower() in FORBIDDEN_TEXTS
        ):
            raise ValueError(
                f"{function['name']} repeats the default toolbox ({', '.join(sorted(clash)) or 'name or description'})"
            )


def allowed_name(name: str, rng: random.Random) -> str:
    """`name`, or a stand-in where the default toolbox has an argument of that name."""
    return rng.choice(_STAND_INS[name]) if name in FORBIDDEN_ARGS else name


def perturb(request: str, slots: dict[str, Any], rng: random.Random, *, aside: str = "") -> Drawn:
    """The request as another person would type it; spans follow the change, enum values stay."""
    spans = [v for value in slots.values() for v in (value if isinstance(value, list) else [value])]
    chance = rng.random()
    if chance < 0.10:
        request = _typos(request, spans, rng)
    elif chance < 0.22:
        lowered = request.lower()
        if len(lowered) == len(request):
            slots = {k: _map(v, lambda s: s.lower() if s in request else s) for k, v in slots.items()}
            request = lowered
    if rng.random() < 0.25:
        bare = request.rstrip(".?! ")
        held = [v for value in slots.values() for v in (value if isinstance(value, list) else [value])]
        request = bare if bare and all(span in bare for span in held if span in request) else request
    if rng.random() < 0.08:
        request = (
            rng.choice(
                ("please ", "hey, ", "ok so ", "Hi! ", "could you ", "hey can you ", "um ", "Quick one: ")
            )
            + request
        )
    if rng.random() < 0.08:
        request += rng.choice(
            (" please", ", thanks", " thx", ", would you?", " asap", " if you can", " 🙏", " - cheers")
        )
    if aside and rng.random() < 0.05:
        request = f"{aside.rstrip('.?! ')}. {request}"
    return request, slots


def made_up_tool(rng: random.Random, values: Values) -> Spec:
    """A tool that exists nowhere; requests name its arguments, so that finding and copying is all there is."""
    verb, noun = values.draw("word", rng).lower(), values.draw("word", rng).lower()
    words = [verb, noun] if rng.random() < 0.8 else [_syllables(rng, 2), _syllables(rng, 1)]
    name = rng.choice(("_".join(words), words[0] + words[1].capitalize(), ".".join(words)))
    kinds = {}
    for _ in range(rng.randint(1, 4)):
        label = values.draw("word", rng).lower() if rng.random() < 0.7 else _syllables(rng, 2)
        label = re.sub(r"[^\w]", "", label) or "item"
        if label not in FORBIDDEN_ARGS:
            kinds[label] = rng.choice(values.kinds())
    if not kinds:
        kinds["item"] = "word"
    slots = {
        label: {
            "names": [label],
            "schema": _SCHEMAS.get(kind, {"type": "string"}),
            "required": rng.random() < 0.5,
        }
        for label, kind in kinds.items()
    }
    lists = {label for label, kind in kinds.items() if kind in _LISTABLE and rng.random() < 0.3}
    for label in lists:
        slots[label]["schema"] = {"type": "array", "items": {"type": "string"}}

    def draw(rng: random.Random) -> Drawn:
        parts: list[str] = []
        found: dict[str, Any] = {}
        for label, kind in rng.sample(list(kinds.items()), len(kinds)):
            if len(kinds) > 1 and rng.random() < 0.25:
                continue
            if label in lists:
                found[label] = [values.draw(kind, rng) for _ in range(rng.choice((1, 2, 2, 3)))]
                said = _spoken_list(found[label], rng)
            else:
                found[label] = said = _PREPOSITION.sub("", values.draw(kind, rng))
            pattern = rng.choice(
                (
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
            )
            parts.append(pattern.format(l=label, v=said))
        opening = rng.choice(
            (
                " ".join(words),
                " ".join(words),
                f"{words[1]} {words[0]}",
                f"please {words[0]} the {words[1]}",
                f"I need a {words[1]}, {words[0]}",
            )
        )
        joiner = rng.choice((" ", ", ", " and ", "; "))
        body = joiner.join(parts)
        return rng.choice(
            (f"{opening} {body}", f"{opening}: {body}", f"{body} - {opening}", f"{opening}, {body}")
        ).strip(" -,:"), found

    description = f"{words[0].capitalize()} {rng.choice(('a', 'the', 'one', 'any'))} {words[1]}."
    return Spec(names=[name], descriptions=[description], slots=slots, family=name, draw=draw)


_LISTABLE = {"person", "group", "word", "city", "company", "product", "email", "code"}


def _spoken_list(items: Sequence[str], rng: random.Random) -> str:
    """``A``, ``A and B``, ``A, B and C`` and the like."""
    if len(items) == 1:
        return items[0]
    return ", ".join(items[:-1]) + rng.choice((" and ", " and ", ", ", " & ", ", and ")) + items[-1]


def _define(spec: Spec, rng: random.Random, *, mask: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """The tool's definition in OpenAI form under drawn names, and slot → argument name."""
    properties: dict[str, Any] = {}
    required, renamed = [], {}
    for slot, about in spec.slots.items():
        name = (
            _syllables(rng, 2)
            if mask and rng.random() < 0.3
            else allowed_name(rng.choice(about["names"]), rng)
        )
        if name in properties:
            name = f"{name}_{len(properties) + 1}"
        properties[name] = (
            about["schema"] if rng.random() < 0.85 or "enum" in about["schema"] else {"type": "string"}
        )
        if about["schema"].get("type") == "array":
            properties[name] = about["schema"]
        renamed[slot] = name
        if about["required"]:
            required.append(name)
    name = f"{_syllables(rng, 2)}_{_syllables(rng, 1)}" if mask else rng.choice(spec.names)
    parameters = {"type": "object", "properties": properties, "required": required}
    function = {"name": name, "description": rng.choice(spec.descriptions), "parameters": parameters}
    definition = {"type": "function", "function": function}
    forbid([definition])
    return definition, renamed


def _distinct(specs: Sequence[Spec]) -> list[Spec]:
    return list({spec.family: spec for spec in specs}.values())


def _map(value: Any, change: Callable[[str], str]) -> Any:
    return [change(v) for v in value] if isinstance(value, list) else change(value)


def _typos(request: str, spans: Sequence[str], rng: random.Random) -> str:
    """Misspell up to two words outside the spans."""
    words = request.split(" ")
    free = [
        i
        for i, word in enumerate(words)
        if len(word) > 3 and word.isalpha() and not any(word in span for span in spans)
    ]
    for i in rng.sample(free, min(len(free), rng.randint(1, 2))):
        word, at = words[i], rng.randrange(1, len(words[i]) - 1)
        words[i] = rng.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
            )
        )
    changed = " ".join(words)
    return changed if all(span in changed for span in spans if span in request) else request


def _lines(name: str) -> list[str]:
    text = resources.files("toolsmith_trainer").joinpath(f"data/{name}").read_text("utf-8")
    return [line for line in text.splitlines() if line.strip()]


def _library(values: Values) -> list[Spec]:
    """The tools of ``data/tools/*.jsonl``."""
    specs = []
    folder = resources.files("toolsmith_trainer").joinpath("data/tools")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".jsonl"):
            for line in file.read_text("utf-8").splitlines():
                if line.strip():
                    specs.append(_library_tool(json.loads(line), values))
    return specs


_HOLE = re.compile(r"\{(\w+)\}")


def _library_tool(row: Mapping[str, Any], values: Values) -> Spec:
    slots: dict[str, dict[str, Any]] = {}
    for name, about in row["args"].items():
        if "enum" in about:
            schema: dict[str, Any] = {"type": "string", "enum": [str(value) for value in about["enum"]]}
        else:
            schema = _SCHEMAS.get(about["kind"], {"type": "string"})
        slots[name] = {
            "names": [name, *about.get("aliases", ())],
            "schema": schema,
            "required": bool(about.get("required")),
        }
    wordings = [w if isinstance(w, dict) else {"text": w} for w in row["wordings"]]
    wordings = [w for w in wordings if all("enum" in row["args"][name] for name in w.get("set", ()))]

    def draw(rng: random.Random) -> Drawn:
        wording = rng.choice(wordings)
        found: dict[str, Any] = {name: str(value) for name, value in wording.get("set", {}).items()}

        def fill(hole: re.Match[str]) -> str:
            name = hole.group(1)
            about = row["args"][name]
            if "enum" in about:
                found[name] = str(rng.choice(about["enum"]))
                return found[name].replace("_", " ")
            value = values.draw(about["kind"], rng)
            found[name] = (
                _PREPOSITION.sub("", value) if about["kind"] in ("on_date", "at_time", "datetime") else value
            )
            return value

        return _HOLE.sub(fill, wording["text"]), found

    names = [row["name"], *row.get("aliases", ())]
    texts = [row["description"], *row.get("descriptions", ())]
    return Spec(names=names, descriptions=texts, slots=slots, family=row.get("group", row["name"]), draw=draw)


_NOT_REALLY_CHAT = {
    "SMCalFlow/other",
    "SMCalFlow/none",
    "HomeAssistant/none",
    "HWU64/general_quirky",
    "SLURP/general_quirky",
    "CLINC150/oos",
}
"""Keys whose rows are often real requests."""


def _intents(corpus: Corpus) -> tuple[list[Spec], list[str]]:
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
    return [_intent_tool(table[key], found, families[key]) for key, found in sorted(rows.items())], chat


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


_MOST_SLOTS = 5


def _intent_tool(about: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], family: str) -> Spec:
    slots = {
        slot: {"names": [*names, slot], "schema": {"type": "string"}, "required": False}
        for slot, names in list(about.get("args", {}).items())[:_MOST_SLOTS]
    }

    def draw(rng: random.Random) -> Drawn:
        row = rng.choice(rows)
        found = {
            s: v
            for s, v in row["slots"].items()
            if s in slots and isinstance(v, str) and v and v in row["utterance"]
        }
        return row["utterance"], found

    return Spec(
        names=about["names"], descriptions=about["descriptions"], slots=slots, family=family, draw=draw
    )


def _well_labelled(row: Mapping[str, Any]) -> bool:
    """Whether the slots can be trusted: single spans, and no long SGD turn without any."""
    if not all(isinstance(value, str) and value in row["utterance"] for value in row["slots"].values()):
        return False
    return row["source"] != "SGD" or bool(row["slots"]) or len(row["utterance"]) < 45


_KIND_OF_SLOT = {
    "city": "city",
    "place_name": "city",
    "location": "city",
    "state": "city",
    "country": "city",
    "destination": "city",
    "city_of_event": "city",
    "person": "person",
    "artist": "person",
    "artist_name": "person",
    "last_name": "person",
    "first_name": "person",
    "event_name": "title",
    "movie_name": "title",
    "object_name": "title",
    "entity_name": "title",
    "playlist": "title",
    "subject": "title",
    "album": "title",
    "track": "title",
    "restaurant_name": "title",
    "theater_name": "title",
    "business_name": "title",
    "news_topic": "topic",
    "definition_word": "topic",
    "food_type": "topic",
    "served_dish": "topic",
}


def _pools(corpus: Corpus) -> Pools:
    by_kind: dict[str, set[str]] = defaultdict(set)
    sentences, words = set(), set()
    for row in corpus.utterances:
        for slot, value in row["slots"].items():
            kind = _KIND_OF_SLOT.get(slot)
            if kind and isinstance(value, str) and 1 < len(value) < 40:
                by_kind[kind].add(value)
        text = row["utterance"].rstrip(".?!")
        if 8 < len(text) < 90 and '"' not in text:
            sentences.add(text)
            if 10 < len(text) < 50 and not row["standalone"]:
                by_kind["query"].add(text.lower())
    for text in corpus.texts[:: max(1, len(corpus.texts) // 3000)]:
        words.update(re.findall(r"[A-Za-z][a-z]{2,11}", text)[:120])
    by_kind["query"] |= {
        f"{a} {b}" for a, b in zip(sorted(by_kind["topic"]), sorted(by_kind["title"]), strict=False)
    }
    return Pools(
        by_kind={kind: sorted(found) for kind, found in by_kind.items()},
        words=sorted(words),
        sentences=sorted(sentences),
    )
