"""One router's answer to one request, as a row of a prediction file.

One row of ``artifacts/eval/tuned-span.jsonl``, a call of ``get_weather`` whose text was the usual JSON::

    {"id": "test-0001", "request": "weather in Oslo tomorrow", "now": "2026-11-23T09:00",
     "request_hash": "1d0c…", "system": "tuned-span", "fingerprint": "9f2a…", "outcome": "call",
     "tool": "get_weather", "args": {"city": "Oslo", "date": "2026-11-24"},
     "said_args": {"city": "Oslo", "date": "tomorrow"}, "raw": "…", "violations": [], "error": null,
     "latency_ms": 41.2, "confidence": 0.97, "tier": "tuned-span"}
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from toolsmith_evaluator.values import canonical
from toolsmith_schema.decision import Decision, NeedArgument, NoTool, ToolCall
from toolsmith_schema.errors import DataError, ParseError
from toolsmith_schema.example import Example, parse_clock
from toolsmith_schema.files import read_jsonl, write_bytes
from toolsmith_schema.parse import parse
from toolsmith_schema.resolve import resolve_routed
from toolsmith_schema.router import Routed
from toolsmith_schema.toolbox import Toolbox

OUTCOMES = ("call", "no_tool", "need_argument", "invalid")
"""What became of an answer after coercion and checking."""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A router's answer to one request of a test file."""

    id: str
    """The example's id."""
    request: str
    """What was asked."""
    now: datetime
    """The clock against which `args` were coerced."""
    request_hash: str
    """`request_hash` of request and clock: a row whose example changed is stale."""
    system: str
    """Name of the system, the stem of its file."""
    fingerprint: str
    """Hash of everything the answers depend on (weights, shots, decoding, toolbox)."""
    raw: str
    """The model's text."""
    said: ToolCall | NoTool | None
    """The decision in said form; None when `raw` is not one decision."""
    outcome: str
    """One of `OUTCOMES`."""
    args: Mapping[str, Any] = field(default_factory=dict)
    """Arguments after coercion."""
    violations: tuple[Mapping[str, Any], ...] = ()
    """What the checker found, as JSON."""
    error: str | None = None
    """Why there is no decision."""
    latency_ms: float = 0.0
    """Wall time of this request, in milliseconds (its share of a batch)."""
    confidence: float | None = None
    """Probability of the answer under the model, 0–1, where known."""
    tier: str = ""
    """Name of the router that answered."""

    def __post_init__(self) -> None:
        """Refuse a row that contradicts itself."""
        if self.outcome not in OUTCOMES:
            raise ValueError(f'"outcome" is not one of {", ".join(OUTCOMES)}')
        kind = {"no_tool": NoTool, "call": ToolCall, "need_argument": ToolCall}.get(self.outcome)
        if (kind and not isinstance(self.said, kind)) or (kind is None and isinstance(self.said, NoTool)):
            raise ValueError(f'"outcome" {self.outcome} contradicts "tool" and "said_args"')
        if canonical(_wire(self.said)) != canonical(_wire(_parsed(self.raw))):
            raise ValueError('"tool" and "said_args" are not what "raw" says')

    def to_json(self) -> dict[str, Any]:
        """The JSON row."""
        call = self.said if isinstance(self.said, ToolCall) else None
        return {
            "id": self.id,
            "request": self.request,
            "now": self.now.isoformat(timespec="minutes"),
            "request_hash": self.request_hash,
            "system": self.system,
            "fingerprint": self.fingerprint,
            "outcome": self.outcome,
            "tool": call.tool if call else None,
            "args": dict(self.args),
            "said_args": dict(call.args) if call else {} if self.said else None,
            "raw": self.raw,
            "violations": [dict(violation) for violation in self.violations],
            "error": self.error,
            "latency_ms": round(self.latency_ms, 3),
            "confidence": self.confidence,
            "tier": self.tier,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Prediction:
        """Read and validate a JSON row.

        Raises:
            ValueError: a field is missing, of the wrong kind, or contradicts another.
        """
        texts = {
            name: _text(row, name)
            for name in ("id", "request", "request_hash", "system", "fingerprint", "raw")
        }
        args, violations = row.get("args"), row.get("violations", [])
        if not isinstance(args, Mapping):
            raise ValueError('"args" is not an object')
        if not isinstance(violations, list) or not all(isinstance(item, Mapping) for item in violations):
            raise ValueError('"violations" is not a list of objects')
        confidence = row.get("confidence")
        return cls(
            **texts,
            now=parse_clock(_text(row, "now")),
            said=_said(row.get("tool"), row.get("said_args")),
            outcome=_text(row, "outcome"),
            args=dict(args),
            violations=tuple(violations),
            error=row.get("error"),
            latency_ms=_number(row.get("latency_ms", 0.0), "latency_ms"),
            confidence=None if confidence is None else _number(confidence, "confidence"),
            tier=str(row.get("tier", "")),
        )

    @classmethod
    def of(
        cls, example: Example, routed: Routed, toolbox: Toolbox, *, system: str, fingerprint: str
    ) -> Prediction:
        """The row for what a router made of `example`.

        Raises:
            ValueError: the router's decision is not what its own text says.
        """
        resolved = resolve_routed(routed, toolbox, example.now)
        return cls(
            id=example.id,
            request=example.request,
            now=example.now,
            request_hash=request_hash(example),
            system=system,
            fingerprint=fingerprint,
            raw=routed.raw,
            said=routed.decision,
            outcome=resolved.outcome,
            args=args_of(resolved.decision),
            violations=tuple(violation.to_json() for violation in resolved.violations),
            error=routed.error.reason if routed.error else None,
            latency_ms=routed.latency_ms,
            confidence=routed.confidence,
            tier=routed.tier,
        )


def write_predictions(path: Path | str, predictions: Iterable[Prediction]) -> Path:
    """Write a prediction file, atomically."""
    return write_bytes(path, b"".join(to_line(prediction) for prediction in predictions))


def to_line(prediction: Prediction) -> bytes:
    """The row as a line of UTF-8; half a surrogate pair is written as its escape."""
    return (json.dumps(prediction.to_json(), ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def args_of(decision: Decision | None) -> dict[str, Any]:
    """The arguments of a decision; none for a refusal or no decision."""
    call = decision.call if isinstance(decision, NeedArgument) else decision
    return dict(call.args) if isinstance(call, ToolCall) else {}


def request_hash(example: Example) -> str:
    """SHA-256 (16 hexadecimal digits) of what the router is given: the request and the clock."""
    text = f"{example.now.isoformat(timespec='minutes')}\n{example.request}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_predictions(path: Path | str) -> list[Prediction]:
    """Read a prediction file; a torn last line, the trace of a crash, is passed over.

    Raises:
        DataError: with file, line and reason.
    """
    predictions = []
    for number, row in enumerate(read_jsonl(path, torn_tail=True), 1):
        try:
            predictions.append(Prediction.from_json(row))
        except ValueError as error:
            raise DataError(path, str(error), line=number) from None
    return predictions


def distinct(examples: Sequence[Example], source: str) -> dict[str, Example]:
    """The examples by id.

    Raises:
        DataError: two rows have one id, so predictions could not be told apart.
    """
    found: dict[str, Example] = {}
    for example in examples:
        if not example.id or example.id in found:
            raise DataError(source, f"the id {example.id!r} is empty or appears twice")
        found[example.id] = example
    return found


def _said(tool: Any, said_args: Any) -> ToolCall | NoTool | None:
    if said_args is None and tool is None:
        return None
    if not isinstance(said_args, Mapping):
        raise ValueError('"said_args" is not an object')
    if tool is None:
        if said_args:
            raise ValueError("a refusal takes no said_args")
        return NoTool()
    if not isinstance(tool, str):
        raise ValueError('"tool" is not a string or null')
    return ToolCall(tool=tool, args=dict(said_args))


def _parsed(raw: str) -> ToolCall | NoTool | None:
    try:
        return parse(raw)
    except ParseError:
        return None


def _wire(said: ToolCall | NoTool | None) -> dict[str, Any] | None:
    return said.to_json() if said else None


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise ValueError(f'"{name}" is not a string')
    return value


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f'"{name}" is not a number')
    return float(value)
