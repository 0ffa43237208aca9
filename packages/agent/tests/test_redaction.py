"""What is personal does not reach the log, wherever it stands; what is left is still of use for training."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolsmith_agent import Agent, FunctionExecutor
from toolsmith_agent.log_file import EventLog, read_log
from toolsmith_agent.redaction import Redactor
from toolsmith_schema import ScriptedRouter, Toolbox, parse

from .conftest import NOW, Repairer, wire

SECRETS = [
    ("zoe.lind+x@mail.example.org", "EMAIL"),
    ("ZOË@example.co.uk", "EMAIL"),
    ("+47 912 34 567", "PHONE"),
    ("(555) 123-4567", "PHONE"),
    ("555-1234", "PHONE"),
    ("0171 2345678", "PHONE"),
    ("4111 1111 1111 1111", "CARD"),
    ("5500-0000-0000-0004", "CARD"),
    ("378282246310005", "CARD"),
    ("sk-proj-Ab12Cd34Ef56Gh78Ij90", "KEY"),
    ("AKIAIOSFODNN7EXAMPLE", "KEY"),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "KEY"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF_123", "KEY"),
    ("0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d", "KEY"),
]


@pytest.mark.parametrize(("secret", "kind"), SECRETS)
def test_a_secret_becomes_a_placeholder_of_its_kind(secret, kind):
    text = f"please use {secret} for it, and {secret} again"
    assert Redactor().text(text) == f"please use <{kind}_1> for it, and <{kind}_1> again"


def test_a_password_is_cut_out_by_the_word_before_it():
    assert Redactor().text("my password is hunter2!") == "my password is <KEY_1>"
    assert Redactor().text("api_key=abcd1234") == "api_key=<KEY_1>"


@pytest.mark.parametrize(
    "text",
    [
        "weather in Oslo on 2026-12-01 at 15:00",
        "2026-12-01T15:00",
        "2026-12-01 15",
        "convert 1,499.50 USD to EUR",
        "transfer 12000000 yen",
        "remind me in 90 minutes at 10.30",
        "order 4111111111111112",
        "rows 1 2 3 4",
        "the password reset page",
        '{"max_results": 50}',
    ],
)
def test_what_is_not_personal_stays(text):
    assert Redactor().text(text) == text


def test_the_same_value_has_the_same_placeholder_in_any_spelling_and_another_value_another():
    text = "a@example.org, A@Example.org, b@example.org, +47 91234567, +47 912 34 567"
    assert Redactor().text(text) == "<EMAIL_1>, <EMAIL_1>, <EMAIL_2>, <PHONE_1>, <PHONE_1>"


def test_a_card_that_was_said_and_its_number_are_one():
    redactor = Redactor()
    row = {"request": "pay 4111 1111 1111 1111", "args": {"amount": 4111111111111111}}
    assert redactor.event(row) == {"request": "pay <CARD_1>", "args": {"amount": "<CARD_1>"}}


def test_a_name_is_known_by_its_field_and_its_parts_are_the_same_person():
    redactor = Redactor()
    row = {
        "request": "mail Ana Lopez that ANA should call, the banana too",
        "raw": '{"tool": "send_email", "args": {"to": "Ana Lopez"',
    }
    redactor.learn(row)
    shown = redactor.event(row)
    assert shown["request"] == "mail <NAME_1> that <NAME_1> should call, the banana too"
    assert json.loads(shown["raw"] + "}}")["args"] == {"to": "<NAME_1>"}


def test_every_attendee_is_a_name_and_a_pronoun_is_none():
    redactor = Redactor()
    row = {"args": {"attendees": ["Ben", "Kim"], "to": "my team"}, "request": "tell Kim, Ben and my team"}
    redactor.learn(row)
    assert redactor.event(row)["request"] == "tell <NAME_2>, <NAME_1> and my team"


def test_an_escaped_character_hides_nothing():
    redactor = Redactor()
    row = {"raw": r'{"args": {"to": "\u005aoe", "body": "zoe\u0040example.org"}}', "request": "mail Zoe"}
    redactor.learn(row)
    assert redactor.event(row)["raw"] == '{"args": {"to": "<NAME_1>", "body": "<EMAIL_1>"}}'


def test_arguments_that_are_called_like_fields_of_an_event_are_redacted():
    redactor = Redactor()
    row = {"tool": "t", "args": {"key": "zoe@example.org", "tool": "b@example.org", "now": "c@example.org"}}
    assert "@" not in json.dumps(redactor.event(row))


def test_a_model_cannot_hide_a_secret_in_the_name_of_a_tool_or_an_argument():
    redactor = Redactor()
    row = {"tool": "zoe@example.org", "said_args": {"to": "Zoe", "b@example.org": 1, "Zoe": 2}, "raw": ""}
    redactor.learn(row)
    shown = redactor.event(row)
    assert shown["tool"] == "<EMAIL_1>"
    assert shown["said_args"] == {"to": "<NAME_1>", "<EMAIL_2>": 1, "<NAME_1>": 2}


@given(
    st.recursive(
        st.text() | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_any_json_value_can_be_redacted_and_stays_json(value):
    redactor = Redactor()
    redactor.learn({"to": value, "x": value})
    json.dumps(redactor.event({"x": value}))


@pytest.mark.parametrize(
    "part",
    ["x", "a-", "eyJ-", "1 ", "a.", "@a.", "Bearer ", "sk-", '"to": [', '"to":"', "key=", "-----BEGIN "],
)
def test_no_text_makes_it_slow(part):
    """What takes a square of the length would take minutes here."""
    redactor, text = Redactor(), part * (200_000 // len(part))
    redactor.learn({"raw": text})
    redactor.text(text)


def seeded_runs(seed):
    """Requests with canaries in every place, and the answers of a model that repeats them."""
    chance = random.Random(seed)
    letters = "abcdefghijkmnop"
    for _ in range(12):
        word = "".join(chance.choices(letters, k=9))
        person = "".join(chance.choices(letters, k=8)).capitalize()
        canary = chance.choice(
            [
                f"{word}@example.org",
                f"+47 9{chance.randrange(10**7):07d}",
                f"sk-{word}{word}{chance.randrange(10**9)}",
                "4" + "".join(str(chance.randrange(10)) for _ in range(14)),
            ]
        )
        if canary.isdigit():
            canary = next(canary + str(i) for i in range(10) if Redactor().text(canary + str(i))[0] == "<")
        yield person, canary


@pytest.mark.parametrize("seed", range(3))
def test_no_seeded_canary_is_in_the_log_and_the_log_can_be_trained_on(tmp_path, seed):
    canaries, path = [], tmp_path / "run-canary.jsonl"

    def send_email(to, body):
        if len(canaries) % 3 == 0:
            raise RuntimeError(f"could not reach {to} about {body}")
        return {"sent_to": to, "copy": body}

    with EventLog(path) as log:
        for person, canary in seeded_runs(seed):
            canaries += [person, canary]
            request = f"email {person} that the number is {canary}"
            prose = f"I would write to {person}: {canary}"
            wrong = wire("send_email", to=person, body=canary, priority=canary)
            right = wire("send_email", to=person, body=f"the number is {canary}")
            agent = Agent(
                [ScriptedRouter([prose]), Repairer(wrong, right)],
                Toolbox.default(),
                executor=FunctionExecutor({"send_email": send_email}),
                sink=log,
                confirm=lambda call, tool: True,
            )
            assert agent.run(request, now=NOW).effect.dispatched
    text = path.read_text("utf-8").casefold()
    digits = "".join(char for char in text if char.isdigit())
    for canary in canaries:
        assert canary.casefold() not in text
        if canary[-4:].isdigit() and canary[0] in "+4":
            assert "".join(filter(str.isdigit, canary)) not in digits
    runs = {}
    for row in read_log(path):
        runs.setdefault(row["run"], []).append(row)
    for events in runs.values():
        request = next(row["request"] for row in events if row["event"] == "request")
        good = next(row for row in events if row["event"] == "attempt" and row["outcome"] == "call")
        decision = parse(good["raw"])
        assert decision.args == good["said_args"]
        assert decision.args["to"] in request and decision.args["body"] in request
