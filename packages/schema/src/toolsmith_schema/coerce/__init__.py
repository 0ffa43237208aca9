"""The model copies, code converts: said forms become what the tool's JSON Schema asks for.

>>> from datetime import datetime
>>> call = ToolCall(tool="get_weather", args={"city": "Oslo", "date": "next Friday"})
>>> coerce(call, Toolbox.default(), datetime(2026, 11, 23, 9, 0)).call.args
{'city': 'Oslo', 'date': '2026-12-04'}

The clock is a parameter and is never read here. What conforms already is left as it is, so converting twice
changes nothing more. What cannot be converted, or could mean two things, is left as said and reported.
The choices that English leaves open are told at the head of each module: `days`, `clocks`, `moments`,
`durations`, `amounts`, `money`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from toolsmith_schema.check import Violation, check, conforms, unknown_tool
from toolsmith_schema.coerce.scalars import part_of_day
from toolsmith_schema.coerce.walk import Coercion, Walk
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.toolbox import Toolbox

__all__ = ["Coerced", "Coercion", "coerce"]


@dataclass(frozen=True, kw_only=True)
class Coerced:
    """A call after conversion."""

    call: ToolCall
    """The call; values that could not be converted are as said."""
    coercions: tuple[Coercion, ...] = ()
    """What was converted, in the order of the arguments."""
    violations: tuple[Violation, ...] = ()
    """What could not be converted, and what the schema refuses; missing arguments are not among them."""


def coerce(call: ToolCall, toolbox: Toolbox, now: datetime) -> Coerced:
    """Convert the arguments of `call` for its tool, with `now` as the user's local clock.

    An optional argument given as null is left out where the schema does not allow null.
    """
    if call.tool not in toolbox:
        return Coerced(call=call, violations=(unknown_tool(call.tool, toolbox),))
    tool = toolbox[call.tool]
    walk = Walk(
        root=tool.input_schema,
        now=now.replace(tzinfo=None),
        part=part_of_day(
            value
            for name, value in call.args.items()
            if isinstance(schema := tool.properties.get(name), dict) and schema.get("format") == "date"
        ),
        context=f"{tool.name} {tool.description}",
    )
    args: dict[str, Any] = {}
    for name, value in call.args.items():
        if name not in tool.properties:
            args[name] = value
        elif value is None and not conforms(None, tool.properties[name], tool.input_schema):
            walk.coercions.append(Coercion(pointer=f"/{name}", said=None, value=None, rule="null"))
        else:
            args[name] = walk.visit(value, tool.properties[name], [name])
    converted = ToolCall(tool=call.tool, args=args)
    told = {violation.pointer for violation in walk.violations}
    others = [violation for violation in check(converted, toolbox) if violation.pointer not in told]
    violations = sorted([*walk.violations, *others], key=lambda violation: violation.pointer)
    return Coerced(call=converted, coercions=tuple(walk.coercions), violations=tuple(violations))
