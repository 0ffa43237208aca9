"""Tools, decisions, parsing, checking, coercion, the Router protocol and the toolsmith command."""

from toolsmith_schema.check import Violation, check, missing
from toolsmith_schema.coerce import Coerced, Coercion, coerce
from toolsmith_schema.decision import Decision, NeedArgument, NoTool, ToolCall
from toolsmith_schema.errors import (
    ArtifactMissing,
    DataError,
    GrammarError,
    MissingPackage,
    ParseError,
    ToolboxError,
    ToolsmithError,
)
from toolsmith_schema.example import DEFAULT_NOW, Example, read_examples, write_examples
from toolsmith_schema.parse import is_strict_json, parse
from toolsmith_schema.resolve import Resolved, resolve, resolve_routed
from toolsmith_schema.router import FunctionRouter, Routed, Router, ScriptedRouter
from toolsmith_schema.toolbox import Tool, Toolbox

__all__ = [
    "DEFAULT_NOW",
    "ArtifactMissing",
    "Coerced",
    "Coercion",
    "DataError",
    "Decision",
    "Example",
    "FunctionRouter",
    "GrammarError",
    "MissingPackage",
    "NeedArgument",
    "NoTool",
    "ParseError",
    "Resolved",
    "Routed",
    "Router",
    "ScriptedRouter",
    "Tool",
    "ToolCall",
    "Toolbox",
    "ToolboxError",
    "ToolsmithError",
    "Violation",
    "check",
    "coerce",
    "is_strict_json",
    "missing",
    "parse",
    "read_examples",
    "resolve",
    "resolve_routed",
    "write_examples",
]
