"""The one wire format: (toolbox, request) → chat messages, decision → target text.

The tools and rules come first and do not change within a toolbox, so that a model's state after them
can be kept; the request comes last. A model copies what was said and code converts it afterwards, so the
reference clock is not part of the prompt. Where a target is trained, an argument is written with the space
that stands before it in the request (`spaced`): the tokenizers of language models keep a word together with
the space before it, so the model copies tokens that it has seen instead of spelling them anew.

>>> from toolsmith_schema import Toolbox, ToolCall
>>> target(ToolCall(tool="get_weather", args={"city": "Tokyo"}), Toolbox.default())
'{"tool": "get_weather", "args": {"city": "Tokyo"}}'
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from toolsmith_schema.decision import Decision, NeedArgument
from toolsmith_schema.example import Example
from toolsmith_schema.letter_case import as_read, call_as_read
from toolsmith_schema.toolbox import Toolbox

RULES = (
    "You turn the user's request into one tool call. Answer with exactly one JSON object and nothing else: "
    '{"tool": "<name>", "args": {...}}. Copy argument values from the request word for word, also dates, '
    "times, numbers and currencies; use only arguments that the user gave. "
    'If no tool fits, answer {"tool": null, "args": {}}.'
)
"""The system message. The embedded base was pretrained on the format and its chat template leaves it out."""

Message = dict[str, str]


def messages(request: str, *, shots: Iterable[Example] = (), toolbox: Toolbox | None = None) -> list[Message]:
    """Chat messages for `request`: the rules, few-shot pairs (if any), the request `as_read` last.

    The tools themselves are passed to the chat template beside the messages, as `tools` gives them.
    """
    box = toolbox or Toolbox.default()
    turns = [{"role": "system", "content": RULES}]
    for shot in shots:
        turns += [
            {"role": "user", "content": as_read(shot.request)},
            {"role": "assistant", "content": target(shot.decision, box, request=shot.request)},
        ]
    return [*turns, {"role": "user", "content": as_read(request)}]


def tools(toolbox: Toolbox) -> list[dict[str, Any]]:
    """The ``tools`` argument of a Hugging Face chat template: OpenAI's form."""
    return toolbox.to_openai()


def target(decision: Decision, toolbox: Toolbox, *, request: str = "") -> str:
    """The text that a model is trained to answer: one-line JSON, keys in schema order.

    With the `request`, the arguments are the words of what a model is shown of it (`as_read`), and `spaced`
    as they are there; `parse` takes the spaces off again.

    Raises:
        KeyError: the decision names a tool or an argument that the toolbox has not.
    """
    call = decision.call if isinstance(decision, NeedArgument) else decision
    wire = call_as_read(call, request, toolbox).to_json()
    if wire["tool"] is not None:
        properties = toolbox[wire["tool"]].properties
        wire["args"] = spaced(in_schema_order(wire["args"], properties), properties, as_read(request))
    return json.dumps(wire, ensure_ascii=False)


def in_schema_order(args: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """`args` with its keys in the order of the schema's `properties`.

    Raises:
        KeyError: an argument is not a property.
    """
    for name in args:
        if name not in properties:
            raise KeyError(name)
    return {name: args[name] for name in properties if name in args}


def spaced(args: Mapping[str, Any], properties: Mapping[str, Any], request: str) -> dict[str, Any]:
    """`args` with a space before each open argument that has one before it in `request`.

    The beginning of the request counts as a space. Enumerated values and what is not said stay as they are.

    >>> spaced({"to": "Ann", "app": "sms"}, {"to": {}, "app": {"enum": ["sms"]}}, "sms Ann")
    {'to': ' Ann', 'app': 'sms'}
    """
    return {name: _spaced(value, properties.get(name, {}), f" {request}") for name, value in args.items()}


def _spaced(value: Any, schema: Mapping[str, Any], request: str) -> Any:
    if isinstance(value, list):
        return [_spaced(item, schema.get("items", {}), request) for item in value]
    if isinstance(value, Mapping):
        inner = schema.get("properties", {})
        return {name: _spaced(item, inner.get(name, {}), request) for name, item in value.items()}
    if not isinstance(value, str) or "enum" in schema or "const" in schema:
        return value
    return said_form(value, request)


def said_form(words: str, request: str) -> str:
    """`words` with the space that stands before them in `request`, if one does."""
    return f" {words}" if re.search(rf"\ {re.escape(words)}(?!\w)", request) else words
