"""What may reach a prompt, and what may run.

Descriptions come from whoever wrote the toolbox: before a model reads them, they are cut to a length and
cleared of characters that a person does not see (control, zero-width, bidirectional, tags). Names and
enumerated values are part of calls and stay as they are; hidden characters in them are told as a warning.
Annotations are hints: they can only make the loop more careful, as what they leave out counts as the more
dangerous case.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from toolsmith_agent.tiers import Tier
from toolsmith_schema.check import to_pointer
from toolsmith_schema.errors import ToolsmithError
from toolsmith_schema.toolbox import Tool, Toolbox

MAX_DESCRIPTION = 1000
"""Characters of a description that reach a prompt."""

_TEXTS = ("description", "title", "$comment")
_NAMED = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")


class ToolboxMismatch(ToolsmithError):
    """A tier's adapter was trained on another toolbox than the one it is asked about."""


def is_read_only(tool: Tool) -> bool:
    """Whether the tool says that it changes nothing."""
    return tool.annotations.get("readOnlyHint") is True


def needs_intent(tool: Tool) -> bool:
    """Whether doing it twice could be worse than once: it neither only reads nor is idempotent."""
    return not (is_read_only(tool) or tool.annotations.get("idempotentHint") is True)


def is_destructive(tool: Tool) -> bool:
    """Whether it changes something and does not say that this can be undone; MCP's default is yes."""
    return not is_read_only(tool) and tool.annotations.get("destructiveHint") is not False


def clean_text(text: str, most: int = MAX_DESCRIPTION) -> str:
    r"""`text` without characters that a person does not see, cut to `most` characters.

    >>> clean_text("Weather\u202e for\u200b one\nplace")
    'Weather for one place'
    """
    kept = "".join(" " if char.isspace() else char for char in text if char.isspace() or not _hidden(char))
    if kept == " ".join(text.split(" ")) and len(kept) <= most:
        return text
    kept = " ".join(kept.split())
    return kept if len(kept) <= most else kept[: most - 1].rstrip() + "…"


def clean_toolbox(toolbox: Toolbox) -> Toolbox:
    """The toolbox that models are shown: the very same where there is nothing to clean."""
    tools = tuple(_clean_tool(tool) for tool in toolbox)
    return toolbox if tools == toolbox.tools else Toolbox(tools=tools)


def hidden_places(toolbox: Toolbox) -> list[str]:
    """Pointers to names and enumerated values with hidden characters, which cannot be cleaned."""
    return [
        to_pointer([tool.name, *path])
        for tool in toolbox
        for path, text in _texts(tool.input_schema, [])
        if any(map(_hidden, text))
    ]


def mismatches(tiers: Sequence[Tier], toolbox: Toolbox) -> list[str]:
    """A sentence for each tier whose adapter was trained on another toolbox than this one."""
    return [
        f"The tier {tier.name} was trained on the toolbox {tier.trained_on[:16]}… and is asked about "
        f"{toolbox.fingerprint[:16]}…: expect wrong tools and arguments, or train it for this one."
        for tier in tiers
        if tier.trained_on and tier.trained_on != toolbox.fingerprint
    ]


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def _clean_tool(tool: Tool) -> Tool:
    annotations = {
        name: clean_text(value) if isinstance(value, str) else value
        for name, value in tool.annotations.items()
    }
    cleaned = replace(
        tool,
        description=clean_text(tool.description),
        input_schema=_clean(tool.input_schema),
        annotations=annotations,
    )
    return tool if cleaned == tool else cleaned


def _clean(schema: Any) -> Any:
    """`schema` with clean texts; only keywords are looked at, never an argument that is called like one."""
    if isinstance(schema, list):
        return [_clean(value) for value in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _TEXTS and isinstance(value, str):
            kept[key] = clean_text(value)
        elif key in _NAMED and isinstance(value, Mapping):
            kept[key] = {name: _clean(inner) for name, inner in value.items()}
        elif key in ("enum", "const", "default", "examples", "required"):
            kept[key] = value
        else:
            kept[key] = _clean(value)
    return kept


def _texts(value: Any, path: list[str | int]) -> Iterator[tuple[list[str | int], str]]:
    """Every name and string of a schema with its path, descriptions and the like aside."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield [*path, key], key
            if not (key in _TEXTS and isinstance(inner, str)):
                yield from _texts(inner, [*path, key])
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _texts(inner, [*path, i])
