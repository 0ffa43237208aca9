"""Requests typed in capitals, which a model reads in small letters.

Capitals cut words into other and rarer tokens and say nothing: for ``WHAT'S THE WEATHER IN LIMA`` a model is
shown ``what's the weather in lima``. What it answers in words of the request is put back as it was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from toolsmith_schema.decision import NoTool, ToolCall
from toolsmith_schema.toolbox import Toolbox

_FEWEST, _SHARE = 8, 0.7
"""Capitals that a request must have, and their share of its letters."""

Call = TypeVar("Call", bound=ToolCall | NoTool)


def as_read(request: str) -> str:
    """`request` in small letters, letter for letter, where it is typed in capitals; else as it is.

    >>> as_read("SMS ANA I'M LATE"), as_read("what does NATO mean")
    ("sms ana i'm late", 'what does NATO mean')
    """
    small = sum(letter.islower() for letter in request)
    large = sum(letter.isupper() for letter in request)
    if large < _FEWEST or large < _SHARE * (small + large):
        return request
    return cased(request, str.lower)


def cased(text: str, change: Callable[[str], str]) -> str:
    """`text` in the other case, letter for letter: a letter that would become two stays."""
    return "".join(change(letter) if len(change(letter)) == 1 else letter for letter in text)


def call_as_said(call: Call, request: str, toolbox: Toolbox) -> Call:
    """A call made of the request `as_read`, its words as they stand in `request`; enumerated values stay."""
    return _moved(call, as_read(request), request, toolbox)


def call_as_read(call: Call, request: str, toolbox: Toolbox) -> Call:
    """A call of words of `request`, as they stand in the request `as_read`; undoes `call_as_said`."""
    return _moved(call, request, as_read(request), toolbox)


def _moved(call: Call, source: str, goal: str, toolbox: Toolbox) -> Call:
    """`call` with the words of `source` as they stand at the same place of `goal`; a refusal has none."""
    if not isinstance(call, ToolCall) or source == goal or call.tool not in toolbox:
        return call
    properties = toolbox[call.tool].properties

    def moved(value: Any, schema: Mapping[str, Any]) -> Any:
        if isinstance(value, list):
            return [moved(item, schema.get("items", {})) for item in value]
        if not isinstance(value, str) or not value or "enum" in schema or "const" in schema:
            return value
        at = source.find(value)
        return goal[at : at + len(value)] if at >= 0 else value

    return replace(
        call, args={name: moved(value, properties.get(name, {})) for name, value in call.args.items()}
    )
