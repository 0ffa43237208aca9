"""Siblings of the default toolbox's tools: other names, other arguments, other descriptions; real requests.

The requests are training rows of the data set, never rows of another split. So the base meets the kinds of
requests that it will be tuned for, and still has never seen the toolbox that it is measured on. Values are
swapped among the rows, which makes many requests of one: "10 USD in euros" → "4,000 pesos in yen".
``data/siblings.json`` holds the names and descriptions.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from typing import Any

from toolsmith_schema.decision import NoTool, ToolCall
from toolsmith_schema.example import Example
from toolsmith_schema.letter_case import as_read, call_as_read
from toolsmith_schema.toolbox import Tool, Toolbox
from toolsmith_trainer.pretraining.specs import Drawn, Spec

_BEFORE = re.compile(r"(\w+|[^\w\s]|^)(\s*)$")
_TYPE_OF_VALUE = ("type", "enum", "format", "items")

_FREE = ("title", "text", "subject", "body", "query")
"""Arguments that hold any words: what fits one fits all."""

_STATEMENTS = (("send_email", "body"), ("send_message", "text"))
"""Arguments that are sentences."""

_Values = Mapping[tuple[str, str], Sequence[str]]
"""(argument, what stands before it) → values; under ``("", "")`` the words of all free arguments."""


class Siblings:
    """Tools that are asked for by training rows, and rows that no tool is for."""

    def __init__(self, examples: Sequence[Example]) -> None:
        file = resources.files("toolsmith_trainer").joinpath("data/siblings.json")
        names = json.loads(file.read_text("utf-8"))
        calls: dict[str, list[Example]] = defaultdict(list)
        examples = [_renamed(_read(example), names) for example in examples]
        for example in examples:
            if isinstance(example.decision, ToolCall):
                calls[example.decision.tool].append(example)
        box = Toolbox.default()
        free = [
            value
            for tool in box.names
            for row in calls[tool]
            for name, value in _open_arguments(row, box[tool]).items()
            if name in _FREE
        ]
        self.specs = [_spec(box[tool], names[tool], calls[tool], free) for tool in box.names if calls[tool]]
        """One for each tool of the default toolbox that has rows."""
        self.refused = [example.request for example in examples if isinstance(example.decision, NoTool)]
        """Requests that none of the siblings is for."""
        self.statements = sorted(
            {
                value[0].upper() + value[1:]
                for tool, name in _STATEMENTS
                for row in calls[tool]
                if isinstance(value := row.decision.to_json()["args"].get(name), str)
                and 3 < len(value.split()) < 16
                and not value.endswith("?")
            }
        )
        """What people write in messages: sentences that ask for nothing."""


def _read(example: Example) -> Example:
    """The example as a model is shown it."""
    call = call_as_read(example.decision, example.request, Toolbox.default())
    return replace(example, request=as_read(example.request), decision=call)


def _renamed(example: Example, names: Mapping[str, Any]) -> Example:
    """The example with a sibling's name where the request names a tool: "the right tool is …"."""
    request = example.request
    for tool, about in names.items():
        if tool in request:
            request = request.replace(tool, random.Random(request).choice(about["names"]))
    return example if request == example.request else replace(example, request=request)


def _spec(tool: Tool, about: Mapping[str, Any], rows: Sequence[Example], free: Sequence[str]) -> Spec:
    slots = {
        name: {
            "names": about["args"][name],
            "schema": {key: schema[key] for key in _TYPE_OF_VALUE if key in schema},
            "required": name in tool.input_schema.get("required", ()),
        }
        for name, schema in tool.properties.items()
    }
    values: dict[tuple[str, str], list[str]] = defaultdict(list, {("", ""): [*free]})
    for row in rows:
        for name, value in _open_arguments(row, tool).items():
            values[name, _before(row.request, value)].append(value)

    def draw(rng: random.Random) -> Drawn:
        return _swapped(rng.choice(rows), tool, values, rng)

    return Spec(
        names=about["names"], descriptions=about["descriptions"], slots=slots, family=tool.name, draw=draw
    )


def _open_arguments(row: Example, tool: Tool) -> dict[str, str]:
    """Arguments that are one span, which stands once in the request and in no other argument."""
    assert isinstance(row.decision, ToolCall)
    found = {}
    for name, value in row.decision.args.items():
        others = [other for key, other in row.decision.args.items() if key != name]
        spans = [span for other in others for span in (other if isinstance(other, list) else [other])]
        alone = not any(str(value) in str(span) or str(span) in str(value) for span in spans)
        is_open = isinstance(value, str) and "enum" not in tool.properties[name]
        if is_open and alone and row.request.count(value) == 1:
            found[name] = value
    return found


def _before(request: str, value: str) -> str:
    """The word or sign before `value`, and whether a space is between: other values fit behind the same."""
    match = _BEFORE.search(request[: request.index(value)])
    return (match.group(1) + match.group(2)).lower() if match else ""


def _swapped(row: Example, tool: Tool, values: _Values, rng: random.Random) -> Drawn:
    """The request with some of its values taken from other rows, and its arguments."""
    assert isinstance(row.decision, ToolCall)
    request, args = row.request, dict(row.decision.args)
    for name, value in _open_arguments(row, tool).items():
        if rng.random() < 0.5 or request.count(value) != 1:
            continue
        anything = name in _FREE and rng.random() < 0.2
        new = rng.choice(values["", ""] if anything else values[name, _before(row.request, value)])
        changed = request.replace(value, new)
        others = [span for key, other in args.items() if key != name for span in _spans(other)]
        if changed.count(new) == 1 and all(
            changed.count(span) == request.count(span) and span not in new for span in others
        ):
            request, args[name] = changed, new
    return request, args


def _spans(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
