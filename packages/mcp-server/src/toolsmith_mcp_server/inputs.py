"""Are the arguments of a call what the tool's schema asks for? Judged here, because the SDK does not.

What is wrong is told in one sentence for each place, for the model that made the call.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from toolsmith_schema.check import check, missing, to_pointer
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.toolbox import Toolbox

MAX_DEPTH = 32
"""Objects and lists may be nested this deep in arguments."""

MAX_ERRORS = 10
"""So many things wrong are told at once."""

MAX_TEXT = 500
"""Characters of one sentence, which repeats what the client sent."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def input_errors(name: str, arguments: Mapping[str, Any], tools: Toolbox) -> list[str]:
    """What is wrong with the arguments of the tool `name` of `tools`, one sentence each."""
    if unfit := _unfit(arguments):
        return [unfit]
    call = ToolCall(tool=name, args=arguments)
    errors = [
        f"The argument /{argument} is missing" + (f": {text}." if text else ".")
        for argument, text in missing(call, tools).items()
    ]
    errors += [violation.sentence for violation in check(call, tools)]
    return [error if len(error) <= MAX_TEXT else f"{error[:MAX_TEXT]}…" for error in errors[:MAX_ERRORS]]


def _unfit(arguments: Mapping[str, Any]) -> str | None:
    """Why no schema can judge `arguments`: what JSON parsers let through and nothing else can read."""
    level: list[tuple[list[str | int], Any]] = [([], arguments)]
    for _ in range(MAX_DEPTH):
        inner: list[tuple[list[str | int], Any]] = []
        for path, value in level:
            if isinstance(value, Mapping):
                inner += [([*path, "(a name)"], key) for key in value if _SURROGATE.search(key)]
                inner += [([*path, key], item) for key, item in value.items()]
            elif isinstance(value, list):
                inner += [([*path, i], item) for i, item in enumerate(value)]
            elif isinstance(value, str) and _SURROGATE.search(value):
                return f"{_place(path)} contains half of a surrogate pair; send well-formed text."
            elif isinstance(value, float) and not math.isfinite(value):
                return f"{_place(path)} is not a finite number."
        if not inner:
            return None
        level = inner
    return f"The arguments are nested deeper than {MAX_DEPTH} levels."


def _place(path: list[str | int]) -> str:
    pointer = to_pointer(path).encode("ascii", "backslashreplace").decode("ascii")
    return f"The argument {pointer[:100]}"
