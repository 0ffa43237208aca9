import json
import os
import subprocess
import sys

import anyio
import pytest
from mcp import Client, StdioServerParameters

from toolsmith_mcp_server import ROUTE_TO_TOOL, models, running
from toolsmith_mcp_server.running import mock_executor
from toolsmith_mcp_server.settings import ServeSettings
from toolsmith_schema import ArtifactMissing, Tool, Toolbox, ToolCall, hints
from toolsmith_schema.main import main

SERVE = ("-m", "toolsmith_schema.main", "serve")
ASKED = {"request": "What's the weather in Tokyo?", "now": "2026-11-23T09:00"}


@pytest.fixture
def served(monkeypatch):
    """Runs the command without serving; gives the settings it would serve with: ``served("--strict")``."""
    found = []
    monkeypatch.setattr(running, "serve", lambda settings: found.append(settings) or 0)

    def run(*arguments):
        assert main(["serve", *arguments]) == 0
        return found[-1]

    return run


def printed(capsys, *arguments):
    """What the command prints as JSON."""
    assert main(["serve", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_rule_tier_over_stdio_is_the_default(served):
    assert served() == ServeSettings()


def test_the_options_become_settings(served):
    settings = served("--model", "tuned", "--model", "rules", "--preload", "--route-only", "--timeout", "5")
    assert settings == ServeSettings(tiers=("tuned", "rules"), preload=True, route_only=True, timeout=5.0)
    http = served(
        "--transport", "http", "--host", "::1", "--port", "0", "--rate", "0", "--concurrency", "3"
    ).http
    assert (http.host, http.port, http.limits.rate, http.limits.concurrency) == ("::1", 0, 0, 3)


def test_the_token_comes_from_the_environment(served, monkeypatch):
    monkeypatch.setenv("TOOLSMITH_TOKEN", "correct horse battery")
    assert served("--transport", "http").http.limits.token == "correct horse battery"


def test_an_endpoint_is_a_tier(served):
    named = ("--endpoint", "http://127.0.0.1:9/v1", "--endpoint-model", "router")
    settings = served(*named, "--endpoint-answers", "text")
    assert (settings.tiers, settings.endpoint_model) == (("endpoint",), "router")
    assert settings.endpoint_answers == "text"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--endpoint", "http://127.0.0.1:9/v1"], "--endpoint and --endpoint-model go together"),
        (["--model", "endpoint"], "needs --endpoint"),
        (["--model", "rules", "--model", "rules"], "twice"),
        (["--port", "70000"], "--port"),
        (["--directory", "nowhere"], "--directory"),
    ],
)
def test_options_that_contradict_one_another_are_a_usage_error(capsys, arguments, said):
    assert main(["serve", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--transport", "http", "--host", "0.0.0.0"], "not a loopback address"),
        (["--toolbox", "nowhere.json"], "nowhere.json: at /: there is no such file"),
        (["--timeout", "0"], "--timeout"),
        (["--endpoint", "ftp://127.0.0.1", "--endpoint-model", "router"], "ftp"),
    ],
)
def test_what_cannot_be_served_is_one_paragraph(capsys, arguments, said):
    assert main(["serve", *arguments]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err and "Traceback" not in shown.err


def test_the_configuration_starts_the_same_server(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tools.json").write_text("[]")
    shown = printed(
        capsys, "--model", "tuned", "--model", "rules", "--toolbox", "tools.json", "--print-config"
    )
    arguments = shown["mcpServers"]["toolsmith"]["args"]
    expected = ["serve", "--model", "tuned", "--model", "rules", "--toolbox", str(tmp_path / "tools.json")]
    assert arguments[-len(expected) - 2 :] == [*expected, "--directory", str(tmp_path)]


def test_the_configuration_of_a_running_server_is_its_address(capsys, monkeypatch):
    monkeypatch.setenv("TOOLSMITH_TOKEN", "correct horse battery")
    shown = printed(capsys, "--transport", "http", "--print-config", "vscode")
    assert shown["servers"]["toolsmith"]["url"] == "http://127.0.0.1:8765/mcp"
    assert "correct horse" not in json.dumps(shown)


def test_every_call_of_the_default_toolbox_has_a_body_and_a_strange_toolbox_has_none():
    executor = mock_executor(Toolbox.default())
    call = ToolCall(tool="get_weather", args={"city": "Oslo"})
    assert executor.execute(call, deadline=None).value["city"] == "Oslo"
    assert mock_executor(Toolbox(tools=(Tool(name="open_gate"),))) is None


def test_a_printed_word_does_not_reach_the_wire_and_a_closed_stdin_ends_the_server():
    """A library that prints, at once or from a buffer, and a child that does, while the protocol goes on."""
    program = """
import os, sys
from toolsmith_mcp_server import Service, make_server, serve_stdio
from toolsmith_schema import FunctionRouter

early = sys.stdout

def chatty(request):
    print("from print")
    early.write("from a kept stream")
    sys.__stdout__.write("from the first stream")
    os.system("echo from a child")
    return '{"tool": "get_weather", "args": {"city": "Tokyo"}}'

serve_stdio(make_server(Service([FunctionRouter(chatty)])), start=lambda: print("from the start"))
"""
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "0"},
    }
    lines = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": ROUTE_TO_TOOL, "arguments": ASKED}},
    ]
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": ""},  # with a buffer, which is written when the program ends
    ) as process:
        for line in lines:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **line}) + "\n")
            process.stdin.flush()
        said = [process.stdout.readline() for _ in range(2)]
        rest, shown = process.communicate(timeout=120)
    assert [json.loads(line)["id"] for line in said] == [1, 2]
    assert json.loads(said[1])["result"]["structuredContent"]["args"] == {"city": "Tokyo"}
    assert (rest, process.returncode) == ("", 0)
    for word in ("print", "a kept stream", "the first stream", "a child", "the start"):
        assert f"from {word}" in shown


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_command_serves_the_rule_tier_over_stdio(mode, tmp_path):
    arguments = [*SERVE, "--logs", str(tmp_path)]

    async def ask():
        async with Client(StdioServerParameters(command=sys.executable, args=arguments), mode=mode) as client:
            return await client.call_tool(ROUTE_TO_TOOL, ASKED)

    answer = anyio.run(ask).structured_content
    assert (answer["tool"], answer["args"], answer["tier"]) == ("get_weather", {"city": "Tokyo"}, "rules")
    (log,) = tmp_path.glob("run-*.jsonl")
    events = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [event["event"] for event in events] == ["start", "request", "attempt", "end"]
    assert {event["run"] for event in events} == {answer["run_id"]}


def test_a_model_that_cannot_be_loaded_ends_the_start_with_its_reason(monkeypatch, capsys):
    def load(names, *, install):
        raise ArtifactMissing("the base model", "artifacts/base", "toolsmith pretrain")

    monkeypatch.setattr(models, "find_spec", lambda name: object())
    monkeypatch.setattr(models, "load_tiers", load)
    assert main(["serve", "--model", "base", "--preload", "--transport", "http", "--port", "0"]) == 1
    assert "Make it with: toolsmith pretrain" in capsys.readouterr().err


def test_without_the_sdk_the_install_line_is_printed(monkeypatch, capsys):
    def absent(module):
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr(hints, "import_module", absent)
    assert main(["serve"]) == 1
    assert "pip install toolsmith-mcp-server" in capsys.readouterr().err


def test_without_a_models_packages_the_install_line_is_printed(monkeypatch, capsys):
    def absent(module):
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr(models, "find_spec", lambda name: None)
    original = hints.import_module
    monkeypatch.setattr(
        hints, "import_module", lambda name: original(name) if name == "mcp" else absent(name)
    )
    assert main(["serve", "--model", "tuned"]) == 1
    assert 'pip install "toolsmith-mcp-server[model]"' in capsys.readouterr().err


def test_the_command_and_the_index_do_not_import_the_sdk():
    code = "import sys, toolsmith_mcp_server.commands; print(*sys.modules)"
    imported = subprocess.check_output([sys.executable, "-c", code], encoding="utf-8").split()
    assert "toolsmith_mcp_server.commands" in imported
    assert not {"mcp", "mcp_types", "uvicorn", "starlette", "httpx2"} & set(imported)
