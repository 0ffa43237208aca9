"""Tools with wordings written for this project, one JSON object a line in ``data/tools``.

One row, cut short::

    {"name": "start_timer", "aliases": ["countdown"], "description": "Start a timer.",
     "args": {"length": {"kind": "duration", "required": true, "aliases": ["time", "for"]}},
     "wordings": ["Timer {length}", "set a timer for {length}", "count down {length}"]}
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

from toolsmith_trainer.pretraining.specs import Drawn, Spec, schema_of, without_preposition
from toolsmith_trainer.pretraining.values import Values

_HOLE = re.compile(r"\{(\w+)\}")


def library(values: Values) -> list[Spec]:
    """The tools of ``data/tools/*.jsonl``: first those of everyday requests (``near_*``), well mixed."""
    near: list[Spec] = []
    others: list[Spec] = []
    folder = resources.files("toolsmith_trainer").joinpath("data/tools")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".jsonl"):
            lines = [line for line in file.read_text("utf-8").splitlines() if line.strip()]
            tools = [_tool(json.loads(line), values) for line in lines]
            (near if file.name.startswith("near_") else others).extend(tools)
    random.Random("library").shuffle(near)
    return [*near, *others]


def _tool(row: Mapping[str, Any], values: Values) -> Spec:
    slots = {name: _slot(name, about) for name, about in row["args"].items()}
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
            moment = about["kind"] in ("on_date", "at_time", "datetime")
            found[name] = without_preposition(value) if moment else value
            return value

        return _HOLE.sub(fill, wording["text"]), found

    names = [row["name"], *row.get("aliases", ())]
    texts = [row["description"], *row.get("descriptions", ())]
    return Spec(names=names, descriptions=texts, slots=slots, family=row.get("group", row["name"]), draw=draw)


def _slot(name: str, about: Mapping[str, Any]) -> dict[str, Any]:
    if "enum" in about:
        schema: dict[str, Any] = {"type": "string", "enum": [str(value) for value in about["enum"]]}
    else:
        schema = schema_of(about["kind"])
    names = [name, *about.get("aliases", ())]
    return {"names": names, "schema": schema, "required": bool(about.get("required"))}
