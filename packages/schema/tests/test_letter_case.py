"""A request in capitals is read in small letters, and its words come back as they were typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolsmith_schema import NoTool, Toolbox, ToolCall
from toolsmith_schema.letter_case import as_read, call_as_read, call_as_said
from toolsmith_schema.prompt import messages, target
from toolsmith_schema.router import Routed

BOX = Toolbox.default()


@pytest.mark.parametrize(
    ("request_", "read"),
    [
        ("WHAT'S IT LIKE IN LIMA?", "what's it like in lima?"),
        ("EMAIL ANA@CORP.COM THAT WE ARE LATE", "email ana@corp.com that we are late"),
        ("MAIL ana@corp.com THAT WE ARE LATE AND WILL NOT COME BACK", "mail ana@corp.com that we are late"),
        ("STRASSE UND İSTANBUL, WIE WIRD DAS WETTER", "strasse und İstanbul, wie wird das wetter"),
    ],
)
def test_capitals_are_read_small(request_: str, read: str) -> None:
    assert as_read(request_).startswith(read)


@pytest.mark.parametrize(
    "request_", ["what does NATO mean", "USD 5 EUR", "", "Weather in NYC?", "日本の天気は"]
)
def test_other_requests_are_read_as_they_are(request_: str) -> None:
    assert as_read(request_) == request_


@given(st.text(max_size=60))
def test_reading_keeps_every_letter_in_its_place(text: str) -> None:
    read = as_read(text)
    assert len(read) == len(text) and as_read(read) == read
    assert all(a == b or a.lower() == b for a, b in zip(text, read, strict=True))


def test_a_call_comes_back_as_it_was_said_and_enumerated_values_stay() -> None:
    request = "SMS ANA THAT I AM LATE"
    said = ToolCall(tool="send_message", args={"to": "ANA", "text": "I AM LATE", "channel": "sms"})
    read = call_as_read(said, request, BOX)
    assert read.args == {"to": "ana", "text": "i am late", "channel": "sms"}
    assert call_as_said(read, request, BOX) == said


def test_lists_come_back_item_by_item() -> None:
    request = "MEETING WITH ANA AND BO ON FRIDAY"
    read = ToolCall(tool="create_event", args={"title": "meeting", "attendees": ["ana", "bo"]})
    assert call_as_said(read, request, BOX).args == {"title": "MEETING", "attendees": ["ANA", "BO"]}


def test_words_that_are_not_there_and_unknown_tools_stay_as_they_are() -> None:
    request = "MEETING WITH ANA ON FRIDAY"
    for call in (
        ToolCall(tool="create_event", args={"title": "lunch", "date": 5, "time": ""}),
        ToolCall(tool="unheard_of", args={"title": "meeting"}),
    ):
        assert call_as_said(call, request, BOX) == call


def test_the_wire_format_shows_and_teaches_what_is_read() -> None:
    request = "WEATHER IN LIMA TOMORROW"
    call = ToolCall(tool="get_weather", args={"city": "LIMA", "date": "TOMORROW"})
    assert messages(request)[-1]["content"] == "weather in lima tomorrow"
    text = target(call, BOX, request=request)
    assert text == '{"tool": "get_weather", "args": {"city": " lima", "date": " tomorrow"}}'
    routed = Routed.from_text(text).as_said(request, BOX)
    assert routed.decision == call == Routed.from_text(routed.raw).decision
    assert Routed.from_text(text).as_said("weather in lima tomorrow", BOX).raw == text
    assert Routed.from_text('{"tool": null, "args": {}}').as_said(request, BOX).decision == NoTool()
    assert Routed.from_text("nonsense").as_said(request, BOX).decision is None
