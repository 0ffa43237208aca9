"""A router of keywords and regular expressions for the default toolbox: a baseline and a last resort.

Every tool has trigger words; the tool whose trigger comes first in the request, text in quotation marks
aside, gets the call, and its patterns cut the arguments out of the request as they were said. Where no
trigger is found, or the request holds nothing of what the tool needs, the answer is an explicit refusal.

>>> RuleRouter().route(["what's the weather in Tokyo tomorrow?"], Toolbox.default())[0].decision
ToolCall(tool='get_weather', args={'city': 'Tokyo', 'date': 'tomorrow'})
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from toolsmith_schema.decision import NoTool, ToolCall
from toolsmith_schema.phrases import (
    AMOUNT,
    CHANNEL,
    CLOCK,
    DAY,
    LENGTH,
    MOMENT,
    NUMBER,
    PART,
    SAYS,
    SIGN,
    STOP,
    TABLES,
)
from toolsmith_schema.prompt import target
from toolsmith_schema.router import Routed
from toolsmith_schema.toolbox import Toolbox

Arguments = dict[str, Any]


class RuleRouter:
    """Routes by keywords and regular expressions; knows the tools of the default toolbox and no others."""

    name = "rules"

    def route(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        """Route each request; tools and arguments that `toolbox` has not are never named."""
        routed = []
        for request in requests:
            start = time.perf_counter()
            decision = decide(request, toolbox)
            took = (time.perf_counter() - start) * 1e3
            routed.append(
                Routed(raw=target(decision, toolbox), decision=decision, latency_ms=took, tier=self.name)
            )
        return routed


def decide(request: str, toolbox: Toolbox) -> ToolCall | NoTool:
    """The first tool, by place of its trigger, whose patterns find something to call it with."""
    text = " ".join(request.split())
    open_text = re.sub(r"[\"“][^\"”]*[\"”]", lambda quoted: " " * len(quoted[0]), text)
    found = []
    for order, (name, (trigger, arguments)) in enumerate(_RULES.items()):
        if name in toolbox and (hit := re.search(trigger, open_text, re.IGNORECASE)):
            found.append((hit.start(), order, name, arguments))
    for _, _, name, arguments in sorted(found, key=lambda entry: entry[:2]):
        args = {
            argument: value
            for argument, value in arguments(text).items()
            if value and argument in toolbox[name].properties
        }
        if args:
            return ToolCall(tool=name, args=args)
    return NoTool()


def _cut(pattern: str, text: str, group: str | int = 1) -> str | None:
    """The group of the first match, bare of outer spaces, quotation marks and end punctuation."""
    hit = re.search(pattern, text, re.IGNORECASE)
    if not hit or not hit[group]:
        return None
    return hit[group].strip(" \"“”'").rstrip(" .,;:!?\"”'") or None


def _weather(text: str) -> Arguments:
    stop = (
        rf"(?=\s+(?:(?:on |for )?{DAY}|{PART}|in (?:celsius|fahrenheit)|right now|please|now|going)"
        r"|[?.!,;]|$)"
    )
    skip = rf"(?!(?:{DAY}|{PART}|celsius|fahrenheit|the next)\b)"
    city = (
        _cut(rf"\b(?:in|for|at|around|over|near)\s+{skip}(.+?){stop}", text)
        or _cut(rf"\b(?:weather|forecast|temperature)\s+{skip}(?!(?:like|today|is|be)\b)(.+?){stop}", text)
        or _cut(r"^(?!what|how|will|is|show|get|give|check)([\w' -]+?)(?:'s)? (?:weather|forecast)", text)
    )
    units = _cut(r"\b(celsius|fahrenheit)\b", text)
    return {"city": city, "date": _cut(rf"\b({DAY})\b", text), "units": units} if city else {}


def _email(text: str) -> Arguments:
    to = _cut(r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)", text) or _cut(
        rf"\b(?:e-?mail|mail)\s+(?:(?:off |over )?to\s+)?(?!(?:{SAYS}|about)\b)(.+?){STOP}", text
    )
    subject = _cut(
        rf"\b(?:subject(?: line)?|titled)(?: is| of|:)?\s*(.+?)(?=,| and\b|;|\.\s|\s+{SAYS}\b|$)", text
    )
    quoted = _cut(r"\bsubject\b[^\"“]*[\"“]([^\"”]+)[\"”]", text)
    body = _cut(rf"(?:\b{SAYS}\b(?: that)?|:)[:,]?\s+(?!subject\b)(.+)$", text) or _cut(
        r"\b(?:about|let(?:ting)? (?:him|her|them) know)(?: that)?\s+(.+)$", text
    )
    return {"to": to, "subject": quoted or subject, "body": body}


def _message(text: str) -> Arguments:
    via = rf"(?:\s+(?:on|via|over|by|through)\s+{CHANNEL})?"
    verb = r"\b(?:text|message|msg|dm|ping|sms|whatsapp|slack|tell|let)"
    for pattern in (
        rf"\blet\s+(?P<to>\S+(?: [A-Z]\w+)?)\s+know{via}(?: that)?[:,]?\s+(?P<text>.+)$",
        rf"\b(?:text|message|msg|sms|whatsapp|slack|dm)\s+to\s+(?P<to>.+?){via}"
        rf"(?:\s+{SAYS}|\s*[:,-])(?: that)?[:,]?\s+(?P<text>.+)$",
        rf"{verb}\s+(?P<to>(?:my |the )?\S+?(?: (?-i:[A-Z])\w+)?){via}"
        rf"(?:\s+{SAYS}|[:,]|\s+-)?(?: that)?[:,]?\s+(?P<text>.+)$",
    ):
        if re.search(pattern, text, re.IGNORECASE):
            said = {name: _cut(pattern, text, name) for name in ("to", "text", "channel")}
            tail = re.search(rf"\s+(?:on|via|over)\s+{CHANNEL}$", said["text"] or "", re.IGNORECASE)
            if tail:
                said |= {"text": (said["text"] or "")[: tail.start()], "channel": tail["channel"]}
            return {**said, "channel": said["channel"] or _cut(rf"\b{CHANNEL}\b", text[:30])}
    return {}


def _event(text: str) -> Arguments:
    stop = (
        rf"(?=\s+(?:(?:on|for|at|from|starting|this coming)\s+)?(?:{DAY}|{CLOCK}|{LENGTH})\b"
        r"|\s+(?:(?:to|on|in|into) (?:my|the|our) (?:calendar|diary)|and invite|inviting|please)|[,;?!.]|$)"
    )
    title = _cut(r"\b(?:called|named|titled)\s+[\"“]([^\"”]+)[\"”]", text) or _cut(
        r"\b(?:called|named|titled|schedule|book|create|add|plan|set up|put|block|calendar)"
        r"(?: (?:in|off))?:?\s+(?:an? |the |my |some )?(?:(?:new )?(?:event|entry)(?: for)?:?\s+)?"
        rf"(?!(?:{DAY}|for|on)\b)(.+?){stop}",
        text,
    )
    if not re.search(rf"\b(?:calendar|schedule|event|meeting|appointment|{DAY})\b", text, re.IGNORECASE):
        return {}
    people = _cut(r"\binvit(?:e|ing)\s+(.+?)(?=\s+(?:to|on|at|for)\b|[.?!]|$)", text)
    return {
        "title": title,
        "date": _cut(rf"\b({DAY})\b", text),
        "time": _cut(rf"\b({CLOCK})", text) or _cut(r"\bat (\d{1,2})\b", text),
        "duration_minutes": _cut(rf"\bfor ({LENGTH})", text),
        "attendees": [name for name in re.split(r",\s*(?:and )?| and ", people) if name] if people else None,
    }


def _reminder(text: str) -> Arguments:
    when = max((hit[0] for hit in re.finditer(MOMENT, text, re.IGNORECASE)), key=len, default=None)
    rest = text.replace(when, "\0", 1) if when else text
    said = _cut(r"\b(?:to|about|that|of|for)\s+(?!(?:me|my phone)\b)(.+)$", rest)
    said = said or _cut(r"\b(?:remind me|reminder|forget)[:,]?\s+(.+)$", rest)
    pieces = re.split(r"\s*(?:,|\b(?:on|at|by|for))?\s*\0\s*(?:,|to\b|about\b)?\s*", said or "")
    return {"text": max(pieces, key=len).strip(" .!?,:;") or None, "when": when}


def _search(text: str) -> Arguments:
    things = r"(?:results|links|hits|pages|sites)"
    count = _cut(rf"\b({NUMBER}) (?:\w+ )?{things}\b", text)
    query = _cut(
        r"\b(?:search(?: (?:the )?(?:web|internet|online|google))?(?: for)?|google|look(?:ing)? (?:up|for)"
        rf"|find(?: out)?|browse for|{things} (?:for|on|about))\s+(?:(?:up|for|about|me)\s+)*"
        rf"(?!(?:me )?(?:the )?(?:top )?{NUMBER} {things})(.+?)"
        r"(?=,? (?:and )?(?:show|give|get|list|return|limit|just|only)\b"
        rf"|,? (?:on the (?:web|internet)|online)\b|,? (?:top )?{NUMBER} {things}|[?!]|$)",
        text,
    )
    return {"query": query, "max_results": count}


def _table(text: str) -> Arguments:
    table = _cut(rf"\b({TABLES})\b", text)
    status = _cut(r"\b(open|pending|closed)\b", text)
    limit = _cut(rf"\b({NUMBER})\s+(?:\w+ ){{0,3}}?(?:{TABLES}|rows|entries|records)\b", text)
    return {"table": table, "status": status, "limit": limit}


def _currency(text: str) -> Arguments:
    name = rf"(?:[A-Za-z]+(?: [A-Za-z]+){{0,2}}?|{SIGN})"
    joint = r"\s*(?:->|→|=|\b(?:is )?(?:in|to|into|as|for)\b)\s*"
    end = rf"{joint}(?:an? )?(?P<to>{name})(?=[?.!,]|\s+(?:please|right now|today|now|at)\b|$)"
    for pattern in (
        rf"(?P<from>{SIGN})\s?(?P<amount>{AMOUNT})(?: worth)?{end}",
        rf"(?P<amount>{AMOUNT})\s*(?P<from>{name}){end}",
        rf"\bconvert\s+(?P<amount>{AMOUNT})\s*(?P<from>{name})?(?P<to>)$",
    ):
        if re.search(pattern, text, re.IGNORECASE):
            amount, source, goal = (_cut(pattern, text, group) for group in ("amount", "from", "to"))
            if amount and (goal is None or all(map(_is_currency, (source, goal)))):
                return {"amount": amount, "from_currency": source, "to_currency": goal}
    return {}


def _is_currency(text: str | None) -> bool:
    from toolsmith_schema.coerce.money import currency

    try:
        return bool(text and currency(text))
    except ValueError:
        return False


_RULES: dict[str, tuple[str, Callable[[str], Arguments]]] = {
    "set_reminder": (
        r"\bremind(?:er)?\b|\bnudge me\b|\bdon'?t let me forget\b|\balert me\b",
        _reminder,
    ),
    "send_email": (
        r"\be-?mail\b|\bmail\b(?! box)|@[\w-]+\.",
        _email,
    ),
    "send_message": (
        r"\b(?:text|message|msg|dm|ping|sms|whatsapp|slack)\b|\btell (?!me\b|us\b)"
        r"|\blet (?!me|us\b)\S+(?: \w+)? know\b",
        _message,
    ),
    "query_table": (
        r"\b(?:show|list|get|pull|give|fetch|display|query|how many|see|which|any|last|open|pending|closed)\b"
        rf".*\b{TABLES}\b|^{TABLES}\b",
        _table,
    ),
    "create_event": (
        r"\b(?:schedule|calendar|book|appointment|block|meeting|event|set up)\b|\bput\b.*\bon my\b",
        _event,
    ),
    "convert_currency": (
        rf"\bconvert|\bexchange|{SIGN}|\d\s*[A-Za-z]+.*\b(?:in|to|into)\b|\d.*->",
        _currency,
    ),
    "get_weather": (
        r"\b(?:weather|forecast|temperature|rain(?:ing|y)?|snow(?:ing)?|umbrella|sunny|humid|windy|degrees"
        r"|(?:hot|cold|warm) (?:is|will|in|out))\b",
        _weather,
    ),
    "search_web": (
        r"\bsearch\b|\bgoogle\b|\blook(?:ing)? (?:up|for)\b|\bfind\b|\bonline\b|\bthe web\b",
        _search,
    ),
}
"""Tool → trigger and the function that cuts its arguments out; the first wins a tie."""
