"""The errors of toolsmith, as one tree.

::

    ToolsmithError              an expected failure: one paragraph, no traceback
    ├── ToolboxError            a toolbox file or object is malformed (file, JSON pointer, reason)
    ├── ParseError              a model's text is not one decision (keeps the raw text)
    ├── DataError               a data file is missing or malformed (file, line, reason)
    ├── ArtifactMissing         a model, adapter or report is not there (names the command that makes it)
    ├── MissingPackage          an optional package is not installed (names the install line)
    └── GrammarError            a schema that the span grammar cannot express

Each error carries its evidence as attributes; where a better model could have avoided it,
``for_model`` is the sentence to show that model.
"""

from __future__ import annotations

from pathlib import Path

EXIT_OK = 0
EXIT_NO = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class ToolsmithError(Exception):
    """An expected failure, printed as one paragraph. ``str(error)`` says what to do about it."""

    for_model: str | None = None
    """A sentence that a model could repair its output from, or None."""


class ToolboxError(ToolsmithError):
    """A toolbox is malformed. ``source`` is the file or a name, ``pointer`` the place in it."""

    def __init__(self, source: str, pointer: str, reason: str) -> None:
        self.source, self.pointer, self.reason = source, pointer, reason
        super().__init__(f"{source}: at {pointer or '/'}: {reason}")


class ParseError(ToolsmithError):
    """A model's text is not exactly one decision. ``raw`` keeps the whole text."""

    def __init__(self, reason: str, raw: str, *, kind: str = "malformed") -> None:
        self.reason, self.raw, self.kind = reason, raw, kind
        self.for_model = (
            f"Your answer was not usable: {reason}. Answer with exactly one JSON object "
            '{"tool": ..., "args": {...}}.'
        )
        super().__init__(reason)


class DataError(ToolsmithError):
    """A data file is missing or malformed. ``line`` counts from one."""

    def __init__(self, path: Path | str, reason: str, *, line: int | None = None) -> None:
        self.path, self.reason, self.line = str(path), reason, line
        super().__init__(f"{path}{f', line {line}' if line else ''}: {reason}")


class ArtifactMissing(ToolsmithError):
    """A file that another command makes is not there. ``command`` makes it."""

    def __init__(self, what: str, path: Path | str, command: str) -> None:
        self.path, self.command = str(path), command
        super().__init__(f"{what} not found at {path}. Make it with: {command}")


class MissingPackage(ToolsmithError):
    """An optional package is not installed. ``install`` is the line that installs it."""

    def __init__(self, what: str, install: str) -> None:
        self.install = install
        super().__init__(f"{what} is not installed. Install it with: {install}")


class GrammarError(ToolsmithError):
    """A tool's schema uses a keyword that the span grammar cannot express."""

    def __init__(self, tool: str, pointer: str, keyword: str) -> None:
        self.tool, self.pointer, self.keyword = tool, pointer, keyword
        super().__init__(
            f"tool {tool}: the span grammar cannot express {keyword} at {pointer}; "
            "decode this toolbox freely (--decoding free) and let the checker judge the call."
        )
