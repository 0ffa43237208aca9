"""Executing a call: the protocol, and a user's Python functions behind it.

>>> from toolsmith_schema import ToolCall
>>> executor = FunctionExecutor({"add": lambda a, b: a + b})
>>> executor.execute(ToolCall(tool="add", args={"a": 2, "b": 3}), deadline=Deadline(1.0)).value
5
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from toolsmith_agent.deadline import Deadline
from toolsmith_schema.decision import ToolCall
from toolsmith_schema.errors import ToolsmithError


class ToolFailed(ToolsmithError):
    """A tool could not do its work and has changed nothing; any other exception leaves that open."""


@dataclass(frozen=True, kw_only=True)
class ToolResult:
    """What a tool gave."""

    value: Any = None
    """The result, as a JSON value."""
    status: Literal["completed", "failed", "unknown"] = "completed"
    """``failed``: nothing was changed; ``unknown``: the tool cannot tell whether it was done."""
    error: str = ""
    """Why it is not ``completed``, in one paragraph."""


@runtime_checkable
class ToolExecutor(Protocol):
    """Runs the call of one tool, in a thread of its own, and is left alone when its time is over.

    With an attribute ``keeps_deadline = True`` it runs in the caller's thread and ends in time by itself.
    """

    def execute(self, call: ToolCall, *, deadline: Deadline) -> ToolResult:
        """Do what `call` says, at most until `deadline`.

        Raises:
            ToolFailed: nothing was changed.
            Exception: the tool broke; a tool with side effects may have done a part of its work.
        """
        ...


class FunctionExecutor:
    """Python functions by the name of their tool, called with the arguments by keyword; they may be async."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._functions = dict(functions)

    def execute(self, call: ToolCall, *, deadline: Deadline) -> ToolResult:
        """Call the tool's function; what it returns is the result.

        Raises:
            ToolFailed: there is no such function, or it says so itself.
        """
        function = self._functions.get(call.tool)
        if function is None:
            raise ToolFailed(f"no function was given for the tool {call.tool!r}")
        value = function(**call.args)
        if inspect.iscoroutine(value):
            import asyncio

            value = asyncio.run(asyncio.wait_for(value, timeout=deadline.left()))
        return value if isinstance(value, ToolResult) else ToolResult(value=as_json(value))


def as_json(value: Any) -> Any:
    """`value` as what JSON can say; anything else becomes its text."""
    try:
        return json.loads(json.dumps(value, default=str, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return repr(value)
