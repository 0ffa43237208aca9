import json
from datetime import datetime

import anyio
import mcp_types as t
import pytest
from jsonschema import Draft202012Validator
from mcp import Client, MCPError

from toolsmith_mcp_server import INPUT_SCHEMA, OUTPUT_SCHEMA, ROUTE_TO_TOOL, make_server
from toolsmith_schema import FunctionRouter, ScriptedRouter, Toolbox, ToolsmithError

WEATHER = '{"tool": "get_weather", "args": {"city": "Tokyo"}}'
TOMORROW = '{"tool": "get_weather", "args": {"city": "Tokyo", "date": "tomorrow"}}'


@pytest.fixture(params=["auto", "legacy"])
def call(request):
    """Calls the tool of a server made of routers, over an in-memory client: ``call(router, request=…)``."""

    def run(*routers, name=ROUTE_TO_TOOL, **arguments):
        async def one():
            server = make_server(routers, clock=lambda: datetime(2026, 11, 23, 9))
            async with Client(server, mode=request.param) as client:
                try:
                    return await client.call_tool(name, arguments)
                except MCPError as error:
                    return error

        return anyio.run(one)

    return run


@pytest.fixture(params=["auto", "legacy"])
def tools(request):
    """The tools that a client is shown."""

    async def listed():
        async with Client(make_server([ScriptedRouter([])]), mode=request.param) as client:
            return (await client.list_tools()).tools

    return anyio.run(listed)


def test_the_one_tool_comes_with_both_schemas_and_its_annotations(tools):
    (tool,) = tools
    assert tool.name == ROUTE_TO_TOOL
    assert (tool.input_schema, tool.output_schema) == (INPUT_SCHEMA, OUTPUT_SCHEMA)
    assert list(tool.output_schema["properties"]) == list(OUTPUT_SCHEMA["properties"])
    assert tool.annotations.read_only_hint and tool.annotations.idempotent_hint


def test_the_schemas_are_json_schema():
    for schema in (INPUT_SCHEMA, OUTPUT_SCHEMA):
        Draft202012Validator.check_schema(schema)


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
def test_every_other_outcome_is_an_answer_that_fits_the_output_schema(call, answer, outcome):
    result = call(ScriptedRouter([answer]), request="well")
    assert not result.is_error
    assert result.structured_content["outcome"] == outcome
    assert not list(Draft202012Validator(OUTPUT_SCHEMA).iter_errors(result.structured_content))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "'request' is a required property"),
        ({"request": 7}, "/request: 7 is not of type 'string'"),
        ({"request": "  "}, "/request"),
        ({"request": "weather", "units": "celsius"}, "'units' was unexpected"),
        ({"request": "weather", "now": "noon"}, "/now: 'noon' is not a local date-time"),
        ({"request": "x" * 20_001}, "/request"),
    ],
)
def test_wrong_arguments_are_a_tool_error_that_a_model_can_act_on(call, arguments, said):
    router = ScriptedRouter([])
    result = call(router, **arguments)
    assert result.is_error
    assert said in result.content[0].text
    assert len(result.content[0].text) < 1000
    assert router.asked == []


def test_an_unknown_tool_is_a_protocol_error(call):
    error = call(ScriptedRouter([]), name="get_weather", city="Tokyo")
    assert isinstance(error, MCPError)
    assert (error.code, str(error)) == (t.INVALID_PARAMS, "Unknown tool: get_weather")


def test_a_failing_tier_is_a_tool_error_with_its_reason(call):
    def fail(request):
        raise ToolsmithError("the adapter is not there")

    result = call(FunctionRouter(fail), request="weather")
    assert result.is_error
    assert result.content[0].text == "the adapter is not there"


def test_an_unexpected_error_is_logged_and_leaves_no_trace_of_the_inside(call, caplog):
    def fail(request):
        raise RuntimeError("secret path")

    error = call(FunctionRouter(fail), request="weather")
    assert isinstance(error, MCPError)
    assert error.code == t.INTERNAL_ERROR
    assert "secret" not in str(error)
    assert "secret" in caplog.text


def test_many_clients_get_their_own_answers():
    router = FunctionRouter(lambda request: json.dumps({"tool": "get_weather", "args": {"city": request}}))

    async def ask(server, city, answers):
        async with Client(server) as client:
            answers[city] = (await client.call_tool(ROUTE_TO_TOOL, {"request": city})).structured_content

    async def many():
        server, answers = make_server([router], Toolbox.default()), {}
        async with anyio.create_task_group() as group:
            for i in range(20):
                group.start_soon(ask, server, f"Town {i}", answers)
        return answers

    answers = anyio.run(many)
    assert len(answers) == 20
    assert all(answer["args"] == {"city": city} for city, answer in answers.items())
