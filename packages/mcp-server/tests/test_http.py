import json
import os
import re
import signal
import subprocess
import sys
from contextlib import asynccontextmanager

import anyio
import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from toolsmith_agent import MockExecutor
from toolsmith_mcp_server import ROUTE_TO_TOOL, HttpSettings, Service, make_app, make_server
from toolsmith_mcp_server.http import bind
from toolsmith_mcp_server.settings import GateLimits, ServeSettings
from toolsmith_schema import FunctionRouter, ToolsmithError

TOKEN = "correct horse battery"
WEATHER = '{"tool": "get_weather", "args": {"city": "Tokyo"}}'
VERSION = "2026-07-28"


@asynccontextmanager
async def served(settings, base):
    """A client of plain HTTP for a server in this process, reached under `base`."""
    service = Service([FunctionRouter(lambda request: WEATHER)], executor=MockExecutor())
    gate = make_app(make_server(service), settings)
    inner = gate._app
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(gate), base_url=base)
    async with inner.router.lifespan_context(inner), http as client:
        yield client


def message(name=ROUTE_TO_TOOL, **arguments):
    """A call of a tool in the current era."""
    meta = {
        "protocolVersion": VERSION,
        "clientInfo": {"name": "test", "version": "0"},
        "clientCapabilities": {},
    }
    prefixed = {f"io.modelcontextprotocol/{key}": value for key, value in meta.items()}
    params = {"name": name, "arguments": arguments, "_meta": prefixed}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def headers(body=None, **more):
    """The headers of a request of the current era."""
    params = (body or {}).get("params", {})
    named = {"mcp-method": "tools/call", "mcp-name": params["name"]} if "name" in params else {}
    accepted = "application/json, text/event-stream"
    own = {"content-type": "application/json", "accept": accepted, "mcp-protocol-version": VERSION}
    return {**own, **named, **{name.replace("_", "-"): value for name, value in more.items()}}


def post(settings=None, base="http://127.0.0.1:8765", body=None, **more):
    """Post one call; the answer."""
    body = body or message(request="weather in Tokyo")

    async def one():
        async with served(settings or HttpSettings(), base) as client:
            return await client.post("/mcp", content=json.dumps(body), headers=headers(body, **more))

    return anyio.run(one)


def test_a_call_is_answered():
    answer = post()
    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["structuredContent"]["args"] == {"city": "Tokyo"}


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8765", "localhost.evil.example", ""]
)
def test_another_host_header_is_refused_on_loopback(host):
    assert post(host=host).status_code == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example:8765"])
def test_a_foreign_origin_is_refused_on_loopback(origin):
    assert post(origin=origin).status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost:8765", "http://127.0.0.1:3000"])
def test_an_own_origin_may_ask(origin):
    assert post(origin=origin).status_code == 200


ELSEWHERE = HttpSettings(
    host="0.0.0.0",
    allowed_hosts=("tools.example",),
    allowed_origins=("https://app.example",),
    limits=GateLimits(token=TOKEN),
)


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("tools.example", None, 200),
        ("tools.example:8765", "https://app.example", 200),
        ("tools.example", "https://evil.example", 403),
        ("tools.example", "https://app.example.evil", 403),
        ("evil.example", None, 421),
        ("0.0.0.0:8765", None, 421),
    ],
)
def test_host_and_origin_are_checked_also_when_bound_elsewhere(host, origin, status):
    more = {"host": host, "authorization": f"Bearer {TOKEN}"} | ({"origin": origin} if origin else {})
    assert post(ELSEWHERE, **more).status_code == status


def test_a_server_bound_elsewhere_asks_for_its_token():
    assert post(ELSEWHERE, host="tools.example").status_code == 401


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"host": "0.0.0.0"}, "not a loopback address"),
        ({"host": "192.0.2.7"}, "not a loopback address"),
        ({"host": "::"}, "not a loopback address"),
        ({"host": ""}, "not a loopback address"),
        ({"host": "tools.example"}, "not a loopback address"),
        ({"host": "0.0.0.0", "limits": GateLimits(token=TOKEN)}, "--allowed-host"),
        ({"limits": GateLimits(token="short")}, "16 or more"),
        ({"limits": GateLimits(token="sixteen bytes\n and more")}, "printable"),
    ],
)
def test_what_would_leave_the_server_open_is_refused(settings, said):
    with pytest.raises(ToolsmithError, match=re.escape(said)):
        HttpSettings(**settings)


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("127.0.0.1", ("127.0.0.1", "localhost", "[::1]")),
        ("127.0.0.9", ("127.0.0.1", "localhost", "[::1]", "127.0.0.9")),
        ("::1", ("127.0.0.1", "localhost", "[::1]")),
        ("192.0.2.7", ("192.0.2.7",)),
        ("0.0.0.0", ()),
    ],
)
def test_a_server_has_the_names_of_the_address_it_is_bound_to(host, names):
    settings = HttpSettings(host=host, allowed_hosts=("tools.example",), limits=GateLimits(token=TOKEN))
    assert settings.names == names


def test_the_token_is_in_no_representation():
    assert TOKEN not in repr(ServeSettings(http=ELSEWHERE))


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_times_that_are_none_are_refused(seconds):
    with pytest.raises(ToolsmithError, match="--timeout"):
        ServeSettings(timeout=seconds)


def test_a_taken_port_is_one_paragraph():
    refused = pytest.raises(ToolsmithError, match=r"Cannot listen on 127\.0\.0\.1, port \d+: ")
    with bind(HttpSettings(port=0)) as taken, refused:
        bind(HttpSettings(port=taken.getsockname()[1]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=15,
)
bodies = st.binary(max_size=300) | json_values.map(lambda value: json.dumps(value).encode())
calls = st.builds(
    lambda name, arguments: json.dumps(
        {**message(name), "params": {**message(name)["params"], "arguments": arguments}}
    ).encode(),
    st.sampled_from([ROUTE_TO_TOOL, "run_request", "get_weather", "create_event", "unknown"]),
    st.dictionaries(st.sampled_from(["request", "now", "run_id", "city", "date", "title"]), json_values)
    | json_values,
)


@given(body=bodies | calls, era=st.sampled_from([VERSION, "2025-11-25", "2099-01-01", None]))
@example(body=b"[" * 100_000, era=VERSION)
@example(body=json.dumps(message(request="\ud800")).encode(), era=VERSION)
@example(body=json.dumps(message(request="hello", now="0001-01-01T00:00")).encode(), era=VERSION)
@example(
    body=json.dumps(
        message("convert_currency", amount=10**400, from_currency="USD", to_currency="EUR")
    ).encode(),
    era=VERSION,
)
@example(
    body=json.dumps(
        message("convert_currency", amount=float("nan"), from_currency="USD", to_currency="EUR")
    ).encode(),
    era=VERSION,
)
def test_whatever_is_sent_the_answer_is_json_and_shows_nothing_of_the_inside(body, era):
    async def one():
        async with served(HttpSettings(), "http://127.0.0.1:8765") as client:
            named = {"mcp-method": "tools/call"}
            try:
                named["mcp-name"] = json.loads(body)["params"]["name"]
            except (ValueError, TypeError, KeyError, RecursionError):
                named = {}
            sent = {name: value for name, value in headers().items() if era or name != "mcp-protocol-version"}
            if era:
                sent["mcp-protocol-version"] = era
            return await client.post("/mcp", content=body, headers={**sent, **named})

    answer = anyio.run(one)
    assert answer.status_code in (200, 202, 400, 404), answer.text
    assert "Traceback" not in answer.text
    error = answer.json().get("error") if answer.text else None
    assert not error or error["code"] != -32603, answer.text


SLOW = """
import sys, time, pathlib
from toolsmith_agent import MockExecutor
from toolsmith_mcp_server import HttpSettings, Service, make_app, make_server, serve_http
from toolsmith_mcp_server.http import bind
from toolsmith_schema import FunctionRouter

folder = pathlib.Path(sys.argv[1])

def slow(request):
    (folder / f"asked-{request}").touch()
    while not (folder / "go on").exists():
        time.sleep(0.01)
    return '{"tool": "get_weather", "args": {"city": "Tokyo"}}'

settings = HttpSettings(port=0)
service = Service([FunctionRouter(slow)], executor=MockExecutor())
with bind(settings) as listening:
    print(settings.url(listening.getsockname()[1]), flush=True)
    sys.exit(serve_http(make_app(make_server(service), settings), listening, grace=60))
"""


def test_on_sigterm_requests_in_flight_are_answered_and_listening_streams_ended(tmp_path):
    async def ask(url, mode, answers):
        async with Client(url, mode=mode) as client:
            await client.list_tools()  # else it would be asked for after the call, to judge the answer
            answers[mode] = await client.call_tool(ROUTE_TO_TOOL, {"request": mode})

    async def run(process):
        url, answers = process.stdout.readline().strip(), {}
        async with anyio.create_task_group() as group:
            for mode in ("auto", "legacy"):
                group.start_soon(ask, url, mode, answers)
            while not all((tmp_path / f"asked-{mode}").exists() for mode in ("auto", "legacy")):
                await anyio.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            async with httpx2.AsyncClient() as client:  # until it takes nothing more
                with anyio.fail_after(120):
                    while True:
                        try:
                            await client.get(url.replace("/mcp", "/healthz"), headers={"connection": "close"})
                        except httpx2.TransportError:
                            break
            (tmp_path / "go on").touch()
        return answers

    command = [sys.executable, "-c", SLOW, str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            answers = anyio.run(run, process)
            assert process.wait(120) == 0
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()
    assert [answer.structured_content["args"] for answer in answers.values()] == [{"city": "Tokyo"}] * 2


def test_the_command_serves_both_eras_with_a_token_and_ends_on_sigterm():
    command = [sys.executable, "-m", "toolsmith_schema.main", "serve", "--transport", "http", "--port", "0"]
    environment = {**os.environ, "TOOLSMITH_TOKEN": TOKEN}

    async def run(url):
        found = []
        for mode in ("auto", "legacy"):
            http = httpx2.AsyncClient(headers={"authorization": f"Bearer {TOKEN}"})
            client = Client(streamable_http_client(url, http_client=http), mode=mode)
            async with http, client:
                tools = (await client.list_tools()).tools
                result = await client.call_tool(ROUTE_TO_TOOL, {"request": "What's the weather in Tokyo?"})
                found.append((len(tools), result.structured_content["args"]))
        async with httpx2.AsyncClient() as http:
            found.append((await http.get(url.replace("/mcp", "/readyz"))).json())
            found.append((await http.post(url, json={})).status_code)
        return found

    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            line = process.stderr.readline()
            url = line.split(" at ")[1].strip()
            found = anyio.run(run, url)
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0
            assert (process.stdout.read(), process.stderr.read()) == ("", "")
        finally:
            process.kill()
    assert found == [(10, {"city": "Tokyo"}), (10, {"city": "Tokyo"}), {"status": "ready"}, 401]
