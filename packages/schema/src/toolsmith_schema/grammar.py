"""The span grammar: everything that may be answered to one request, as a Lark grammar for llguidance.

The model decides which tool, which arguments, and where a span begins and ends; keys, enum values and
punctuation are forced, and an open argument can only be a run of the request's own words. A value that
nobody said cannot be emitted, nor one of punctuation alone. A value may begin with the space before it
(`prompt.spaced`). Any argument may be left out (a missing required one is `NeedArgument`, an outcome, not a
failure). The pieces are those of `prompt.target`: same separators, same key order.

Only text is built here; `toolsmith_router` hands it to llguidance.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from toolsmith_schema.errors import GrammarError
from toolsmith_schema.toolbox import FREE_TEXT, Tool, Toolbox

_CHUNK = re.compile(r"[A-Za-z]{3}(?=\d)|\d+(?=[A-Za-z]{3}\b)|[\w\u0300-\u036f]+|\s+|.", re.DOTALL)
_FREE = r'FREE: /"([^"\\\x00-\x1f\x7f]|\\["\\\/bfnrt])*"/'
MOST_ITEMS = 16
"""A list argument holds at most this many items, or fewer where its schema says so."""

_UNSUPPORTED = ("$ref", "anyOf", "oneOf", "allOf", "not", "if", "patternProperties", "prefixItems")


def chunks(request: str) -> list[str]:
    """`request` cut at word and punctuation boundaries; joined, the pieces are the request again.

    >>> chunks("50€, now")
    ['50', '€', ',', ' ', 'now']
    """
    return _CHUNK.findall(request)


def span_grammar(toolbox: Toolbox, request: str) -> str:
    """The Lark grammar (llguidance dialect) of all answers to `request`.

    Raises:
        GrammarError: a schema of the toolbox uses a keyword that cannot be expressed.
    """
    escaped = [json.dumps(chunk, ensure_ascii=False)[1:-1] for chunk in chunks(f" {request}")]
    if not any(unicodedata.category(letter)[0] in "LNS" for letter in request):
        escaped = ["-0"]  # a request of punctuation alone still has to give a grammar; nothing is said in it
    words = json.dumps({"substring_chunks": escaped}, ensure_ascii=False)
    return f"{_rules(toolbox)}\nWORDS: %regex {words}\n"


_RULES: dict[str, str] = {}


def _rules(toolbox: Toolbox) -> str:
    """The part of the grammar that does not depend on the request, kept per toolbox."""
    key = toolbox.fingerprint
    if key not in _RULES:
        if len(_RULES) > 64:
            _RULES.clear()
        _RULES[key] = "\n".join(_Builder().toolbox(toolbox))
    return _RULES[key]


class _Builder:
    """Collects grammar lines; rule names are numbered."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._count = 0

    def toolbox(self, toolbox: Toolbox) -> list[str]:
        calls = [self._call(tool) for tool in toolbox]
        head = [
            # the wire format's pieces are tokens that end inside what is forced: the model chooses among them
            '%llguidance {"no_forcing": true}',
            f"start: none | {' | '.join(calls)}",
            f"none: {_literal(json.dumps({'tool': None, 'args': {}}))}",
        ]
        tail = [r'SPAN: "\"" (WORDS & / ?\S(.*\S)?/ & /.*[\p{L}\p{N}\p{S}].*/) "\""', _FREE]
        return head + self._lines + tail

    def _call(self, tool: Tool) -> str:
        opening = f'{{"tool": {json.dumps(tool.name)}, "args": '
        body = self._object(tool.properties, tool.name, "")
        return self._rule(f"{_literal(opening)} {body} {_literal('}')}")

    def _object(self, properties: Mapping[str, Any], tool: str, pointer: str) -> str:
        """An object whose members are all optional, in schema order."""
        members = []
        for name, schema in properties.items():
            value = self._value(schema, tool, f"{pointer}/{name}")
            members.append((json.dumps(name, ensure_ascii=False) + ": ", value))
        first = '""'
        rest = '""'
        for key, value in reversed(members):
            first = self._rule(f"{_literal(key)} {value} {rest} | {first}")
            rest = self._rule(f"{_literal(', ' + key)} {value} {rest} | {rest}")
        return f"{_literal('{')} {first} {_literal('}')}"

    def _value(self, schema: Mapping[str, Any], tool: str, pointer: str) -> str:
        for keyword in _UNSUPPORTED:
            if keyword in schema:
                raise GrammarError(tool, pointer, keyword)
        if "const" in schema:
            return _literal(json.dumps(schema["const"], ensure_ascii=False))
        if "enum" in schema:
            return self._rule(" | ".join(_literal(json.dumps(v, ensure_ascii=False)) for v in schema["enum"]))
        kind = schema.get("type", "string")
        if kind in ("string", "integer", "number"):
            return "FREE" if schema.get(FREE_TEXT) else "SPAN"
        if kind == "boolean":
            return self._rule('"true" | "false"')
        if kind == "array":
            item = self._value(schema.get("items", {}), tool, f"{pointer}/items")
            more = max(0, min(schema.get("maxItems", MOST_ITEMS), MOST_ITEMS) - 1)
            return self._rule(f'"[" {item} (", " {item}){{0,{more}}} "]"')
        if kind == "object" and schema.get("properties"):
            return self._rule(self._object(schema["properties"], tool, pointer))
        raise GrammarError(tool, pointer, f"type {json.dumps(kind)}")

    def _rule(self, body: str) -> str:
        self._count += 1
        name = f"r{self._count}"
        self._lines.append(f"{name}: {body}")
        return name


def _literal(text: str) -> str:
    """A Lark string literal."""
    return json.dumps(text, ensure_ascii=False)
