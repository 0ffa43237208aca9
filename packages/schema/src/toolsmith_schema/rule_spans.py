"""What the rule router cuts out of a request: the arguments of each default tool, as they were said."""

from __future__ import annotations

import re
from typing import Any

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

Arguments = dict[str, Any]
"""Argument → span of the request, or None where nothing was found."""


def _cut(pattern: str, text: str, group: str | int = 1) -> str | None:
    """The group of the first match, bare of outer spaces, quotation marks and end punctuation."""
    hit = re.search(pattern, text, re.IGNORECASE)
    if not hit or not hit[group]:
        return None
    return hit[group].strip(" \"“”'").rstrip(" .,;:!?\"”'") or None


def weather(text: str) -> Arguments:
    """City, day and unit."""
    stop = (
        rf"(?=\s+(?:(?:on |for )?{DAY}|{PART}|in (?:celsius|fahrenheit)|right now|please|now|going)"
        r"|[?.!,;]|$)"
    )
    skip = rf"(?!(?:{DAY}|{PART}|(?:in )?(?:celsius|fahrenheit)|the next)\b)"
    city = (
        _cut(rf"\b(?:in|for|at|around|over|near)\s+{skip}(.+?){stop}", text)
        or _cut(rf"\b(?:weather|forecast|temperature)\s+{skip}(?!(?:like|today|is|be)\b)(.+?){stop}", text)
        or _cut(r"^(?!what|how|will|is|show|get|give|check)([\w' -]+?)(?:'s)? (?:weather|forecast)", text)
    )
    units = _cut(r"\b(celsius|fahrenheit)\b", text)
    return {"city": city, "date": _cut(rf"\b({DAY})\b", text), "units": units} if city else {}


def email(text: str) -> Arguments:
    """Recipient, subject line and body."""
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


def message(text: str) -> Arguments:
    """Recipient, text and channel."""
    via = rf"(?:\s+(?:on|via|over|by|through)\s+{CHANNEL})?"
    verb = r"\b(?:text|message|msg|dm|ping|sms|whatsapp|slack|tell|let)"
    some = r"an? (?:quick )?(?:text|message|sms|whatsapp|slack)(?: message)?"
    for pattern in (
        rf"\bsend\s+(?P<to>(?!an?\b|the (?:text|message)\b)[\w' .-]+?)\s+{some}{via}"
        rf"(?:\s+{SAYS}|[:,])(?: that)?[:,]?\s+(?P<text>.+)$",
        rf"\bsend\s+[\"“](?P<text>[^\"”]+)[\"”]\s+to\s+(?P<to>.+?){via}$",
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


def event(text: str) -> Arguments:
    """Title, day, start, length and guests; nothing where no day or calendar is spoken of."""
    stop = (
        rf"(?=\s+(?:(?:on|for|at|from|starting|this coming)\s+)?(?:{DAY}|{CLOCK}|{LENGTH})\b"
        r"|\s+(?:(?:to|on|in|into) (?:my|the|our) (?:calendar|diary)|and invite|inviting|please)|[,;?!.]|$)"
    )
    title = _cut(rf"\b(?:called|named|titled)\s+(.+?){stop}", text) or _cut(
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


def reminder(text: str) -> Arguments:
    """What to be reminded of and when."""
    when = max((hit[0] for hit in re.finditer(MOMENT, text, re.IGNORECASE)), key=len, default=None)
    rest = text.replace(when, "\0", 1) if when else text
    said = _cut(r"\b(?:to|about|that|of|for)\s+(?!(?:me|my phone)\b)(.+)$", rest)
    said = said or _cut(r"\b(?:remind me|reminder|forget)[:,]?\s+(.+)$", rest)
    pieces = re.split(r"\s*(?:,|\b(?:on|at|by|for))?\s*\0\s*(?:,|to\b|about\b)?\s*", said or "")
    return {"text": max(pieces, key=len).strip(" .!?,:;") or None, "when": when}


def search(text: str) -> Arguments:
    """Query and number of results."""
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


def table(text: str) -> Arguments:
    """Table, status and number of rows."""
    table = _cut(rf"\b({TABLES})\b", text)
    status = _cut(r"\b(open|pending|closed)\b", text)
    limit = _cut(rf"\b({NUMBER})\s+(?:\w+ ){{0,3}}?(?:{TABLES}|rows|entries|records)\b", text)
    return {"table": table, "status": status, "limit": limit}


def currency(text: str) -> Arguments:
    """Amount and the two currencies; nothing where one of them is no currency."""
    name = rf"(?:[A-Za-z]+(?: [A-Za-z]+){{0,2}}?|{SIGN})"
    joint = r"\s*(?:->|→|=|,? ?(?:what(?:'s| is) that |worth |be |is )?\b(?:in|to|into|as|for))\s*"
    end = rf"{joint}(?:an? )?(?P<to>{name})(?=[?.!,]|\s+(?:please|right now|today|now|at)\b|$)"
    for pattern in (
        rf"(?P<from>{SIGN})\s?(?P<amount>{AMOUNT})(?: worth)?{end}",
        rf"\b(?P<from>[A-Za-z]{{3}}) (?P<amount>{AMOUNT}){end}",
        rf"(?P<amount>{AMOUNT})\s*(?P<from>{name}){end}",
        rf"\bhow (?:many|much) (?:in )?(?P<to>{name}) (?:is|are|do I get for|for|would be|in) "
        rf"(?P<amount>{AMOUNT})\s*(?P<from>{name})(?=[?.!,]|$)",
        rf"\bconvert\s+(?P<amount>{AMOUNT})\s*(?P<from>{name})?(?P<to>)$",
    ):
        if re.search(pattern, text, re.IGNORECASE):
            amount, source, goal = (_cut(pattern, text, group) for group in ("amount", "from", "to"))
            if amount and (goal is None or all(map(_is_currency, (source, goal)))):
                return {"amount": amount, "from_currency": source, "to_currency": goal}
    return {}


def _is_currency(text: str | None) -> bool:
    from toolsmith_schema.coerce.money import currency as code_of

    try:
        return bool(text and code_of(text))
    except ValueError:
        return False
