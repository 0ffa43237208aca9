"""The eight tools of the default toolbox as mock bodies: they change nothing and answer the same every time.

>>> from toolsmith_schema import ToolCall
>>> args = {"amount": 20, "from_currency": "USD", "to_currency": "EUR"}
>>> call = ToolCall(tool="convert_currency", args=args)
>>> MockExecutor().execute(call, deadline=Deadline(1.0)).value["amount"]
18.4
"""

from __future__ import annotations

import hashlib
from typing import Any

from toolsmith_agent.deadline import Deadline
from toolsmith_agent.execution import FunctionExecutor, ToolFailed, ToolResult
from toolsmith_schema.decision import ToolCall

RATES = {
    "USD": 1.0,
    "EUR": 0.92,
    "GBP": 0.79,
    "JPY": 150.0,
    "CHF": 0.88,
    "CAD": 1.36,
    "AUD": 1.52,
    "INR": 83.0,
}
"""Units of a currency for one dollar; made up, and never changed."""

SKIES = ("clear", "cloudy", "light rain", "windy", "fog")


class MockExecutor:
    """Runs the mock bodies and remembers every call in `calls`."""

    keeps_deadline = True

    def __init__(self) -> None:
        self.calls: list[ToolCall] = []
        self._functions = FunctionExecutor(
            {
                "get_weather": get_weather,
                "send_email": send_email,
                "send_message": send_message,
                "create_event": create_event,
                "set_reminder": set_reminder,
                "search_web": search_web,
                "query_table": query_table,
                "convert_currency": convert_currency,
            }
        )

    def execute(self, call: ToolCall, *, deadline: Deadline) -> ToolResult:
        """Run the body of the tool.

        Raises:
            ToolFailed: there is no such body, or it knows nothing to answer.
        """
        self.calls.append(call)
        return self._functions.execute(call, deadline=deadline)


def get_weather(city: str, date: str | None = None, units: str = "celsius") -> dict[str, Any]:
    """A sky and a temperature that depend on nothing but the words."""
    number = _number(city.casefold(), date)
    celsius = number % 35 - 5
    degrees = celsius if units == "celsius" else round(celsius * 9 / 5 + 32)
    sky = SKIES[number % len(SKIES)]
    return {"city": city, "date": date, "sky": sky, "temperature": degrees, "units": units}


def send_email(to: str, body: str, subject: str | None = None) -> dict[str, Any]:
    """Nothing is sent; the id is one that a real server could give."""
    return {"sent": True, "id": _id("mail", to, subject, body)}


def send_message(to: str, text: str, channel: str = "sms") -> dict[str, Any]:
    """Nothing is sent."""
    return {"sent": True, "channel": channel, "id": _id("message", to, text)}


def create_event(
    title: str,
    date: str,
    time: str | None = None,
    duration_minutes: int = 60,
    attendees: list[str] | None = None,
) -> dict[str, Any]:
    """No calendar is changed."""
    event = {"title": title, "date": date, "time": time, "duration_minutes": duration_minutes}
    return {"created": True, "id": _id("event", title, date, time), **event, "invited": len(attendees or [])}


def set_reminder(text: str, when: str) -> dict[str, Any]:
    """No reminder will come."""
    return {"set": True, "id": _id("reminder", text, when), "when": when}


def search_web(query: str, max_results: int = 3) -> dict[str, Any]:
    """Results of a web that is not there."""
    page = query.casefold().replace(" ", "-")
    results = [
        {"title": f"{query} ({i})", "url": f"https://example.org/{page}/{i}"}
        for i in range(1, max_results + 1)
    ]
    return {"query": query, "results": results}


def query_table(table: str, status: str | None = None, limit: int = 3) -> dict[str, Any]:
    """Rows of a table that is not there."""
    states = ("open", "pending", "closed")
    rows = [
        {"id": i, "status": status or states[_number(table, i) % len(states)]} for i in range(1, limit + 1)
    ]
    return {"table": table, "rows": rows}


def convert_currency(amount: float, from_currency: str, to_currency: str) -> dict[str, Any]:
    """At a rate that never changes.

    Raises:
        ToolFailed: a currency is not one of `RATES`.
    """
    for code in (from_currency, to_currency):
        if code not in RATES:
            raise ToolFailed(f"there is no rate for {code}; the currencies are {', '.join(RATES)}")
    rate = RATES[to_currency] / RATES[from_currency]
    return {"amount": round(amount * rate, 2), "currency": to_currency, "rate": round(rate, 6)}


def _number(*parts: object) -> int:
    return int(hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:8], 16)


def _id(kind: str, *parts: object) -> str:
    return f"{kind}-{_number(kind, *parts):08x}"
