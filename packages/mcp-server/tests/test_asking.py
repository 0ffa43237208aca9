from datetime import datetime

import anyio
import mcp_types as t
import pytest
from mcp import Client, MCPError

from toolsmith_agent import MockExecutor
from toolsmith_mcp_server import RUN_REQUEST, Service, make_server
from toolsmith_mcp_server.asking import SHOWN, argument_form, can_be_asked, confirmation_form, given, plain
from toolsmith_schema import ScriptedRouter, Toolbox, ToolCall

BOX = Toolbox.default()
NOW = datetime(2026, 11, 23, 9)
EMAIL = '{"tool": "send_email", "args": {"to": "Ana", "body": "hello"}}'
NO_DAY = '{"tool": "create_event", "args": {"title": "Lunch"}}'
NOBODY = '{"tool": "send_message", "args": {"text": "hello"}}'


class Person:
    """Answers forms in order, and remembers what it was asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def __call__(self, context, params):
        self.asked.append(params)
        return self.answers.pop(0)


def accept(**content):
    return t.ElicitResult(action="accept", content=content)


DECLINE = t.ElicitResult(action="decline")


@pytest.fixture(params=["auto", "legacy"])
def mode(request):
    """Both eras of the protocol."""
    return request.param


@pytest.fixture
def run(mode):
    """One request of one person: ``run(person, text of the router, …)``; gives the result and the calls made."""

    def one(person, *script, run_id=None):
        executor = MockExecutor()
        # In the current era a call is made anew with each answer, and routed anew.
        service = Service([ScriptedRouter(script * 5)], executor=executor, clock=lambda: NOW)

        async def ask():
            async with Client(make_server(service), mode=mode, elicitation_callback=person) as client:
                arguments = {"request": "please"} | ({"run_id": run_id} if run_id else {})
                return await client.call_tool(RUN_REQUEST, arguments)

        return anyio.run(ask), executor.calls

    return one


def test_a_missing_argument_is_asked_for_and_its_answer_converted(run):
    person = Person(accept(date="tomorrow"))
    result, calls = run(person, NO_DAY)
    assert result.structured_content["effect"]["status"] == "completed"
    assert calls == [ToolCall(tool="create_event", args={"title": "Lunch", "date": "2026-11-24"})]
    (form,) = person.asked
    assert form.message == "create_event needs to know: date."
    assert form.requested_schema["properties"]["date"]["description"] == "Day of the event"


def test_an_answer_that_cannot_be_converted_is_asked_for_again_with_the_reason(run):
    person = Person(accept(date="no idea"), accept(date="2026-12-01"))
    result, calls = run(person, NO_DAY)
    assert result.structured_content["effect"]["status"] == "completed"
    assert [call.args["date"] for call in calls] == ["2026-12-01"]
    assert "names no day" in person.asked[1].requested_schema["properties"]["date"]["description"]


@pytest.mark.parametrize("answer", [DECLINE, t.ElicitResult(action="cancel"), accept(date=" "), accept()])
def test_without_an_answer_the_argument_stays_missing(run, answer):
    person = Person(answer)
    result, calls = run(person, NO_DAY)
    assert not result.is_error
    assert result.structured_content["outcome"] == "need_argument"
    assert list(result.structured_content["missing"]) == ["date"]
    assert (len(person.asked), calls) == (1, [])


def test_a_destructive_call_is_shown_and_made_after_a_yes(run):
    person = Person(accept())
    result, calls = run(person, EMAIL)
    assert not result.is_error
    assert calls == [ToolCall(tool="send_email", args={"to": "Ana", "body": "hello"})]
    assert person.asked[0].message == 'Call send_email with {"to": "Ana", "body": "hello"}?'


def test_after_a_no_it_is_not_made(run):
    result, calls = run(Person(DECLINE), EMAIL)
    assert result.is_error
    assert result.structured_content["effect"]["status"] == "declined"
    assert calls == []


def test_first_what_is_missing_is_asked_for_and_then_the_go_ahead(run):
    person = Person(accept(to="Ana"), accept())
    result, calls = run(person, NOBODY)
    assert not result.is_error
    assert calls == [ToolCall(tool="send_message", args={"text": "hello", "to": "Ana"})]
    assert [form.message.split()[0] for form in person.asked] == ["send_message", "Call"]


def test_the_run_keeps_its_id_across_questions(run):
    result, _ = run(Person(accept(to="Ana"), accept()), NOBODY, run_id="mine")
    assert result.structured_content["run_id"] == "mine"


def test_a_call_that_changes_nothing_is_not_asked_about(run):
    person = Person()
    result, calls = run(person, '{"tool": "get_weather", "args": {"city": "Oslo"}}')
    assert result.structured_content["effect"]["status"] == "completed"
    assert (len(calls), person.asked) == (1, [])


def test_a_client_that_fails_at_its_own_form_counts_as_no(mode):
    executor = MockExecutor()
    service = Service([ScriptedRouter([EMAIL] * 5)], executor=executor)

    async def refuse(context, params):
        return t.ErrorData(code=t.INTERNAL_ERROR, message="no window")

    async def ask():
        async with Client(make_server(service), mode=mode, elicitation_callback=refuse) as client:
            try:
                return (await client.call_tool(RUN_REQUEST, {"request": "please"})).is_error
            except MCPError:
                return True

    assert anyio.run(ask)
    assert executor.calls == []


def first_round(service, client_answers):
    """The current era by hand: the first attempt, then one retry with what `client_answers` makes of it."""

    async def ask():
        server = make_server(service)
        async with Client(server, elicitation_callback=Person()) as client:
            call = client.session.call_tool
            first = await call(RUN_REQUEST, {"request": "please"}, allow_input_required=True)
            assert isinstance(first, t.InputRequiredResult)
            responses, state = client_answers(first)
            again = {"input_responses": responses, "request_state": state, "allow_input_required": True}
            try:
                return await call(RUN_REQUEST, {"request": "please"}, **again)
            except MCPError as error:
                return error

    return anyio.run(ask)


def test_a_yes_counts_for_the_call_that_was_shown_and_for_no_other():
    other = EMAIL.replace("hello", "goodbye")
    executor = MockExecutor()
    service = Service([ScriptedRouter([EMAIL, other])], executor=executor)
    again = first_round(
        service, lambda first: (dict.fromkeys(first.input_requests, accept()), first.request_state)
    )
    assert isinstance(again, t.InputRequiredResult)
    assert "goodbye" in next(iter(again.input_requests.values())).params.message
    assert executor.calls == []


def test_a_retry_without_an_answer_is_asked_again():
    executor = MockExecutor()
    service = Service([ScriptedRouter([EMAIL] * 2)], executor=executor)
    again = first_round(service, lambda first: (None, first.request_state))
    assert isinstance(again, t.InputRequiredResult)
    assert executor.calls == []


def test_a_retried_yes_does_not_do_it_twice():
    executor = MockExecutor()
    service = Service([ScriptedRouter([EMAIL] * 3)], executor=executor)

    async def ask():
        async with Client(make_server(service), elicitation_callback=Person()) as client:
            call = client.session.call_tool
            first = await call(RUN_REQUEST, {"request": "please"}, allow_input_required=True)
            answers = dict.fromkeys(first.input_requests, accept())
            return [
                await call(
                    RUN_REQUEST,
                    {"request": "please"},
                    input_responses=answers,
                    request_state=first.request_state,
                )
                for _ in range(2)
            ]

    results = anyio.run(ask)
    assert [result.structured_content["effect"]["status"] for result in results] == ["completed"] * 2
    assert [result.structured_content["effect"]["dispatched"] for result in results] == [True, False]
    assert len(executor.calls) == 1


@pytest.mark.parametrize("state", ["{}", "", '{"now": "2026-11-23T09:00", "run_id": "x", "answers": {}}'])
def test_a_state_that_this_server_did_not_write_is_refused(state):
    service = Service([ScriptedRouter([EMAIL] * 2)], executor=MockExecutor())
    error = first_round(service, lambda first: (dict.fromkeys(first.input_requests, accept()), state))
    assert isinstance(error, MCPError)
    assert "requestState" in str(error)


def test_a_question_nobody_answers_ends_in_time():
    executor = MockExecutor()
    service = Service([ScriptedRouter([EMAIL])], executor=executor)

    async def wait(context, params):
        await anyio.sleep_forever()

    async def ask():
        server = make_server(service, ask_seconds=0.05)
        async with Client(server, mode="legacy", elicitation_callback=wait) as client:
            return await client.call_tool(RUN_REQUEST, {"request": "please"})

    assert anyio.run(ask).structured_content["effect"]["status"] == "declined"
    assert executor.calls == []


FORM, URL = t.FormElicitationCapability(), t.UrlElicitationCapability()


@pytest.mark.parametrize(
    ("capabilities", "can"),
    [
        (None, False),
        (t.ClientCapabilities(), False),
        (t.ClientCapabilities(elicitation=t.ElicitationCapability()), True),
        (t.ClientCapabilities(elicitation=t.ElicitationCapability(form=FORM)), True),
        (t.ClientCapabilities(elicitation=t.ElicitationCapability(url=URL)), False),
        (t.ClientCapabilities(elicitation=t.ElicitationCapability(form=FORM, url=URL)), True),
    ],
)
def test_only_a_client_that_shows_forms_is_asked(capabilities, can):
    assert can_be_asked(capabilities) is can


def test_a_choice_is_offered_as_one():
    form = argument_form({"table": ""}, ToolCall(tool="query_table"), BOX)
    assert form.requested_schema == {
        "type": "object",
        "properties": {
            "table": {
                "type": "string",
                "title": "table",
                "enum": BOX["query_table"].properties["table"]["enum"],
            }
        },
        "required": ["table"],
    }


def test_a_person_sees_what_is_hidden_in_a_call():
    call = ToolCall(tool="send_email", args={"to": "Ana\u202eevil", "body": "one\u200btwo"})
    message = confirmation_form(call, BOX["send_email"]).message
    assert "Ana\\u202eevil" in message and "one\\u200btwo" in message
    assert plain("Zoë – 東京 🙂\n") == "Zoë – 東京 🙂\\u000a"


def test_a_long_call_says_how_much_of_it_is_not_shown():
    call = ToolCall(tool="send_email", args={"to": "Ana", "body": "x" * 10_000})
    message = confirmation_form(call, BOX["send_email"]).message
    assert len(message) < SHOWN + 100
    assert "more characters" in message


def test_only_what_was_asked_for_is_taken():
    assert given({"to": ""}, accept(to=" Ana ", body="injected")) == {"to": "Ana"}
    assert given({"to": "", "text": ""}, accept(to="Ana")) is None
