import json
import sys

import pytest

from toolsmith_mcp_server import client_config
from toolsmith_mcp_server.client_config import CLIENTS, http_config, own_command, stdio_config

URL = "http://127.0.0.1:8765/mcp"


@pytest.fixture(autouse=True)
def command(monkeypatch):
    """The server is started as ``toolsmith``."""
    monkeypatch.setattr(client_config, "own_command", lambda: ["toolsmith"])


@pytest.mark.parametrize("client", ["claude", "cursor"])
def test_claude_and_cursor_start_the_server_with_its_arguments(client):
    assert stdio_config(client, ["--model", "tuned"]) == {
        "mcpServers": {"toolsmith": {"command": "toolsmith", "args": ["serve", "--model", "tuned"]}}
    }


def test_vs_code_has_a_form_of_its_own():
    assert stdio_config("vscode", []) == {
        "servers": {"toolsmith": {"type": "stdio", "command": "toolsmith", "args": ["serve"]}}
    }


def test_a_running_server_is_named_by_its_address():
    assert http_config("claude", URL, token=False) == {
        "mcpServers": {"toolsmith": {"type": "http", "url": URL}}
    }
    assert http_config("cursor", URL, token=False) == {"mcpServers": {"toolsmith": {"url": URL}}}
    assert http_config("vscode", URL, token=False) == {"servers": {"toolsmith": {"type": "http", "url": URL}}}


def test_the_token_comes_from_the_environment_or_from_the_person():
    assert http_config("claude", URL, token=True)["mcpServers"]["toolsmith"]["headers"] == {
        "Authorization": "Bearer ${TOOLSMITH_TOKEN}"
    }
    assert "${env:TOOLSMITH_TOKEN}" in json.dumps(http_config("cursor", URL, token=True))
    asked = http_config("vscode", URL, token=True)
    assert asked["inputs"][0]["password"] is True
    assert f"${{input:{asked['inputs'][0]['id']}}}" in json.dumps(asked["servers"])


def test_every_client_has_both_forms():
    for client in CLIENTS:
        assert json.loads(json.dumps(stdio_config(client, [])))
        assert json.loads(json.dumps(http_config(client, URL, token=True)))


def test_the_command_is_this_installation(tmp_path, monkeypatch):
    python = tmp_path / "python"
    monkeypatch.setattr(sys, "executable", str(python))
    assert own_command() == [str(python), "-m", "toolsmith_schema.main"]
    python.with_name("toolsmith").touch()
    assert own_command() == [str(python.with_name("toolsmith"))]
