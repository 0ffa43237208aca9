"""Words of the request are said once: what one argument holds, no other one takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolsmith_router.places import Places, swallowed
from toolsmith_schema import Toolbox, ToolCall
from toolsmith_schema.example import read_examples
from toolsmith_schema.prompt import target

BOX = Toolbox.default()
ROOT = Path(__file__).parents[3]
MONEY = "I have 50 pounds and want pesos"
BEGUN = '{"tool": "convert_currency", "args": {"amount": " 50", "from_currency": " pounds", "to_currency": "'


def places(request: str, answer: str) -> Places:
    made = Places(BOX, request)
    made.read(answer.encode())
    return made


def refused(request: str, answer: str) -> str | None:
    """What of `answer` was read when its next byte was refused, if one was."""
    at = Places(BOX, request)
    text = answer.encode()
    for i in range(len(text)):
        if not at.allows(text[i : i + 1]):
            return text[:i].decode("utf-8", "replace")
        at.read(text[i : i + 1])
    return None


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        (b" pesos", True),
        (b" want pesos", True),
        (b' pesos"}}', True),
        (b" pounds", False),
        (b" poun", False),
        (b" 50 pounds", False),
        (b"pounds", False),
    ],
)
def test_a_second_argument_takes_other_words(said: bytes, allowed: bool) -> None:
    at = places(MONEY, BEGUN)
    assert at.matters and at.allows(said) is allowed


def test_words_that_stand_there_twice_are_taken_twice_and_not_three_times() -> None:
    request = "mail Bo, subject hello, hello"
    answer = '{"tool": "send_email", "args": {"to": " Bo", "subject": " hello", "body": "'
    assert places(request, answer).allows(b' hello"')
    assert not places(request, answer.replace(" Bo", " hello")).allows(b' hello"')


def test_a_place_is_found_that_leaves_room_for_the_others() -> None:
    request = "mail Bo lunch, about lunch box"
    answer = '{"tool": "send_email", "args": {"to": " Bo", "subject": " lunch", "body": "'
    assert places(request, answer).allows(b' lunch box"')  # the subject is the first lunch then
    assert places(request, answer).allows(b' lunch"')
    assert not places(request, answer).allows(b' Bo lunch"')


def test_items_of_a_list_keep_apart_from_each_other_and_may_stand_in_the_title() -> None:
    answer = '{"tool": "create_event", "args": {"title": " tea with Ana", "attendees": [" Ana", "'
    assert refused("tea with Ana and Bo, invite both", answer) is None
    assert places("tea with Ana and Bo, invite both", answer).allows(b" Bo")
    assert not places("tea with Ana and Bo, invite both", answer).allows(b" Ana")


def test_an_item_is_no_date_and_not_the_whole_title() -> None:
    answer = '{"tool": "create_event", "args": {"title": " tea", "date": " May 5", "attendees": ["'
    at = places("tea on May 5 with May and Bo", answer)
    assert not at.allows(b' tea"') and not at.allows(b' 5"') and not at.allows(b' May 5"')
    assert at.allows(b' May"') and at.allows(b' Bo"') and at.allows(b" tea on")


def test_an_enumerated_value_uses_no_words() -> None:
    answer = '{"tool": "send_message", "args": {"channel": "sms", "text": "'
    at = places("send an sms, this: sms", answer)
    assert not at.matters and at.allows(b" sms")


def test_parts_of_words_are_no_place() -> None:
    answer = '{"tool": "send_email", "args": {"to": " Bo", "body": "'
    assert not places("mail Bo: Bodo is late", answer).allows(b' Bo"')
    assert places("mail Bo: Bodo is late", answer).allows(b" Bo")  # it can still become Bodo


def test_quotes_backslashes_and_letters_of_other_scripts() -> None:
    request = 'mail Zoë "it\'s \\"here\\" 李雷", now'
    call = ToolCall(tool="send_email", args={"to": "Zoë", "body": 'it\'s \\"here\\" 李雷'})
    assert refused(request, target(call, BOX, request=request)) is None
    call = ToolCall(tool="send_email", args={"to": '\\"here\\"', "body": 'it\'s \\"here\\" 李雷'})
    assert refused(request, target(call, BOX, request=request)) is not None


def test_a_copy_goes_its_own_way() -> None:
    one = places(MONEY, BEGUN)
    other = one.copy()
    other.read(b' pesos"')
    assert not other.matters
    assert one.matters and not one.allows(b" pounds")


PLANTS = "remind me to water the plants tomorrow at 9"
GREEDY = (
    '{"tool": "set_reminder", "args": {"text": " water the plants tomorrow at 9", "when": " tomorrow at 9"}}'
)


def test_words_that_only_a_date_can_be_read_from_are_given_back() -> None:
    (kept,) = swallowed(BOX, PLANTS, GREEDY)
    assert f" {PLANTS}".encode()[slice(*kept)] == b"tomorrow at 9"
    at = Places(BOX, PLANTS, [kept])
    at.read(b'{"tool": "set_reminder", "args": {"text": "')
    assert at.matters and at.allows(b" water the plants") and not at.allows(b" water the plants tomorrow")
    at.read(b' water the plants", "when": "')
    assert at.allows(b' tomorrow at 9"')


def test_words_that_are_said_twice_or_once_each_are_not_given_back() -> None:
    assert not swallowed(BOX, f"{PLANTS}, yes, tomorrow at 9", GREEDY)
    assert not swallowed(BOX, PLANTS, GREEDY.replace("plants tomorrow at 9", "plants"))
    assert not swallowed(BOX, PLANTS, '{"tool": null, "args": {}}')
    assert not swallowed(BOX, PLANTS, "not an answer")


@pytest.mark.skipif(not (ROOT / "data").is_dir(), reason="the data set is not here")
@pytest.mark.parametrize(("name", "every"), [("train", 12), ("dev", 1), ("test", 1), ("handwritten", 1)])
def test_every_labelled_call_is_allowed(name: str, every: int) -> None:
    for example in read_examples(ROOT / "data" / f"{name}.jsonl")[::every]:
        for decision in (example.decision, *example.alternatives):
            answer = target(decision, BOX, request=example.request)
            assert refused(example.request, answer) is None, json.dumps(example.request)
