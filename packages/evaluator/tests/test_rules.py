"""The rule router as a baseline: what it copies is in the request, and it refuses what it does not know."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolsmith_schema import NoTool, Router, Toolbox, ToolCall
from toolsmith_schema.rules import RuleRouter, decide

from .conftest import call

BOX = Toolbox.default()


def money(amount: str, source: str, goal: str) -> ToolCall:
    return call("convert_currency", amount=amount, from_currency=source, to_currency=goal)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("what's the weather in Tokyo tomorrow?", call("get_weather", city="Tokyo", date="tomorrow")),
        ("paris forecast in celsius", call("get_weather", city="paris", units="celsius")),
        ("email Bob saying the report is done", call("send_email", to="Bob", body="the report is done")),
        ("text Mom I'm running late", call("send_message", to="Mom", text="I'm running late")),
        (
            "slack John happy birthday",
            call("send_message", to="John", text="happy birthday", channel="slack"),
        ),
        ("send Maria a text saying I'm on my way", call("send_message", to="Maria", text="I'm on my way")),
        (
            "book a review next Tuesday at 10:30",
            call("create_event", title="review", date="next Tuesday", time="10:30"),
        ),
        ("remind me at 5pm to check the oven", call("set_reminder", text="check the oven", when="5pm")),
        ("google how tall is mount everest", call("search_web", query="how tall is mount everest")),
        ("find me five results about rust", call("search_web", query="rust", max_results="five")),
        ("show me the last 10 open orders", call("query_table", table="orders", status="open", limit="10")),
        ("what's 1,499 USD in EUR", money("1,499", "USD", "EUR")),
        ("how many euros is 50 dollars?", money("50", "dollars", "euros")),
        ("convert USD 100 to yen", money("100", "USD", "yen")),
        ("€20 to dollars", money("20", "€", "dollars")),
    ],
)
def test_plain_requests_are_routed(request_, said):
    assert decide(request_, BOX) == said


REFUSED = [
    "",
    "tell me a joke",
    "thanks, you're great",
    "play some jazz",
    "book me a flight",
    "3 cats in hats",
]


@pytest.mark.parametrize("request_", REFUSED)
def test_the_rest_is_refused(request_):
    assert decide(request_, BOX) == NoTool()


def test_a_trigger_within_quotation_marks_does_not_count():
    found = decide('send Kofi a message saying "remind me about the weather in Rome"', BOX)
    assert isinstance(found, ToolCall)
    assert found.tool == "send_message"


def test_it_is_a_router_and_its_text_is_its_decision():
    router = RuleRouter()
    assert isinstance(router, Router)
    [routed] = router.route(["weather in Oslo"], BOX)
    assert routed.raw == '{"tool": "get_weather", "args": {"city": "Oslo"}}'
    assert (routed.decision, routed.tier) == (ToolCall(tool="get_weather", args={"city": "Oslo"}), "rules")


def test_tools_that_are_not_in_the_toolbox_are_not_called():
    box = Toolbox.from_json([{"name": "search_web", "inputSchema": {"type": "object", "properties": {}}}])
    for request in ("weather in Oslo", "google cats"):
        assert decide(request, box) == NoTool()


WORDS = st.sampled_from(
    "remind me to email Ana at noon tomorrow: text 50 dollars in euros weather Oslo, search the web for five "
    "open orders put lunch on my calendar for an hour invite Bo and Cy ? \" ' ( -".split()
)


@settings(deadline=None, max_examples=200)
@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_every_value_is_a_span_of_the_request(request_):
    found = decide(request_, BOX)
    if isinstance(found, ToolCall):
        values = [v for value in found.args.values() for v in (value if isinstance(value, list) else [value])]
        assert all(value in request_ for value in values), found


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=200))
def test_no_text_breaks_it(request_):
    RuleRouter().route([request_], BOX)
