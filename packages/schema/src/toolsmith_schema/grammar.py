"""The span grammar: everything that may be answered to one request, as a Lark grammar for llguidance.

The model decides which tool, which arguments, and where a span begins and ends; keys, enum values and
punctuation are forced, and an open argument can only be a run of the request's own words. A value that
nobody said cannot be emitted, nor one of punctuation alone; a date, a time, a number or a currency can only
be words that can be read as one (`readable`). A value may begin with the space before it (`prompt.spaced`).
Any argument may be left out (a missing required one is `NeedArgument`, an outcome, not a failure). The pieces
are those of `prompt.target`: same separators, same key order.

Only text is built here; `toolsmith_router` hands it to llguidance.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from toolsmith_schema.errors import GrammarError
from toolsmith_schema.prompt import said_form
from toolsmith_schema.readable import Reading, readable, reading
from toolsmith_schema.toolbox import FREE_TEXT, Tool, Toolbox

_ADDRESS = r"\w[\w.+-]{0,63}@\w[\w-]{0,62}(?:\.\w[\w-]{0,62})+"  # of an e-mail; lengths of RFC 5321 and 1035
_CHUNK = re.compile(
    rf"{_ADDRESS}|[A-Za-z]{{2,3}}(?=\d)|\d+(?=(?:[A-Za-z]{{3}}|[xX])\b)|[\w\u0300-\u036f]+|\s+|.", re.DOTALL
)
_FREE = r'FREE: /"([^"\\\x00-\x1f\x7f]|\\["\\\/bfnrt])*"/'
MOST_ITEMS = 16
"""A list argument holds at most this many items, or fewer where its schema says so."""

_UNSUPPORTED = ("$ref", "anyOf", "oneOf", "allOf", "not", "if", "patternProperties", "prefixItems")


def chunks(request: str) -> list[str]:
    """`request` cut at word and punctuation boundaries; joined, the pieces are the request again.

    An e-mail address is one piece, so that no span can begin or end within it.

    >>> chunks("50€, now")
    ['50', '€', ',', ' ', 'now']
    >>> chunks("to zoe@a-b.co.uk.")
    ['to', ' ', 'zoe@a-b.co.uk', '.']
    """
    return _CHUNK.findall(request)


def span_grammar(toolbox: Toolbox, request: str) -> str:
    """The Lark grammar (llguidance dialect) of all answers to `request`.

    Raises:
        GrammarError: a schema of the toolbox uses a keyword that cannot be expressed.
    """
    pieces = chunks(f" {request}")
    escaped = [json.dumps(chunk, ensure_ascii=False)[1:-1] for chunk in pieces]
    if not any(unicodedata.category(letter)[0] in "LNS" for letter in request):
        escaped = ["-0"]  # a request of punctuation alone still has to give a grammar; nothing is said in it
    words = json.dumps({"substring_chunks": escaped}, ensure_ascii=False)
    read = {wanted: readable(wanted, pieces) for wanted in _readings(toolbox)}
    unsaid = frozenset(wanted for wanted, runs in read.items() if runs == [])
    lines = [_rules(toolbox, unsaid), f"WORDS: %regex {words}"]
    for wanted, runs in read.items():
        if runs is None:
            lines.append(f"{_name(wanted)}: SPAN")
        elif runs:
            said = {"".join(pieces[first:end]) for first, end in runs}
            forms = sorted({form for text in said for form in (text, said_form(text, f" {request}"))})
            values = (_literal(json.dumps(form, ensure_ascii=False)) for form in forms)
            lines.append(f"{_name(wanted)}: {' | '.join(values)}")
    return "\n".join([*lines, ""])


_READINGS: dict[str, tuple[Reading, ...]] = {}
_RULES: dict[tuple[str, frozenset[Reading]], str] = {}
_MOST_KEPT = 256


def _readings(toolbox: Toolbox) -> tuple[Reading, ...]:
    """What the arguments of the toolbox are read as, each once; kept per toolbox."""
    key = toolbox.fingerprint
    if key not in _READINGS:
        if len(_READINGS) >= _MOST_KEPT:
            _READINGS.clear()
        _READINGS[key] = _find_readings(toolbox)
    return _READINGS[key]


def _rules(toolbox: Toolbox, unsaid: frozenset[Reading]) -> str:
    """The part of the grammar that depends on a request by what is not said in it only; kept."""
    key = toolbox.fingerprint, unsaid
    if key not in _RULES:
        if len(_RULES) >= _MOST_KEPT:
            _RULES.clear()
        _RULES[key] = "\n".join(_Builder(unsaid).toolbox(toolbox))
    return _RULES[key]


def _find_readings(toolbox: Toolbox) -> tuple[Reading, ...]:
    found: dict[Reading, None] = {}
    schemas = [(name, schema) for tool in toolbox for name, schema in tool.properties.items()]
    while schemas:
        name, schema = schemas.pop()
        if not isinstance(schema, Mapping) or {"enum", "const", FREE_TEXT} & schema.keys():
            continue
        schemas += [(name, schema["items"])] if "items" in schema else []
        schemas += list(schema.get("properties", {}).items())
        if wanted := reading(name, schema):
            found[wanted] = None
    return tuple(found)


def _name(wanted: Reading) -> str:
    """The name of the rule for words that can be read so."""
    return re.sub(r"[^a-z]", "_", f"read_{wanted.kind}_{wanted.unit or ''}")


class _Builder:
    """Collects grammar lines; rule names are numbered."""

    def __init__(self, unsaid: frozenset[Reading]) -> None:
        self._unsaid = unsaid
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
            if value is None:
                continue
            members.append((json.dumps(name, ensure_ascii=False) + ": ", value))
        first = '""'
        rest = '""'
        for key, value in reversed(members):
            first = self._rule(f"{_literal(key)} {value} {rest} | {first}")
            rest = self._rule(f"{_literal(', ' + key)} {value} {rest} | {rest}")
        return f"{_literal('{')} {first} {_literal('}')}"

    def _value(self, schema: Mapping[str, Any], tool: str, pointer: str) -> str | None:
        """The rule of a value; None where nothing that could be one is said."""
        for keyword in _UNSUPPORTED:
            if keyword in schema:
                raise GrammarError(tool, pointer, keyword)
        if "const" in schema:
            return _literal(json.dumps(schema["const"], ensure_ascii=False))
        if "enum" in schema:
            return self._rule(" | ".join(_literal(json.dumps(v, ensure_ascii=False)) for v in schema["enum"]))
        kind = schema.get("type", "string")
        if kind in ("string", "integer", "number"):
            if schema.get(FREE_TEXT):
                return "FREE"
            wanted = reading(pointer.removesuffix("/items").rpartition("/")[2], schema)
            if wanted is None:
                return "SPAN"
            return None if wanted in self._unsaid else _name(wanted)
        if kind == "boolean":
            return self._rule('"true" | "false"')
        if kind == "array":
            item = self._value(schema.get("items", {}), tool, f"{pointer}/items")
            if item is None:
                return None
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
