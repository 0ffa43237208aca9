"""Model text → decision, or an error that says precisely what is wrong.

Accepted is exactly one JSON object, alone, in prose, in a code fence or in ``<tool_call>`` tags, in the wire
form ``{"tool", "args"}`` or the common form ``{"name", "arguments"}`` (arguments as an object or as that
object encoded in a string). The same object said twice is one decision; two different ones are an error.
Outside the object no brace may stand: nothing is repaired and nothing is picked out of a broken text.
White space around an argument is not part of it.
The work is linear in the length of the text.

>>> parse('Sure: {"tool": "get_weather", "args": {"city": "Tokyo"}}')
ToolCall(tool='get_weather', args={'city': 'Tokyo'})
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from toolsmith_schema.decision import NoTool, ToolCall, decision_from_json
from toolsmith_schema.errors import ParseError

MAX_DEPTH = 64
"""Objects and lists may be nested this deep in an answer."""

MAX_DIGITS = 300
"""A whole number may have this many digits."""

KINDS = (
    "empty",
    "no_object",
    "truncated",
    "malformed",
    "two_objects",
    "duplicate_key",
    "not_finite",
    "too_deep",
    "surrogate",
    "not_a_decision",
)
"""The values of `ParseError.kind` that `parse` gives."""

_FORMS = (("tool", "args"), ("name", "arguments"))
_SPACE = " \t\n\r"
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Refused(ValueError):
    """JSON that is well formed but not accepted."""

    def __init__(self, kind: str, reason: str) -> None:
        self.kind, self.reason = kind, reason
        super().__init__(reason)


def parse(text: str) -> ToolCall | NoTool:
    """Read the one decision in a model's `text`.

    Raises:
        ParseError: with the reason, the raw text and one of `KINDS`.
    """
    if not text.strip():
        raise ParseError("the answer is empty", text, kind="empty")
    try:
        return _decision(_only_object(text))
    except _Refused as refused:
        raise ParseError(refused.reason, text, kind=refused.kind) from None


def is_strict_json(text: str) -> bool:
    """Whether the whole raw text is one JSON object in wire form, white space around it aside."""
    body = text.strip(_SPACE)
    try:
        value, end = _read(body, 0) if body.startswith("{") else (None, 0)
        if end != len(body) or not isinstance(value, dict) or set(value) != {"tool", "args"}:
            return False
        decision_from_json(value)
    except ValueError:
        return False
    return True


def _only_object(text: str) -> Any:
    """The one top-level JSON object of `text`, which may be repeated; raises `_Refused`."""
    only, written, position = None, "", 0
    while (start := text.find("{", position)) >= 0:
        _no_brace(text[position:start])
        if written and text.startswith(written, start):
            position = start + len(written)
            continue
        value, position = _read(text, start)
        if not written:
            only, written = value, text[start:position]
        elif json.dumps(value, sort_keys=True) != json.dumps(only, sort_keys=True):
            raise _Refused("two_objects", "the answer contains more than one JSON object")
    _no_brace(text[position:])
    if not written:
        raise _Refused("no_object", "the answer contains no JSON object")
    return only


def _no_brace(prose: str) -> None:
    if "}" in prose:
        raise _Refused("malformed", "there is a closing brace too many")


def _read(text: str, start: int) -> tuple[Any, int]:
    """The JSON value at `start` and where it ends; raises `_Refused`."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except _Refused:
        raise
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        if cut:
            raise _Refused("truncated", "the JSON object is not finished") from None
        place = f"at character {error.pos + 1}"
        raise _Refused("malformed", f"not valid JSON {place} ({error.msg})") from None
    except RecursionError:
        raise _Refused("too_deep", f"the JSON is nested deeper than {MAX_DEPTH} levels") from None
    _inspect(value)
    return value, end


def _inspect(value: Any) -> None:
    """Refuse nesting beyond `MAX_DEPTH` and strings that are not Unicode text."""
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise _Refused("too_deep", f"the JSON is nested deeper than {MAX_DEPTH} levels")
        inner: list[Any] = []
        for item in level:
            if isinstance(item, str) and _SURROGATE.search(item):
                raise _Refused("surrogate", "a string contains half of a surrogate pair")
            if isinstance(item, dict):
                inner += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                inner += item
        level, depth = inner, depth + 1


def _decision(value: dict[str, Any]) -> ToolCall | NoTool:
    name, arguments = next((form for form in _FORMS if form[0] in value), ("", ""))
    if not name:
        raise _Refused("not_a_decision", 'the object has no "tool"')
    extra = [key for key in value if key not in (name, arguments)]
    if extra:
        listed = ", ".join(json.dumps(key[:40]) for key in extra[:5])
        raise _Refused("not_a_decision", f'the object has keys beside "{name}" and "{arguments}": {listed}')
    args = value.get(arguments, {})
    if isinstance(args, str):
        args = _encoded(args, arguments)
    try:
        return decision_from_json({"tool": value[name], "args": _trimmed(args)})
    except ValueError as error:
        raise _Refused("not_a_decision", str(error)) from None


def _trimmed(value: Any) -> Any:
    """`value` without the white space around its strings."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [_trimmed(item) for item in value]
    return {key: _trimmed(item) for key, item in value.items()} if isinstance(value, dict) else value


def _encoded(text: str, key: str) -> Any:
    """The object that `text` encodes."""
    body = text.strip(_SPACE)
    value, end = _read(body, 0) if body.startswith("{") else (None, 0)
    if not body or end != len(body):
        raise _Refused("not_a_decision", f'"{key}" is a string that is not one JSON object')
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        left = dict(pairs)
        twice = next(key for key, _ in pairs if left.pop(key, left) is left)
        raise _Refused("duplicate_key", f"the key {json.dumps(twice[:40])} appears twice in one object")
    return value


def _constant(name: str) -> Any:
    raise _Refused("not_finite", f"{name} is not a JSON number")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Refused("not_finite", "a number is too large")
    return number


def _int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _Refused("not_finite", f"a number has more than {MAX_DIGITS} digits")
    return int(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_float, parse_int=_int
)
