"""When are two argument values the same? By what the schema says they are, never by stripping characters.

================  ==================================================================================
boolean           the same boolean; ``true`` is not ``1``
integer, number   equal within a relative 1e-9; two whole numbers exactly
date, time …      the same moment once read, ``15:00`` is ``15:00:00``
enum, pattern     the same letters whatever their case
other strings     the same after Unicode NFKC, case folding, single spaces, end punctuation and quotes gone
list              the same items in the same order; in any order where ``uniqueItems`` is set
object            the same keys with the same values
================  ==================================================================================
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from toolsmith_schema.check import described

_QUOTES = "\"'`«»‹›„“”‟‘’‚‛"
_ENDS = _QUOTES + " .,;:!?…"
_READERS = {"date": date.fromisoformat, "time": time.fromisoformat, "date-time": datetime.fromisoformat}


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: key order does not count, types and every character do."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def same(wanted: Any, given: Any, schema: Any) -> bool:
    """Whether two coerced values are equal under the argument's `schema`."""
    schema = described(schema)
    if isinstance(wanted, bool) or isinstance(given, bool):
        return type(wanted) is type(given) and wanted == given
    if isinstance(wanted, int | float) and isinstance(given, int | float):
        both_whole = isinstance(wanted, int) and isinstance(given, int)
        return wanted == given if both_whole else math.isclose(wanted, given, rel_tol=1e-9)
    if isinstance(wanted, str) and isinstance(given, str):
        return _same_text(wanted, given, schema)
    if isinstance(wanted, list) and isinstance(given, list):
        return _same_list(wanted, given, schema)
    if isinstance(wanted, Mapping) and isinstance(given, Mapping):
        inner = described(schema.get("properties"))
        return wanted.keys() == given.keys() and all(same(wanted[k], given[k], inner.get(k)) for k in wanted)
    return wanted is None and given is None


def fold(text: str) -> str:
    """Free text made comparable: NFKC, case folding, single spaces, outer quotes and end punctuation gone."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return plain.lstrip(_QUOTES + " ").rstrip(_ENDS) or plain


def without_defaults(args: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """`args` less the values that the schema gives as ``default``: left out and said, they mean the same."""
    return {
        name: value
        for name, value in args.items()
        if "default" not in (schema := described(properties.get(name)))
        or not same(schema["default"], value, schema)
    }


def _same_text(wanted: str, given: str, schema: Mapping[str, Any]) -> bool:
    if "enum" in schema or "pattern" in schema:
        return wanted.strip().casefold() == given.strip().casefold()
    if reader := _READERS.get(str(schema.get("format", ""))):
        try:
            return bool(reader(wanted) == reader(given))
        except ValueError:
            pass
    return fold(wanted) == fold(given)


def _same_list(wanted: list[Any], given: list[Any], schema: Mapping[str, Any]) -> bool:
    items = schema.get("items")
    if len(wanted) != len(given):
        return False
    if not schema.get("uniqueItems"):
        return all(same(a, b, items) for a, b in zip(wanted, given, strict=True))
    left = list(given)
    for item in wanted:
        found = next((i for i, other in enumerate(left) if same(item, other, items)), None)
        if found is None:
            return False
        del left[found]
    return True
