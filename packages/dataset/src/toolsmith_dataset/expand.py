"""A wording and values → an example: fill the placeholders, note where the values stand, add typing noise.

The gold values are cut out of the finished request, so that each is one of its parts whatever was done to it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from toolsmith_dataset.draw import Draw
from toolsmith_dataset.noise import typed
from toolsmith_dataset.partition import runs, words
from toolsmith_dataset.values.fill import Context, Fill, Span
from toolsmith_dataset.values.registry import filler
from toolsmith_dataset.wordings import Part, Wording
from toolsmith_schema.decision import NoTool, ToolCall
from toolsmith_schema.example import Example
from toolsmith_schema.prompt import in_schema_order
from toolsmith_schema.toolbox import Toolbox

_CLOCKS, _FIRST_DAY, _DAYS = 200, datetime(2026, 1, 5), 700
_SENTENCE_START = re.compile(r"(^|[.!?] )$")
_CAPITALS = {"plain": 0.95, "chatty": 0.97, "indirect": 0.95, "terse": 0.3, "noisy": 0.04}
_QUOTE_START = re.compile(r"[:\"] ?$")
_TRIES = 60


def expand(wording: Wording, draw: Draw, toolbox: Toolbox) -> Example:
    """One example of `wording`; the same key of `draw` gives the same example. Its id is left empty."""
    now = _clock(draw)
    fills = _fill(wording, draw, now)
    text, spans = _render(wording, fills, draw)
    text, spans = typed(text, spans, wording, draw)
    decision: ToolCall | NoTool = NoTool()
    if wording.tool:
        fixed = {name: value for fill in fills.values() for name, value in fill.fixed.items()}
        args = _args(text, spans) | fixed | dict(wording.fixed)
        decision = ToolCall(tool=wording.tool, args=in_schema_order(args, toolbox[wording.tool].properties))
    return Example(
        id="",
        request=text,
        decision=decision,
        now=now,
        split=wording.split,
        bucket=wording.bucket,
        register=wording.register,
        wording=wording.id,
    )


def _clock(draw: Draw) -> datetime:
    """One of some two hundred clocks of 2026 and 2027, between seven and nine."""
    own = Draw("clock", draw.below(_CLOCKS))
    return _FIRST_DAY + timedelta(days=own.below(_DAYS), hours=own.between(7, 20), minutes=5 * own.below(12))


def _fill(wording: Wording, draw: Draw, now: datetime) -> dict[int, Fill]:
    """Part index → its fill. Arguments first, so that distractors can be told apart from them."""
    slots = [(i, part) for i, part in enumerate(wording.parts) if part.kind == "slot"]
    fills: dict[int, Fill] = {}
    for i, part in sorted(slots, key=lambda slot: slot[1].value.startswith("~")):
        context = Context(
            draw=draw,
            split=wording.split,
            now=now,
            tool=wording.tool,
            register=wording.register,
            before=wording.text[: part.start],
            after=wording.text[part.end :],
        )
        for _ in range(_TRIES):
            fill = filler(part.value)(context)
            if _is_other(fill, list(fills.values())):
                break
        else:
            raise ValueError(f"{wording.id}: no value of {part.value} differs from the others")
        fills[i] = Fill(text=fill.text, keys=fill.keys) if part.value.startswith("~") else fill
    return fills


def _is_other(fill: Fill, others: list[Fill]) -> bool:
    """Whether a fill neither means the same as another one nor contains it nor is contained in it."""
    if any(set(fill.keys) & set(other.keys) for other in others):
        return False
    mine = words(fill.text)
    return not any(
        mine and theirs and (mine in runs(theirs) or theirs in runs(mine))
        for theirs in (words(other.text) for other in others)
    )


def _render(wording: Wording, fills: dict[int, Fill], draw: Draw) -> tuple[str, list[Span]]:
    text, spans, begun = "", [], {}
    for i, part in enumerate(wording.parts):
        if part.kind == "text":
            text += part.value
        elif part.kind == "open":
            begun[part.value] = len(text)
        elif part.kind == "close":
            spans.append(Span(argument=part.value, start=begun[part.value], end=len(text)))
        else:
            spans += [span.moved(len(text)) for span in fills[i].spans]
            text += _capitalised(fills[i].text, part, text, wording, draw)
    return text, spans


def _capitalised(value: str, part: Part, before: str, wording: Wording, draw: Draw) -> str:
    """`value` with a capital where it begins a sentence, and sometimes where it begins a quotation."""
    share = 0.0
    if _SENTENCE_START.search(before):
        share = _CAPITALS[wording.register]
    elif part.value in ("body", "text") and _QUOTE_START.search(before):
        share = 0.3
    if "@" in value or value[:1].upper() == value[:1] or not draw.chance(share):
        return value
    return value[0].upper() + value[1:]


def _args(text: str, spans: list[Span]) -> dict[str, str | list[str]]:
    args: dict[str, str | list[str]] = {}
    for span in spans:
        value = text[span.start : span.end]
        if span.item:
            items = args.setdefault(span.argument, [])
            assert isinstance(items, list)
            items.append(value)
        else:
            args[span.argument] = value
    return args
