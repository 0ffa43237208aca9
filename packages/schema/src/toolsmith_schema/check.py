"""Is a call what its tool's JSON Schema asks for? Every place where it is not, with a sentence to repair by.

Formats are on, and checked by this package so that the answer does not depend on what else is installed:

========== =====================================================================================
date       a day of the calendar, ``2026-12-01``
time       local ``15:00`` or ``15:00:30``; an offset may follow (``15:00:30Z``)
date-time  local ``2026-12-01T15:00[:30]`` or with an offset (``2026-12-01T15:00:30+01:00``)
duration   ISO 8601, ``PT1H30M``
others     email, idn-email, uri, hostname, uuid, ipv4, ipv6, regex; unknown formats are not checked
========== =====================================================================================

A ``time`` and a ``date-time`` without an offset are the user's local clock, which JSON Schema's own
definition (RFC 3339) would refuse. A ``$ref`` is followed within the toolbox only, never over a network.
Missing required arguments are no violation: `missing` tells them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from toolsmith_schema.decision import ToolCall
from toolsmith_schema.toolbox import Tool, Toolbox

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import ValidationError

CURRENCY_PATTERN = "^[A-Z]{3}$"
"""The pattern that marks an ISO 4217 code when the argument speaks of currency."""

_SHOWN = 100
_FORMATS = {
    "date": "a date such as 2026-12-01",
    "time": "a time such as 15:00",
    "date-time": "a date and time such as 2026-12-01T15:00",
    "duration": "an ISO 8601 duration such as PT1H30M",
    "email": "an e-mail address",
    "idn-email": "an e-mail address",
    "uri": "a URI with its scheme",
}
_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_LIMITS = {
    "minimum": "a number of at least {}",
    "maximum": "a number of at most {}",
    "exclusiveMinimum": "a number greater than {}",
    "exclusiveMaximum": "a number less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "a text of at least {} characters",
    "maxLength": "a text of at most {} characters",
    "minItems": "a list of at least {} items",
    "maxItems": "a list of at most {} items",
}
_OPEN = ("allOf", "anyOf", "oneOf", "$ref", "patternProperties", "unevaluatedProperties", "if")


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One place where a call is not what its tool asks for."""

    pointer: str
    """JSON pointer into the arguments, ``""`` for the call as a whole."""
    expected: str
    """What the schema asks for, in words."""
    got: str
    """What is there, as JSON, cut to about a hundred characters."""
    message: str = ""
    """Why it does not do, where that says more than `expected`."""

    @property
    def sentence(self) -> str:
        """One sentence for a model to repair its call from."""
        where = f"The argument {self.pointer}" if self.pointer else "The call"
        why = f" ({self.message})" if self.message else ""
        return f"{where} must be {self.expected}, but is {self.got}{why}."

    def to_json(self) -> dict[str, str]:
        """The fields and the sentence."""
        return {**asdict(self), "sentence": self.sentence}


def check(call: ToolCall, toolbox: Toolbox) -> list[Violation]:
    """Every violation of the tool's schema, missing required arguments aside, in order of the pointers."""
    if call.tool not in toolbox:
        return [unknown_tool(call.tool, toolbox)]
    tool, args = toolbox[call.tool], dict(call.args)
    violations = _unknown_arguments(tool, args)
    for error in _errors(args, tool.input_schema):
        path, rule = list(error.absolute_path), list(error.absolute_schema_path)
        if rule == ["required"] or (rule == ["additionalProperties"] and violations):
            continue
        violations.append(
            Violation(
                pointer=to_pointer(path),
                expected=_expected(error),
                got=shown(error.instance),
                message=_message(error),
            )
        )
    return sorted(set(violations), key=lambda violation: (violation.pointer, violation.expected))


def missing(call: ToolCall, toolbox: Toolbox) -> dict[str, str]:
    """The required arguments that `call` leaves out, name → description, in schema order."""
    if call.tool not in toolbox:
        return {}
    tool = toolbox[call.tool]
    return {
        name: described(tool.properties[name]).get("description", "")
        for name in tool.required
        if name not in call.args
    }


def conforms(value: Any, schema: Any, root: Mapping[str, Any]) -> bool:
    """Whether `value` is valid under `schema`, a part of the document `root`."""
    definitions = {key: root[key] for key in ("$defs", "definitions") if key in root}
    whole = {**definitions, **schema} if isinstance(schema, Mapping) else schema
    return not _errors(value, whole)


def described(schema: Any) -> Mapping[str, Any]:
    """`schema` as an object: JSON Schema's ``true`` and ``false`` say nothing more."""
    return schema if isinstance(schema, Mapping) else {}


def unknown_tool(name: str, toolbox: Toolbox) -> Violation:
    """The violation of a call whose tool is not in the toolbox."""
    return Violation(
        pointer="",
        expected=f"a call of one of the tools {', '.join(toolbox.names)}",
        got=shown(name),
        message="there is no such tool",
    )


def to_pointer(path: list[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def shown(value: Any) -> str:
    """`value` as JSON, cut to a readable length."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
        text.encode("utf-8")
    except (ValueError, RecursionError):
        text = ascii(value)[: 2 * _SHOWN] if isinstance(value, str) else f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _unknown_arguments(tool: Tool, args: Mapping[str, Any]) -> list[Violation]:
    """Arguments that the tool does not name, unless its schema leaves that open on purpose."""
    schema = tool.input_schema
    if schema.get("additionalProperties", False) is not False or any(key in schema for key in _OPEN):
        return []
    names = ", ".join(tool.properties) or "none"
    return [
        Violation(
            pointer=to_pointer([name]),
            expected=f"left out: {tool.name} has the arguments {names}",
            got=shown(value),
            message="there is no such argument",
        )
        for name, value in args.items()
        if name not in tool.properties
    ]


def _errors(instance: Any, schema: Any) -> list[ValidationError]:
    from jsonschema.exceptions import ValidationError
    from referencing.exceptions import Unresolvable

    try:
        return list(_validator(json.dumps(schema, sort_keys=True)).iter_errors(instance))
    except Unresolvable as error:
        reason = f"the schema refers to {error.ref!r}, which is not in the toolbox"
    except RecursionError:
        reason = "the value or the schema is nested too deeply"
    except re.error as error:
        reason = f"the schema has a pattern that is not a regular expression: {error}"
    return [ValidationError(reason, validator="schema", instance=instance)]


@lru_cache(maxsize=1024)
def _validator(schema: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator
    from jsonschema_specifications import REGISTRY

    return Draft202012Validator(json.loads(schema), format_checker=_format_checker(), registry=REGISTRY)


def _expected(error: ValidationError) -> str:
    rule, wanted = str(error.validator), error.validator_value
    if rule == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return " or ".join(_TYPES.get(kind, kind) for kind in kinds)
    if rule in ("enum", "const"):
        values = wanted if rule == "enum" else [wanted]
        return ("one of " if len(values) > 1 else "") + ", ".join(shown(value) for value in values)
    if rule == "format":
        return _FORMATS.get(wanted, f"a text in the format {wanted}")
    if rule == "pattern":
        return currency_or_pattern(wanted)
    if rule in _LIMITS:
        return _LIMITS[rule].format(wanted)
    return {"additionalProperties": "without arguments of other names", "required": "complete"}.get(
        rule, f"valid under the schema's {rule!r}" if rule != "schema" else "checkable"
    )


def currency_or_pattern(pattern: str) -> str:
    """In words, what a pattern asks for."""
    if pattern == CURRENCY_PATTERN:
        return "three capital letters such as USD"
    return f"a text that matches {pattern}"


def _message(error: ValidationError) -> str:
    plain = error.validator in ("type", "enum", "const", "format", "pattern") or error.validator in _LIMITS
    return "" if plain else error.message[: 2 * _SHOWN]


@cache
def _format_checker() -> FormatChecker:
    from jsonschema import FormatChecker

    from toolsmith_schema.formats import FORMATS

    checker = FormatChecker(formats=("ipv4", "ipv6", "regex", "uuid"))
    for name, accepts in FORMATS.items():
        checker.checks(name)(accepts)
    return checker
