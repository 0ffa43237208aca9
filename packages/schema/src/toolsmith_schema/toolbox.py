"""Tools and toolboxes: read from the MCP, OpenAI or Anthropic form, written to those and Gemini's.

A tool is its MCP definition. One row of the default toolbox::

    {"name": "get_weather", "description": "Current weather or the forecast for one place.",
     "inputSchema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from toolsmith_schema.errors import ToolboxError

FREE_TEXT = "x-free-text"
"""Schema keyword: a string argument that is not a span of the request (so it is decoded freely)."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_GEMINI_DROPS = ("additionalProperties", "exclusiveMinimum", "exclusiveMaximum", FREE_TEXT)


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One tool in MCP terms."""

    name: str
    """1–128 characters out of letters, digits, ``_``, ``.`` and ``-`` (the MCP rule)."""
    description: str = ""
    """What the tool does, for the model."""
    input_schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON Schema (draft 2020-12) of the arguments; an object schema."""
    annotations: Mapping[str, Any] = field(default_factory=dict)
    """MCP annotations such as ``readOnlyHint``; hints, never permissions."""

    @property
    def properties(self) -> Mapping[str, Any]:
        """Argument name → its schema, in schema order."""
        properties: Mapping[str, Any] = self.input_schema.get("properties", {})
        return properties

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the required arguments, in schema order."""
        wanted = set(self.input_schema.get("required", ()))
        return tuple(name for name in self.properties if name in wanted)

    def to_mcp(self) -> dict[str, Any]:
        """The tool as an entry of an MCP ``tools/list`` result."""
        row: dict[str, Any] = {
            "name": self.name,
            "description": self.description,
            "inputSchema": json.loads(json.dumps(self.input_schema)),
        }
        if self.annotations:
            row["annotations"] = dict(self.annotations)
        return row

    def to_openai(self) -> dict[str, Any]:
        """The tool as an entry of OpenAI's ``tools`` (chat completions form)."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": self.to_mcp()["inputSchema"],
        }
        return {"type": "function", "function": function}

    def to_anthropic(self) -> dict[str, Any]:
        """The tool as an entry of Anthropic's ``tools``."""
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": self.to_mcp()["inputSchema"],
        }

    def to_gemini(self) -> dict[str, Any]:
        """The tool as a Gemini function declaration: keywords outside its schema subset are left out."""
        row: dict[str, Any] = {"name": self.name, "description": self.description}
        return {**row, "parameters": _gemini(self.input_schema)} if self.properties else row


@dataclass(frozen=True, kw_only=True)
class Toolbox:
    """An ordered set of tools with distinct names."""

    tools: tuple[Tool, ...]
    """The tools, in the order shown to the model."""

    def __iter__(self) -> Iterator[Tool]:
        return iter(self.tools)

    def __len__(self) -> int:
        return len(self.tools)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Tool:
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Tool]:
        return {tool.name: tool for tool in self.tools}

    @property
    def names(self) -> tuple[str, ...]:
        """Tool names in order."""
        return tuple(tool.name for tool in self.tools)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) of the canonical JSON of the MCP form: sorted keys, no spaces, UTF-8."""
        text = json.dumps(self.to_mcp()["tools"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def to_mcp(self) -> dict[str, Any]:
        """An MCP ``tools/list`` result."""
        return {"tools": [tool.to_mcp() for tool in self.tools]}

    def to_openai(self) -> list[dict[str, Any]]:
        """OpenAI's ``tools`` value."""
        return [tool.to_openai() for tool in self.tools]

    def to_anthropic(self) -> list[dict[str, Any]]:
        """Anthropic's ``tools`` value."""
        return [tool.to_anthropic() for tool in self.tools]

    def to_gemini(self) -> list[dict[str, Any]]:
        """Gemini's ``tools`` value."""
        return [{"functionDeclarations": [tool.to_gemini() for tool in self.tools]}]

    @classmethod
    def from_json(cls, value: Any, *, source: str = "toolbox") -> Toolbox:
        """Read a parsed toolbox in MCP, OpenAI, Anthropic or Gemini form, or a bare list of such tools.

        Raises:
            ToolboxError: names `source`, the JSON pointer and the reason.
        """
        rows, pointer = _tool_rows(value, source)
        tools = tuple(_read_tool(row, source, f"{pointer}/{i}") for i, row in enumerate(rows))
        if not tools:
            raise ToolboxError(source, pointer, "the toolbox has no tools")
        seen: set[str] = set()
        for i, tool in enumerate(tools):
            if tool.name in seen:
                raise ToolboxError(source, f"{pointer}/{i}", f"the name {tool.name!r} appears twice")
            seen.add(tool.name)
        return cls(tools=tools)

    @classmethod
    def load(cls, path: Path | str) -> Toolbox:
        """Read a toolbox file (see `from_json` for the forms).

        Raises:
            ToolboxError: the file is missing, not JSON, or not a toolbox.
        """
        try:
            value = json.loads(Path(path).read_text("utf-8"))
        except FileNotFoundError:
            raise ToolboxError(str(path), "", "there is no such file") from None
        except OSError as error:
            raise ToolboxError(str(path), "", f"cannot be read ({error.strerror})") from None
        except (ValueError, RecursionError) as error:
            raise ToolboxError(str(path), "", f"not JSON in UTF-8 ({error})") from None
        return cls.from_json(value, source=str(path))

    @classmethod
    def default(cls) -> Toolbox:
        """The eight tools that come with this package."""
        return _default_toolbox()


@lru_cache(maxsize=1)
def _default_toolbox() -> Toolbox:
    text = resources.files("toolsmith_schema").joinpath("data/toolbox.json").read_text("utf-8")
    return Toolbox.from_json(json.loads(text), source="the default toolbox")


def _tool_rows(value: Any, source: str) -> tuple[Sequence[Any], str]:
    """The list of tools in `value` and the JSON pointer to it."""
    pointer = ""
    if isinstance(value, Mapping):
        if "tools" not in value:
            raise ToolboxError(source, "", 'an object with "tools", or a list of tools, is wanted')
        value, pointer = value["tools"], "/tools"
    if not isinstance(value, list):
        raise ToolboxError(source, pointer, f"a list of tools is wanted, got {_kind(value)}")
    if len(value) == 1 and isinstance(value[0], Mapping) and "functionDeclarations" in value[0]:
        value, pointer = value[0]["functionDeclarations"], f"{pointer}/0/functionDeclarations"
        if not isinstance(value, list):
            raise ToolboxError(source, pointer, f"a list of functions is wanted, got {_kind(value)}")
    return value, pointer


def _read_tool(row: Any, source: str, pointer: str) -> Tool:
    if not isinstance(row, Mapping):
        raise ToolboxError(source, pointer, f"a tool is an object, got {_kind(row)}")
    if row.get("type") == "function" and isinstance(row.get("function"), Mapping):
        row, pointer = row["function"], f"{pointer}/function"
    name = row.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ToolboxError(
            source, f"{pointer}/name", "a name of 1-128 letters, digits, '_', '.' or '-' is wanted"
        )
    description = row.get("description", "")
    if not isinstance(description, str):
        raise ToolboxError(source, f"{pointer}/description", f"a string is wanted, got {_kind(description)}")
    key = next((k for k in ("inputSchema", "input_schema", "parameters") if k in row), "inputSchema")
    schema = row.get(key, {"type": "object", "properties": {}})
    _check_schema(schema, source, f"{pointer}/{key}")
    annotations = row.get("annotations", {})
    if not isinstance(annotations, Mapping):
        raise ToolboxError(source, f"{pointer}/annotations", f"an object is wanted, got {_kind(annotations)}")
    return Tool(name=name, description=description, input_schema=schema, annotations=annotations)


def _check_schema(schema: Any, source: str, pointer: str) -> None:
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        raise ToolboxError(source, pointer, 'a JSON Schema with "type": "object" is wanted')
    from jsonschema import Draft202012Validator, FormatChecker, SchemaError

    try:
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=("regex",)))
    except SchemaError as error:
        inner = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in error.absolute_path)
        raise ToolboxError(
            source, pointer + inner, f"not valid JSON Schema (2020-12): {error.message}"
        ) from None
    except RecursionError:
        raise ToolboxError(source, pointer, "the schema is nested too deeply") from None
    for name in schema.get("required", ()):
        if name not in schema.get("properties", {}):
            raise ToolboxError(source, f"{pointer}/required", f"{name!r} is required but has no property")


def _gemini(schema: Any) -> Any:
    """`schema` in Gemini's subset of JSON Schema, whose only string format here is ``date-time``."""
    if isinstance(schema, list):
        return [_gemini(value) for value in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {
        key: {name: _gemini(inner) for name, inner in value.items()}
        if key == "properties"
        else _gemini(value)
        for key, value in schema.items()
        if key not in _GEMINI_DROPS
    }
    if kept.get("type") == "string" and kept.get("format") != "date-time":
        kept.pop("format", None)
    return kept


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")
