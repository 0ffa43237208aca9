"""A spec becomes the definition of a tool, under names that are drawn afresh each time."""

from __future__ import annotations

import random
from typing import Any

from toolsmith_trainer.pretraining.forbidden import allowed_name, forbid
from toolsmith_trainer.pretraining.specs import Spec
from toolsmith_trainer.pretraining.words import syllables


def define(spec: Spec, rng: random.Random, *, mask: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """The tool's definition in OpenAI form under drawn names, and slot → argument name.

    With `mask` the tool and some arguments get made-up names, so that descriptions must be read.
    """
    properties: dict[str, Any] = {}
    required, renamed = [], {}
    for slot, about in spec.slots.items():
        masked = mask and rng.random() < 0.3
        name = allowed_name(syllables(rng, 2) if masked else rng.choice(about["names"]), rng)
        if name in properties:
            name = f"{name}_{len(properties) + 1}"
        keep = rng.random() < 0.85 or "enum" in about["schema"] or about["schema"].get("type") == "array"
        properties[name] = about["schema"] if keep else {"type": "string"}
        renamed[slot] = name
        if about["required"]:
            required.append(name)
    name = f"{syllables(rng, 2)}_{syllables(rng, 1)}" if mask else rng.choice(spec.names)
    parameters = {"type": "object", "properties": properties, "required": required}
    function = {"name": name, "description": rng.choice(spec.descriptions), "parameters": parameters}
    definition = {"type": "function", "function": function}
    forbid([definition])
    return definition, renamed
