"""Moments as people say them: ``tomorrow at 7am``, ``in half an hour``, ``on the 3rd at five``.

A day alone means 9:00 of that day; ``today`` alone the next of 9:00, 14:00, 18:00 and 20:00. A time alone
is the next such time, today or tomorrow; where neither am nor pm was said, the half of the day is the one
that comes next between 6:00 and midnight. Midnight of a day is the end of that day. A length of time
alone (``half an hour``) counts from now. An explicit moment in the past is left to the tool.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from toolsmith_schema.coerce.clocks import DEFAULTS, PARTS, Clock, Part, clock
from toolsmith_schema.coerce.days import day
from toolsmith_schema.coerce.durations import duration
from toolsmith_schema.coerce.said import Ambiguous, Impossible, Unclear, fold

_LEAD = re.compile(r"^(on|at|by|for|from|starting)\s+(?=\S)")
_IN = re.compile(r"^(?:in|after|within) (?P<span>.+?)(?:'s?)?(?: time)?$|^(?P<from>.+) (?:from now|later)$")
_ISO = re.compile(r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[t ](?P<clock>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)")
_WITH_PART = re.compile(
    rf"(?P<day>.+?),? (?:in the |at |during the )?(?P<part>{'|'.join(sorted(PARTS, key=len, reverse=True))})"
)
_THIS_PART = re.compile(
    r"(?:later )?(?:this (?P<part>morning|afternoon|evening|night)|(?P<night>(?:2|to)nite|tonight))"
    r"|last night"
)
_JOINT = re.compile(r"^(?:(?:at|on|by|around|about) |[@,-] ?)|(?: (?:at|on)| ?[@,-])$")
_NOW = ("now", "right now", "right away", "immediately", "this moment")
_OFFSET = re.compile(r"(?P<span>.+?) (?P<way>before|after) (?P<base>.+)")
_TODAY = ("today", "later today", "2day")
_EARLIEST = time(6)


def moment(text: str, now: datetime) -> datetime:
    """The local moment that `text` says, seen from `now`; whole minutes unless seconds were said.

    Raises:
        Unclear: it says none, an impossible one, or could mean two.
    """
    said = fold(text)
    now = now.replace(tzinfo=None, microsecond=0)
    try:
        return _moment(said, now)
    except (OverflowError, ValueError) as error:
        if isinstance(error, Unclear):
            raise
        raise Unclear("there is no such moment") from None


def day_and_part(text: str, today: date) -> tuple[date, Part | None]:
    """The day that `text` says, and the part of it when that was said too.

    Raises:
        Unclear: it says no day, or something beside the day and its part.
    """
    said = fold(text)
    if match := _THIS_PART.fullmatch(said):
        if said == "last night":
            return today - timedelta(days=1), "night"
        return today, PARTS[match["part"] or match["night"]]
    said = re.sub(r"^later today$", "today", said)
    if match := _WITH_PART.fullmatch(said):
        return day(match["day"], today), PARTS[match["part"]]
    return day(said, today), None


def _moment(said: str, now: datetime) -> datetime:
    if said in _NOW:
        return now
    if match := _ISO.fullmatch(said):
        return datetime.fromisoformat(f"{match['day']}T{match['clock']:0>5}")
    if (match := _OFFSET.fullmatch(said)) and not re.search(r"\b(before|after)\b", match["base"]):
        try:
            length = duration(match["span"])
        except Unclear:
            pass
        else:
            if length < timedelta(days=1):
                return _moment(match["base"], now) + (length if match["way"] == "after" else -length)
    found = {value for value in (_span(said, now), _time_only(said, now), _day_only(said, now)) if value}
    found = found or _both(said, now)
    if not found:
        raise Unclear("this is no moment")
    if len(found) > 1:
        raise Ambiguous("this could mean " + " or ".join(value.isoformat() for value in sorted(found)))
    return found.pop()


def _span(said: str, now: datetime) -> datetime | None:
    if said.startswith("the ") and not said.startswith("the next "):
        return None
    match = _IN.fullmatch(said)
    try:
        return now + duration((match["span"] or match["from"]) if match else said)
    except Unclear:
        return None


def _time_only(said: str, now: datetime) -> datetime | None:
    try:
        value = clock(said)
    except Impossible:
        raise
    except Unclear:
        return None
    if value.midnight:
        return datetime.combine(now.date() + timedelta(days=1), value.time)
    if value.part == "night" and value.time.hour < 5 and not value.named:
        return datetime.combine(now.date() + timedelta(days=1 if now.hour >= 5 else 0), value.time)
    if said.startswith(("this ", "tonight")) or said.endswith((" tonight", " tonite")):
        return datetime.combine(now.date(), value.time)
    choices = [value.time] if value.half_known else [value.time, _other_half(value.time)]
    ahead = [
        choice for choice in choices if choice > now.time() and (value.half_known or choice >= _EARLIEST)
    ]
    if ahead:
        return datetime.combine(now.date(), min(ahead))
    return datetime.combine(now.date() + timedelta(days=1), value.time)


def _day_only(said: str, now: datetime) -> datetime | None:
    today = now.date()
    if said in _TODAY:
        ahead = [value for value in DEFAULTS.values() if value > now.time()]
        if not ahead:
            raise Unclear("today is nearly over and no time was said")
        return datetime.combine(today, min(ahead))
    try:
        found, part = day_and_part(_LEAD.sub("", said), today)
    except Impossible:
        raise
    except Unclear:
        return None
    if re.match(r"in .+ (months?|years?)('s? time)?$", said):
        return datetime.combine(found, now.time())
    return datetime.combine(found, DEFAULTS[part or "morning"])


def _both(said: str, now: datetime) -> set[datetime]:
    """Every reading of `said` as a day and a time, in either order."""
    words = re.sub(r"\s*,\s*", ", ", said).split()
    found = set()
    impossible: Impossible | None = None
    for cut in range(1, len(words)):
        head, tail = " ".join(words[:cut]), " ".join(words[cut:])
        for about, of_day in ((head, tail), (tail, head)):
            try:
                value = _combined(_JOINT.sub("", about), _JOINT.sub("", of_day), now)
            except Impossible as error:
                impossible = error
                continue
            if value:
                found.add(value)
    if impossible and not found:
        raise impossible
    return found


def _combined(day_said: str, time_said: str, now: datetime) -> datetime | None:
    if not day_said or not time_said or re.fullmatch(r"(1[89]|20|21)[0-9]{2}", time_said):
        return None
    try:
        found, part = day_and_part(day_said, now.date())
        value = clock(time_said, part)
    except Impossible:
        raise
    except Unclear:
        return None
    if value.midnight or (value.part == "night" and value.time.hour < 5):
        return datetime.combine(found + timedelta(days=1), value.time)
    if not value.half_known and found == now.date():
        return datetime.combine(found, _ahead(value, now))
    return datetime.combine(found, value.time)


def _ahead(value: Clock, now: datetime) -> time:
    """The half of today that is still to come, or the usual one."""
    choices = [value.time, _other_half(value.time)]
    ahead = [choice for choice in choices if choice > now.time() and choice >= _EARLIEST]
    return min(ahead) if ahead else value.time


def _other_half(value: time) -> time:
    return value.replace(hour=(value.hour + 12) % 24)
