"""A value and its schema, walked side by side: every part that can be converted is, the rest is reported."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from toolsmith_schema.check import Violation, conforms, described, shown, to_pointer
from toolsmith_schema.coerce import scalars
from toolsmith_schema.coerce.clocks import Part
from toolsmith_schema.coerce.money import currency
from toolsmith_schema.coerce.said import Unclear, singular
from toolsmith_schema.formats import FORMATS

_EXPECTED = {
    "date": "a day (2026-12-01, tomorrow, next Friday)",
    "time": "a time of day (15:00, 3pm, half past seven)",
    "date-time": "a moment (2026-12-01T15:00, tomorrow at 3pm, in half an hour)",
    "duration": "a length of time (PT1H30M, an hour and a half)",
    "currency": "a currency (USD, Canadian dollars)",
    "boolean": "yes or no",
    "number": "a number",
    "integer": "a whole number",
    "email": "an e-mail address",
}
_SPLIT = re.compile(r"\s*[,;]\s*(?:and\s+)?|\s+(?:and|&|plus|\+)\s+", re.IGNORECASE)
_MAX_LEVELS = 64


@dataclass(frozen=True, kw_only=True)
class Coercion:
    """One value that was converted."""

    pointer: str
    """JSON pointer into the arguments."""
    said: Any
    """The value as it came."""
    value: Any
    """What it became; None when an argument given as null was left out."""
    rule: str
    """The kind of conversion: date, time, date-time, duration, number, currency, enum, list …"""

    def to_json(self) -> dict[str, Any]:
        """The fields."""
        return asdict(self)


@dataclass(kw_only=True)
class Walk:
    """One pass over the arguments of a call."""

    root: Mapping[str, Any]
    """The tool's input schema, for local references."""
    now: datetime
    """The reference clock."""
    part: Part | None = None
    """A part of the day said in another argument."""
    context: str = ""
    """Words of the tool, which may follow a number (``ten rows``)."""
    coercions: list[Coercion] = field(default_factory=list)
    """What was converted, in order."""
    violations: list[Violation] = field(default_factory=list)
    """What could not be."""

    def visit(self, value: Any, schema: Any, path: list[str | int]) -> Any:
        """`value` converted to what `schema` asks for, as far as that is possible."""
        schema = self._resolved(schema)
        if len(path) > _MAX_LEVELS or not schema:
            return value
        for key in ("anyOf", "oneOf"):
            if isinstance(schema.get(key), list):
                return self._any_of(value, schema, schema[key], path)
        if "enum" in schema or "const" in schema:
            members = schema["enum"] if "enum" in schema else [schema["const"]]
            return self._member(value, members, path)
        kinds = _kinds(schema)
        if "array" in kinds and not (isinstance(value, str) and "string" in kinds):
            return self._array(value, schema, path)
        if "object" in kinds and not (isinstance(value, str) and "string" in kinds):
            return self._object(value, schema, path)
        return self._scalar(value, schema, kinds, path)

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        """`schema` with references into the same document followed."""
        for _ in range(10):
            reference = described(schema).get("$ref")
            if not isinstance(reference, str) or not reference.startswith("#/"):
                break
            target: Any = self.root
            for part in reference[2:].split("/"):
                target = described(target).get(part.replace("~1", "/").replace("~0", "~"))
            schema = {**described(target), **{key: schema[key] for key in schema if key != "$ref"}}
        return described(schema)

    def _any_of(
        self, value: Any, schema: Mapping[str, Any], options: list[Any], path: list[str | int]
    ) -> Any:
        """The first alternative that the value can be converted to."""
        if conforms(value, schema, self.root) and not isinstance(value, str):
            return value
        for option in options:
            trial = Walk(root=self.root, now=self.now, part=self.part, context=self.context)
            merged = {**{k: v for k, v in schema.items() if k not in ("anyOf", "oneOf")}, **described(option)}
            found = trial.visit(value, merged, path)
            if not trial.violations and conforms(found, option, self.root):
                self.coercions += trial.coercions
                return found
        return value

    def _member(self, value: Any, members: list[Any], path: list[str | int]) -> Any:
        if any(value == member and type(value) is type(member) for member in members):
            return value
        if not isinstance(value, str):
            return value
        choices = "one of " + ", ".join(shown(member) for member in members)
        return self._try(value, path, "enum", choices, lambda: scalars.as_member(value, members))

    def _array(self, value: Any, schema: Mapping[str, Any], path: list[str | int]) -> Any:
        items = self._resolved(schema.get("items", {}))
        if value is None:
            return value
        if not isinstance(value, list):
            found = self._listed(value, items, path)
            self.coercions.append(Coercion(pointer=to_pointer(path), said=value, value=found, rule="list"))
            value = found
        return [self.visit(item, items, [*path, i]) for i, item in enumerate(value)]

    def _listed(self, value: Any, items: Mapping[str, Any], path: list[str | int]) -> list[Any]:
        """A scalar as a list: split at commas and "and" unless the whole converts to one item."""
        if not isinstance(value, str):
            return [value]
        if value.lstrip().startswith("["):
            decoded = _decoded(value)
            if isinstance(decoded, list):
                return decoded
        plain = set(_kinds(items)) <= {"string"} and not {"format", "enum", "pattern"} & set(items)
        if not plain:
            trial = Walk(root=self.root, now=self.now, part=self.part, context=self.context)
            trial.visit(value, items, path)
            if not trial.violations:
                return [value]
        return [piece for piece in _SPLIT.split(value.strip()) if piece] or [value]

    def _object(self, value: Any, schema: Mapping[str, Any], path: list[str | int]) -> Any:
        if isinstance(value, str) and isinstance(decoded := _decoded(value), dict):
            self.coercions.append(Coercion(pointer=to_pointer(path), said=value, value=decoded, rule="json"))
            value = decoded
        if not isinstance(value, dict):
            return value
        inner = described(schema.get("properties"))
        return {
            name: self.visit(item, inner[name], [*path, name]) if name in inner else item
            for name, item in value.items()
        }

    def _scalar(self, value: Any, schema: Mapping[str, Any], kinds: list[str], path: list[str | int]) -> Any:
        """A string, number or boolean."""
        name = str(path[-1]) if path and isinstance(path[-1], str) else str(path[-2]) if len(path) > 1 else ""
        number = next((kind for kind in ("integer", "number") if kind in kinds), None)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            if "string" in kinds and number is None:
                value = self._changed(value, str(value), path, "text")
            elif number == "integer" and isinstance(value, float) and value.is_integer():
                return self._changed(value, int(value), path, "number")
        if not isinstance(value, str):
            return value
        if "string" in kinds:
            return self._string(value, schema, name, path)
        if number:
            unit, nouns = scalars.counted_unit(name, schema), self._nouns(name, schema)
            expected = _EXPECTED[number] + (f" of {unit}s" if unit else "")
            found = self._try(
                value, path, "number", expected, lambda: scalars.as_number(value, unit=unit, nouns=nouns)
            )
            if number == "integer" and isinstance(found, float):
                self.coercions.pop()
                return self._refused(value, path, expected, "this is not a whole number")
            return found
        if "boolean" in kinds:
            return self._try(value, path, "boolean", _EXPECTED["boolean"], lambda: scalars.as_boolean(value))
        return value

    def _string(self, value: str, schema: Mapping[str, Any], name: str, path: list[str | int]) -> Any:
        kind = str(schema.get("format", ""))
        if scalars.wants_currency(name, schema):
            return self._try(value, path, "currency", _EXPECTED["currency"], lambda: currency(value))
        if kind in FORMATS and not FORMATS[kind](value):
            converters = {
                "date": lambda: scalars.as_day(value, self.now),
                "time": lambda: scalars.as_time(value, self.part),
                "date-time": lambda: scalars.as_moment(value, self.now),
                "duration": lambda: scalars.as_duration(value),
                "email": lambda: scalars.as_email(value),
                "idn-email": lambda: scalars.as_email(value),
            }
            if kind in converters:
                expected = _EXPECTED[kind.removeprefix("idn-")]
                return self._try(value, path, kind, expected, converters[kind])
        if "pattern" in schema and not conforms(value, {"pattern": schema["pattern"]}, self.root):
            for form in (value.strip(), value.strip().upper(), value.strip().lower()):
                if conforms(form, {"pattern": schema["pattern"]}, self.root):
                    return self._changed(value, form, path, "case")
        return value

    def _nouns(self, name: str, schema: Mapping[str, Any]) -> frozenset[str]:
        words = re.findall(r"[a-z]{3,}", f"{name} {schema.get('description', '')} {self.context}".lower())
        return frozenset(singular(word) for word in words)

    def _try(self, value: Any, path: list[str | int], rule: str, expected: str, convert: Any) -> Any:
        try:
            return self._changed(value, convert(), path, rule)
        except Unclear as error:
            return self._refused(value, path, expected, error.reason)
        except (OverflowError, ValueError):
            return self._refused(value, path, expected, "this is out of range")

    def _changed(self, said: Any, value: Any, path: list[str | int], rule: str) -> Any:
        if said != value or type(said) is not type(value):
            self.coercions.append(Coercion(pointer=to_pointer(path), said=said, value=value, rule=rule))
        return value

    def _refused(self, value: Any, path: list[str | int], expected: str, reason: str) -> Any:
        violation = Violation(pointer=to_pointer(path), expected=expected, got=shown(value), message=reason)
        self.violations.append(violation)
        return value


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema allows; those that its other keywords speak of when it names none."""
    kinds = schema.get("type")
    if isinstance(kinds, str):
        return [kinds]
    if isinstance(kinds, list):
        return kinds
    if "properties" in schema:
        return ["object"]
    if "items" in schema:
        return ["array"]
    return ["string"] if "format" in schema or "pattern" in schema else []


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
