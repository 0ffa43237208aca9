"""The toolbox as another server might show it: in another order, under other names, among other tools.

A model that only ever sees one toolbox learns its places and names by heart. Part of the training rows are
shown another form of it, their answers with it: tools shuffled, tool names that say nothing (function
masking; Lin et al. 2024, "Hammer", arXiv 2410.04587), a tool or two that nobody asks for.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from toolsmith_schema.decision import NoTool, ToolCall
from toolsmith_schema.example import Example
from toolsmith_schema.toolbox import Tool, Toolbox
from toolsmith_trainer.pretraining.words import syllables

_STRANGERS = (
    ("set_thermostat", "Set the temperature of the heating at home.", ("degrees", "room")),
    ("find_recipe", "Find a recipe for a dish.", ("dish", "diet")),
    ("book_table", "Reserve a table in a restaurant.", ("restaurant", "guests")),
    ("track_parcel", "Say where a parcel is.", ("number",)),
    ("start_timer", "Count down a length of time.", ("length",)),
    ("add_contact", "Put a person into the address book.", ("person", "phone")),
    ("plan_route", "Directions from one place to another.", ("start", "goal")),
    ("take_note", "Write a note into the notebook.", ("note",)),
)


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form of a toolbox."""

    toolbox: Toolbox
    """What is shown."""
    names: dict[str, str]
    """Tool name of the original → the name here."""

    def example(self, example: Example) -> Example:
        """`example` with the names of this form."""
        return replace(
            example,
            decision=self._renamed(example.decision),
            alternatives=tuple(self._renamed(one) for one in example.alternatives),
        )

    def _renamed(self, decision: ToolCall | NoTool) -> ToolCall | NoTool:
        if isinstance(decision, NoTool):
            return decision
        return replace(decision, tool=self.names.get(decision.tool, decision.tool))


def forms(toolbox: Toolbox, count: int, *, seed: int) -> list[Form]:
    """`count` forms of `toolbox`: the first is itself, the others are shuffled, every other one masked."""
    made = [Form(toolbox=toolbox, names={})]
    for number in range(1, count):
        rng = random.Random(f"{seed}/{number}")
        names = {tool.name: _name(rng) for tool in toolbox} if number % 2 == 0 else {}
        tools = [replace(tool, name=names.get(tool.name, tool.name)) for tool in toolbox]
        tools += [
            _stranger(*one) for one in rng.sample(_STRANGERS, rng.randint(0, 2)) if one[0] not in toolbox
        ]
        rng.shuffle(tools)
        made.append(Form(toolbox=Toolbox(tools=tuple(tools)), names=names))
    return made


def assign(examples: Sequence[Example], count: int, *, share: float, seed: int) -> list[int]:
    """The number of the form that each example is shown with; for a `share` another than the first."""
    rng = random.Random(f"{seed}/forms")
    return [rng.randrange(1, count) if count > 1 and rng.random() < share else 0 for _ in examples]


def _name(rng: random.Random) -> str:
    return f"{syllables(rng, 2)}_{syllables(rng, 1)}"


def _stranger(name: str, description: str, arguments: Sequence[str]) -> Tool:
    properties = {argument: {"type": "string"} for argument in arguments}
    schema = {"type": "object", "properties": properties, "required": [arguments[0]]}
    return Tool(name=name, description=description, input_schema=schema)
