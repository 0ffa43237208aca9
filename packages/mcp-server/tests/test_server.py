import contextlib
import json
import subprocess
import sys
import threading
import time
from datetime import datetime

import anyio
import mcp_types as t
import pytest
from jsonschema import Draft202012Validator
from mcp import Client, MCPError

from toolsmith_agent import Budget, FunctionExecutor, Ledger, MockExecutor
from toolsmith_agent.events import MemorySink
from toolsmith_mcp_server import (
    INPUT_SCHEMA,
    OUTPUT_SCHEMA,
    ROUTE_TO_TOOL,
    RUN_REQUEST,
    QueuedRouter,
    RouterQueue,
    Service,
    make_server,
)
from toolsmith_mcp_server.tools import CALL_OUTPUT_SCHEMA, RUN_OUTPUT_SCHEMA
from toolsmith_schema import (
    FunctionRouter,
    Routed,
    ScriptedRouter,
    Tool,
    Toolbox,
    ToolboxError,
    ToolsmithError,
)

BOX = Toolbox.default()
NOW = datetime(2026, 11, 23, 9)
WEATHER = '{"tool": "get_weather", "args": {"city": "Tokyo"}}'
TOMORROW = '{"tool": "get_weather", "args": {"city": "Tokyo", "date": "tomorrow"}}'
EMAIL = '{"tool": "send_email", "args": {"to": "Ana", "body": "hello"}}'


@pytest.fixture(params=["auto", "legacy"])
def mode(request):
    """Both eras of the protocol."""
    return request.param


@pytest.fixture
def call(mode):
    """Calls a tool over an in-memory client: ``call(router, request=…)``; the error of the protocol is returned."""

    def run(*routers, name=ROUTE_TO_TOOL, service=None, **arguments):
        async def one():
            served = service or Service(routers, executor=MockExecutor(), clock=lambda: NOW)
            async with Client(make_server(served), mode=mode) as client:
                try:
                    return await client.call_tool(name, arguments)
                except MCPError as error:
                    return error

        return anyio.run(one)

    return run


def listed(service, mode):
    """The tools that a client is shown."""

    async def one():
        async with Client(make_server(service), mode=mode) as client:
            return (await client.list_tools()).tools

    return anyio.run(one)


def test_the_own_tools_come_first_and_then_the_toolbox_in_its_order(mode):
    tools = listed(Service([ScriptedRouter([])], executor=MockExecutor()), mode)
    assert [tool.name for tool in tools] == [ROUTE_TO_TOOL, RUN_REQUEST, *BOX.names]


def test_schemas_and_annotations_are_served_as_they_are_written(mode):
    tools = {tool.name: tool for tool in listed(Service([ScriptedRouter([])], executor=MockExecutor()), mode)}
    route = tools[ROUTE_TO_TOOL]
    assert (route.input_schema, route.output_schema) == (INPUT_SCHEMA, OUTPUT_SCHEMA)
    assert list(route.output_schema["properties"]) == list(OUTPUT_SCHEMA["properties"])
    assert route.annotations.read_only_hint and route.annotations.idempotent_hint
    assert (
        tools[RUN_REQUEST].annotations.destructive_hint and not tools[RUN_REQUEST].annotations.read_only_hint
    )
    for tool in BOX:
        shown = tools[tool.name]
        assert (shown.input_schema, shown.output_schema) == (tool.input_schema, CALL_OUTPUT_SCHEMA)
        assert shown.annotations.model_dump(by_alias=True, exclude_none=True) == tool.annotations
        assert shown.title == tool.annotations["title"]


def test_without_an_executor_routing_is_all_there_is(call, mode):
    service = Service([ScriptedRouter([WEATHER])])
    assert [tool.name for tool in listed(service, mode)] == [ROUTE_TO_TOOL]
    assert isinstance(call(name="get_weather", service=service, city="Oslo"), MCPError)
    assert call(service=service, request="weather in Tokyo").structured_content["args"] == {"city": "Tokyo"}


def test_the_schemas_are_json_schema():
    for schema in (INPUT_SCHEMA, OUTPUT_SCHEMA, RUN_OUTPUT_SCHEMA, CALL_OUTPUT_SCHEMA):
        Draft202012Validator.check_schema(schema)


def test_a_toolbox_may_not_take_the_name_of_the_servers_own_tools():
    toolbox = Toolbox(tools=(*BOX.tools, Tool(name=ROUTE_TO_TOOL)))
    with pytest.raises(ToolboxError, match=r"/8/name: 'route_to_tool' is the name of the server's own"):
        make_server(Service([ScriptedRouter([])], toolbox, executor=MockExecutor()))


def test_a_request_is_answered_with_a_checked_call(call):
    result = call(ScriptedRouter([WEATHER], name="small"), request="What's the weather in Tokyo?")
    answer = result.structured_content
    assert not result.is_error
    assert (answer["tool"], answer["args"], answer["valid"]) == ("get_weather", {"city": "Tokyo"}, True)
    assert (answer["outcome"], answer["tier"], answer["violations"]) == ("call", "small", [])
    assert json.loads(result.content[0].text) == answer


def test_the_callers_clock_counts_and_without_one_the_servers(call):
    asked = {"request": "weather in Tokyo tomorrow"}
    given = call(ScriptedRouter([TOMORROW]), now="2027-02-28T09:00", **asked)
    own = call(ScriptedRouter([TOMORROW]), **asked)
    assert given.structured_content["args"]["date"] == "2027-03-01"
    assert own.structured_content["args"]["date"] == "2026-11-24"


def test_the_next_tier_answers_where_the_first_is_invalid(call):
    result = call(
        ScriptedRouter(["hm"]), ScriptedRouter([WEATHER], name="second"), request="weather in Tokyo"
    )
    assert result.structured_content["tier"] == "second"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ('{"tool": null, "args": {}}', "no_tool"),
        ('{"tool": "get_weather", "args": {}}', "need_argument"),
        ("hm", "invalid"),
    ],
)
@pytest.mark.parametrize(
    ("name", "schema"), [(ROUTE_TO_TOOL, OUTPUT_SCHEMA), (RUN_REQUEST, RUN_OUTPUT_SCHEMA)]
)
def test_every_other_outcome_is_an_answer_that_fits_the_output_schema(call, name, schema, answer, outcome):
    result = call(ScriptedRouter([answer]), name=name, request="well")
    assert not result.is_error
    assert result.structured_content["outcome"] == outcome
    assert not list(Draft202012Validator(schema).iter_errors(result.structured_content))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "The argument /request is missing"),
        ({"request": 7}, "The argument /request must be a string, but is 7."),
        ({"request": "  "}, "/request must be"),
        ({"request": "weather", "units": "celsius"}, "/units must be left out"),
        ({"request": "weather", "now": "noon"}, "/now must be a date and time such as"),
        ({"request": "x" * 20_001}, "/request must be a text of at most 20000 characters"),
    ],
)
@pytest.mark.parametrize("name", [ROUTE_TO_TOOL, RUN_REQUEST])
def test_wrong_arguments_are_a_tool_error_that_a_model_can_act_on(call, name, arguments, said):
    router = ScriptedRouter([])
    result = call(router, name=name, **arguments)
    assert result.is_error
    assert said in result.content[0].text
    assert len(result.content[0].text) < 1000
    assert router.asked == []


@pytest.mark.parametrize("name", ["get_forecast", "", "route_to_tool ", "x" * 5000, "naïve\n"])
def test_an_unknown_tool_is_a_protocol_error(call, name):
    error = call(ScriptedRouter([]), name=name, city="Tokyo")
    assert isinstance(error, MCPError)
    assert error.code == t.INVALID_PARAMS
    assert str(error).startswith("Unknown tool: ") and len(str(error)) < 200


def test_a_failing_tier_is_a_tool_error_with_its_reason(call):
    def fail(request):
        raise ToolsmithError("the adapter is not there")

    result = call(FunctionRouter(fail, name="tuned"), request="weather")
    assert result.is_error
    assert result.content[0].text == "tuned: the adapter is not there"


@pytest.mark.parametrize("name", [ROUTE_TO_TOOL, RUN_REQUEST])
def test_an_unexpected_error_is_logged_and_leaves_no_trace_of_the_inside(call, caplog, name):
    def fail(request):
        raise RuntimeError("secret path")

    error = call(FunctionRouter(fail), name=name, request="weather")
    assert isinstance(error, MCPError)
    assert error.code == t.INTERNAL_ERROR
    assert "secret" not in str(error)
    assert "secret" in caplog.text


def test_half_a_surrogate_pair_in_a_models_text_does_not_stop_the_answer(call):
    result = call(FunctionRouter(lambda request: "\ud800"), request="weather")
    assert result.structured_content["outcome"] == "invalid"
    assert result.structured_content["attempts"][0]["raw"] == "?"


def test_a_tool_of_the_toolbox_runs_and_answers_with_its_result(call):
    result = call(
        ScriptedRouter([]), name="convert_currency", amount=20, from_currency="USD", to_currency="EUR"
    )
    assert not result.is_error
    assert result.structured_content["result"]["amount"] == 18.4
    assert not list(Draft202012Validator(CALL_OUTPUT_SCHEMA).iter_errors(result.structured_content))


def test_wrong_arguments_of_a_tool_never_reach_it(call):
    executor = MockExecutor()
    service = Service([ScriptedRouter([])], executor=executor)
    result = call(service=service, name="get_weather", city="Oslo", date="tomorrow")
    assert result.is_error
    assert "/date must be a date such as 2026-12-01" in result.content[0].text
    assert executor.calls == []


def test_a_tool_that_fails_is_a_tool_error_with_its_reason(call):
    result = call(
        ScriptedRouter([]), name="convert_currency", amount=1, from_currency="USD", to_currency="XXX"
    )
    assert result.is_error
    assert result.content[0].text.startswith("failed: there is no rate for XXX")


def test_a_tool_that_breaks_with_its_effect_unknown_is_not_tried_again(call, mode):
    calls = []

    def send_email(**arguments):
        calls.append(arguments)
        raise OSError("the line broke")

    service = Service([ScriptedRouter([])], executor=FunctionExecutor({"send_email": send_email}))
    arguments = {"to": "Ana", "body": "hello"}
    first = call(service=service, name="send_email", **arguments)
    assert first.is_error and first.content[0].text.startswith("unknown: ")
    again = call(service=service, name="send_email", **arguments)
    assert again.is_error and again.content[0].text.startswith("blocked: ")
    assert calls == [arguments]


def test_a_run_routes_and_makes_the_call(call):
    result = call(ScriptedRouter([TOMORROW]), name=RUN_REQUEST, request="weather in Tokyo tomorrow")
    answer = result.structured_content
    assert not result.is_error
    assert (answer["effect"]["status"], answer["result"]["date"]) == ("completed", "2026-11-24")
    assert (answer["tool"], answer["tier"]) == ("get_weather", "scripted")


def test_where_nobody_can_be_asked_a_destructive_call_is_left_undone_and_said_to_be(call):
    executor = MockExecutor()
    service = Service([ScriptedRouter([EMAIL])], executor=executor)
    result = call(service=service, name=RUN_REQUEST, request="mail hello to Ana")
    assert result.is_error
    assert result.structured_content["effect"]["status"] == "declined"
    assert result.structured_content["args"] == {"to": "Ana", "body": "hello"}
    assert "nobody to confirm it" in result.content[0].text
    assert executor.calls == []


def test_a_server_may_be_told_to_run_destructive_calls_unasked(call):
    executor = MockExecutor()
    service = Service([ScriptedRouter([EMAIL])], executor=executor, confirms=False)
    assert not call(service=service, name=RUN_REQUEST, request="mail hello to Ana").is_error
    assert len(executor.calls) == 1


def test_a_repeated_run_with_the_same_id_does_nothing_twice(call):
    executor = MockExecutor()
    service = Service([ScriptedRouter([EMAIL, EMAIL, EMAIL])], executor=executor, confirms=False)
    asked = {"name": RUN_REQUEST, "request": "mail hello to Ana"}
    for run_id in ("one", "one", "two"):
        result = call(service=service, run_id=run_id, **asked)
        assert result.structured_content["effect"]["status"] == "completed"
    assert len(executor.calls) == 2


def test_what_a_client_calls_itself_is_in_the_log_too(call):
    sink = MemorySink()
    service = Service([ScriptedRouter([])], executor=MockExecutor(), sink=sink)
    result = call(service=service, name="send_message", to="Ana", text="hello")
    assert [event.kind for event in sink.events] == ["start", "confirmation", "intent", "effect", "end"]
    assert {event.run for event in sink.events} == {result.structured_content["run_id"]}
    assert sink.events[-1].data["tier"] == "client"


def test_a_tool_that_hangs_is_left_alone_in_time(call):
    over = threading.Event()

    def get_weather(city):
        over.wait(30)

    service = Service(
        [ScriptedRouter([])],
        executor=FunctionExecutor({"get_weather": get_weather}),
        budget=Budget(tool_seconds=0.05),
    )
    result = call(service=service, name="get_weather", city="Oslo")
    over.set()
    assert result.is_error
    assert "gave no answer within 0.05 s" in result.content[0].text


def test_many_clients_get_their_own_answers(mode):
    router = FunctionRouter(lambda request: json.dumps({"tool": "get_weather", "args": {"city": request}}))

    async def ask(server, city, answers):
        async with Client(server, mode=mode) as client:
            answers[city] = (await client.call_tool(RUN_REQUEST, {"request": city})).structured_content

    async def many():
        server, answers = make_server(Service([router], executor=MockExecutor())), {}
        async with anyio.create_task_group() as group:
            for i in range(20):
                group.start_soon(ask, server, f"Town {i}", answers)
        return answers

    answers = anyio.run(many)
    assert len(answers) == 20
    assert all(answer["args"] == {"city": city} for city, answer in answers.items())
    assert all(answer["result"]["city"] == city for city, answer in answers.items())


class Batching:
    """A router that takes several requests at once, remembers how many, and fails on a batch with "bad" in it."""

    name = "batching"

    def __init__(self):
        self.sizes, self.busy = [], threading.Lock()

    def route(self, requests, toolbox):
        assert self.busy.acquire(blocking=False), "asked by two threads at once"
        with contextlib.ExitStack() as stack:
            stack.callback(self.busy.release)
            self.sizes.append(len(requests))
            if "bad" in requests:
                raise ToolsmithError("this batch has a bad request")
            texts = [json.dumps({"tool": "get_weather", "args": {"city": request}}) for request in requests]
            return [Routed.from_text(text, tier=self.name) for text in texts]


def test_many_clients_share_batches_and_neither_answers_nor_failures(mode):
    router, queue = Batching(), RouterQueue(window=0.05, max_batch=16)
    service = Service([QueuedRouter(router, queue)], executor=MockExecutor())
    requests = ["bad" if i in (7, 23) else f"Town {i}" for i in range(40)]

    async def ask(client, i, answers):
        answers[i] = await client.call_tool(RUN_REQUEST, {"request": requests[i]})

    async def many():
        server, answers = make_server(service), {}
        async with contextlib.AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(Client(server, mode=mode)) for _ in range(8)]
            async with anyio.create_task_group() as group:
                for i in range(40):
                    group.start_soon(ask, clients[i % 8], i, answers)
        return answers

    answers = anyio.run(many)
    queue.close()
    for i, request in enumerate(requests):
        if request == "bad":
            assert answers[i].is_error
            assert answers[i].content[0].text == "batching: this batch has a bad request"
        else:
            assert answers[i].structured_content["result"]["city"] == request
    assert max(router.sizes) > 1


KILLED = """
import sys, threading, pathlib
from toolsmith_agent import FunctionExecutor, Ledger
from toolsmith_mcp_server import Service, make_server, serve_stdio
from toolsmith_schema import ScriptedRouter

folder = pathlib.Path(sys.argv[1])

def send_message(**arguments):
    with open(folder / "sent", "a") as sent:
        sent.write("x")
    threading.Event().wait()

executor = FunctionExecutor({"send_message": send_message})
serve_stdio(make_server(Service([ScriptedRouter([])], executor=executor, ledger=Ledger(folder / "ledger.jsonl"))))
"""


def test_a_server_that_was_killed_in_mid_call_does_not_do_it_again_after_its_restart(call, tmp_path):
    arguments = {"to": "Ana", "text": "hello"}
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "0"},
    }
    lines = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "send_message", "arguments": arguments}},
    ]
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for line in lines:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **line}).encode() + b"\n")
        process.stdin.flush()
        sent = tmp_path / "sent"
        while not (sent.exists() and sent.stat().st_size):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    executor = MockExecutor()
    ledger = Ledger(tmp_path / "ledger.jsonl")
    again = Service([ScriptedRouter([])], executor=executor, ledger=ledger)
    result = call(service=again, name="send_message", **arguments)
    assert result.is_error
    assert "its outcome is not known" in result.content[0].text
    assert (sent.read_text(), executor.calls) == ("x", [])
    assert [record.tool for record in ledger.unsettled()] == ["send_message"]
    ledger.close()
