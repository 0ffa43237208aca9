import subprocess
import sys

import anyio
import pytest
from mcp import Client, StdioServerParameters

from toolsmith_mcp_server import ROUTE_TO_TOOL
from toolsmith_schema import hints
from toolsmith_schema.main import main

SERVE = ("-m", "toolsmith_schema.main", "serve")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_command_serves_the_rule_tier_over_stdio(mode):
    async def ask():
        async with Client(StdioServerParameters(command=sys.executable, args=[*SERVE]), mode=mode) as client:
            asked = {"request": "What's the weather in Tokyo?", "now": "2026-11-23T09:00"}
            return await client.call_tool(ROUTE_TO_TOOL, asked)

    answer = anyio.run(ask).structured_content
    assert (answer["tool"], answer["args"], answer["tier"]) == ("get_weather", {"city": "Tokyo"}, "rules")


def test_stdout_carries_the_protocol_only_and_a_closed_stdin_ends_the_server():
    done = subprocess.run(
        [sys.executable, *SERVE], input="", capture_output=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 0
    assert done.stdout == ""
    assert "serving 8 tools" in done.stderr


def test_without_the_sdk_the_install_line_is_printed(monkeypatch, capsys):
    def absent(module):
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr(hints, "import_module", absent)
    assert main(["serve"]) == 1
    assert "pip install toolsmith-mcp-server" in capsys.readouterr().err


def test_the_command_and_the_index_do_not_import_the_sdk():
    code = "import sys, toolsmith_mcp_server.commands; print(*sys.modules)"
    imported = subprocess.check_output([sys.executable, "-c", code], encoding="utf-8").split()
    assert "toolsmith_mcp_server.commands" in imported
    assert not {"mcp", "mcp_types"} & set(imported)
