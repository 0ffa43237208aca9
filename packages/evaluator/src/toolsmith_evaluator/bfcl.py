"""The single-call categories of the Berkeley Function Calling Leaderboard, from a folder on disk.

The data is not part of this project: it travels in the wheel ``bfcl-eval`` (Apache-2.0), in
``bfcl_eval/data`` with ``possible_answer`` inside. Each row has tools of its own, one or several; a router
has to call the right one with the right arguments, or none where none fits.

An answer is checked as the leaderboard's AST check does it (Patil et al. 2025, "The Berkeley Function Calling
Leaderboard"): the function's name is the same; every required argument is there; an argument has one of the
values listed for it, or is left out where an empty string is listed; strings are compared without case,
spaces and the signs ``, . / - _ * ^``. Arguments count after conversion (`toolsmith_schema.coerce`), as a
tool would get them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolsmith_evaluator.metrics import rate
from toolsmith_evaluator.systems import LABELS, System, in_order
from toolsmith_evaluator.tables import share, table
from toolsmith_schema.coerce import coerce
from toolsmith_schema.decision import NoTool, ToolCall
from toolsmith_schema.errors import DataError, GrammarError, ToolboxError
from toolsmith_schema.example import DEFAULT_NOW
from toolsmith_schema.files import read_jsonl
from toolsmith_schema.router import Routed, Router
from toolsmith_schema.toolbox import Toolbox

CATEGORIES = ("simple_python", "multiple", "live_simple", "live_multiple", "irrelevance", "live_irrelevance")
"""One call, or none for the last two."""
ERRORS = {
    "wrong_tool": "another tool",
    "refused": "refused a request that a tool is for",
    "called": "called where no tool fits",
    "missing": "left out an argument that has to be there",
    "extra": "gave an argument that is not wanted",
    "wrong_value": "another value",
    "no_decision": "no decision",
    "schema": "a schema that the grammar cannot express",
}
"""Why an answer does not count."""
_TYPES = {"dict": "object", "float": "number", "tuple": "array", "double": "number", "long": "integer"}
_KNOWN = ("object", "number", "array", "integer", "string", "boolean")
_LOOSE = re.compile(r"[ ,./\-_*^]")

Answers = Mapping[str, Mapping[str, list[Any]]]
"""Function → argument → values that are right."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row."""

    id: str
    """As in the file."""
    request: str
    """What the user says."""
    toolbox: Toolbox
    """The row's own tools."""
    answers: Answers | None
    """What is right; None where no tool fits."""


def read(folder: Path, category: str) -> list[Case]:
    """The rows of one category in `folder`; rows of more than one turn, or without tools, are left out.

    Raises:
        DataError: a file is not there or not of this kind.
    """
    named = re.compile(rf"BFCL_v[0-9]+_{category}\.json")
    path = max((file for file in folder.glob("BFCL_v*.json") if named.fullmatch(file.name)), default=None)
    if path is None:
        raise DataError(
            folder,
            f"no BFCL_v…_{category}.json here; the data is in the wheel bfcl-eval: "
            "pip download --no-deps bfcl-eval, unzip it, and give its folder bfcl_eval/data",
        )
    right: dict[str, Answers] = {}
    if "irrelevance" not in category:
        rows = read_jsonl(path.parent / "possible_answer" / path.name)
        right = {row["id"]: row["ground_truth"][0] for row in rows}
    cases = []
    for row in read_jsonl(path):
        try:
            said = [message for turn in row["question"] for message in turn if message["role"] != "system"]
            if len(said) != 1 or not row["function"]:
                continue
            cases.append(
                Case(
                    id=row["id"],
                    request=said[0]["content"],
                    toolbox=_toolbox(row),
                    answers=right.get(row["id"]),
                )
            )
        except (KeyError, TypeError, IndexError, ToolboxError) as error:
            raise DataError(path, f"row {row.get('id')!r} is of another form ({error})") from None
    return cases


def digest(cases: Iterable[Case]) -> str:
    """SHA-256 (16 hexadecimal digits) of what is asked and what is right."""
    parts = [[case.id, case.request, case.toolbox.fingerprint, case.answers] for case in cases]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8")).hexdigest()[:16]


def error_of(case: Case, answer: Routed) -> str | None:
    """Why `answer` is wrong, one of `ERRORS`, or None where it is right."""
    if answer.decision is None:
        return "no_decision"
    if isinstance(answer.decision, NoTool):
        return None if case.answers is None else "refused"
    if case.answers is None:
        return "called"
    call = coerce(answer.decision, case.toolbox, DEFAULT_NOW).call
    if call.tool not in case.answers:
        return "wrong_tool"
    return _arguments(call, case.answers[call.tool], case.toolbox)


def measure(
    system: System,
    cases: Mapping[str, list[Case]],
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Answer and check all rows, by category."""
    found = {}
    for category, rows in cases.items():
        errors: Counter[str] = Counter()
        for number, case in enumerate(rows, 1):
            if error := _answered(system.router, case):
                errors[error] += 1
            if progress and (number % 50 == 0 or number == len(rows)):
                progress(category, number, len(rows))
        found[category] = {
            "right": rate(len(rows) - errors.total(), len(rows)).to_json(),
            "errors": {kind: errors[kind] for kind in ERRORS if errors[kind]},
        }
    label = LABELS.get(system.name, system.name)
    return {"label": label, "fingerprint": system.fingerprint, "categories": found}


def render(report: Mapping[str, Any]) -> str:
    """The Markdown page of ``bfcl.json``."""
    systems = {name: report["systems"][name] for name in in_order(list(report["systems"]))}
    names = [name for name in CATEGORIES if any(name in one["categories"] for one in systems.values())]
    counts = {
        name: next(
            one["categories"][name]["right"]["n"] for one in systems.values() if name in one["categories"]
        )
        for name in names
    }
    head = ["system", *(f"{name} (n={count})" for name, count in counts.items())]
    rows = [
        [one["label"], *(share(one["categories"].get(name, {}).get("right")) for name in names)]
        for one in systems.values()
    ]
    pieces = [
        "# Berkeley Function Calling Leaderboard, single calls",
        "Right answers, per cent with 95 % Wilson intervals. The data is not in this repository; "
        "`toolsmith eval bfcl --help` says where it is.",
        table(head, rows),
    ]
    for one in systems.values():
        counted = [
            [
                ERRORS[kind],
                *(str(one["categories"].get(name, {}).get("errors", {}).get(kind, 0)) for name in names),
            ]
            for kind in ERRORS
        ]
        pieces += [f"What went wrong, {one['label']}:", table(["error", *names], counted)]
    return "\n\n".join([*pieces, ""])


def _answered(router: Router, case: Case) -> str | None:
    try:
        return error_of(case, router.route([case.request], case.toolbox)[0])
    except GrammarError:
        return "schema"


def _arguments(call: ToolCall, right: Mapping[str, list[Any]], toolbox: Toolbox) -> str | None:
    required = toolbox[call.tool].required
    for name, values in right.items():
        if name not in call.args and (name in required or "" not in values):
            return "missing"
    for name, value in call.args.items():
        if name not in right:
            return "extra"
        if not _among(value, right[name]):
            return "wrong_value"
    return None


def _among(value: Any, values: Iterable[Any]) -> bool:
    return any(_same(value, other) for other in values)


def _same(value: Any, other: Any) -> bool:
    """Whether `value` is `other`, where an object of `other` lists the values that each member may have."""
    if isinstance(value, str) and isinstance(other, str):
        return _LOOSE.sub("", value).casefold() == _LOOSE.sub("", other).casefold()
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(_same, value, other))
    if isinstance(value, dict) and isinstance(other, dict):
        needed = {name for name, values in other.items() if "" not in values}
        return needed <= value.keys() <= other.keys() and all(
            _among(member, other[name]) for name, member in value.items()
        )
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    return bool(value == other)


def _toolbox(row: Mapping[str, Any]) -> Toolbox:
    tools = [
        {
            "name": function["name"],
            "description": function.get("description", ""),
            "inputSchema": _schema(function["parameters"]),
        }
        for function in row["function"]
    ]
    return Toolbox.from_json(tools, source=str(row["id"]))


def _schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The leaderboard's names of types as those of JSON Schema."""
    made = {name: schema[name] for name in ("description", "enum", "required") if name in schema}
    kind = str(schema.get("type", "")).lower()
    kind = _TYPES.get(kind, kind)
    if kind in _KNOWN:
        made["type"] = kind
    if "properties" in schema:
        made["properties"] = {name: _schema(part) for name, part in schema["properties"].items()}
    if isinstance(schema.get("items"), Mapping):
        made["items"] = _schema(schema["items"])
    return made
