"""What a request is turned into: one explicit outcome, never a decode failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A call of one tool."""

    tool: str
    """The tool's name in the toolbox."""
    args: Mapping[str, Any] = field(default_factory=dict)
    """Argument values by name: said forms before coercion, typed values after it."""

    def to_json(self) -> dict[str, Any]:
        """The wire object, ``{"tool": name, "args": {...}}``."""
        return {"tool": self.tool, "args": dict(self.args)}


@dataclass(frozen=True, kw_only=True)
class NoTool:
    """No tool of the toolbox fits the request."""

    def to_json(self) -> dict[str, Any]:
        """The wire object, ``{"tool": null, "args": {}}``."""
        return {"tool": None, "args": {}}


@dataclass(frozen=True, kw_only=True)
class NeedArgument:
    """A tool fits, but the request leaves out required arguments; the layer above asks for them."""

    call: ToolCall
    """The call with what was said."""
    missing: Mapping[str, str]
    """Missing argument name → its description in the toolbox (empty when it has none)."""

    def to_json(self) -> dict[str, Any]:
        """The wire object of the incomplete call."""
        return self.call.to_json()


Decision = ToolCall | NoTool | NeedArgument


def decision_from_json(value: Any) -> ToolCall | NoTool:
    """Read the wire object.

    Raises:
        ValueError: `value` is not ``{"tool": str | null, "args": object}``.
    """
    if not isinstance(value, Mapping) or set(value) - {"tool", "args"} or "tool" not in value:
        raise ValueError('a decision is {"tool": name or null, "args": {...}}')
    tool, args = value["tool"], value.get("args", {})
    if not isinstance(args, Mapping):
        raise ValueError("args is not an object")
    if tool is None:
        if args:
            raise ValueError("a null tool takes no args")
        return NoTool()
    if not isinstance(tool, str) or not tool:
        raise ValueError("tool is not a name")
    return ToolCall(tool=tool, args=dict(args))
