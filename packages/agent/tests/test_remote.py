"""The tools of an MCP server in this process, in memory."""

import mcp_types as t
import pytest
from mcp.server.lowlevel import Server

from toolsmith_agent import Agent, Budget
from toolsmith_agent.remote import RemoteExecutor
from toolsmith_schema import MissingPackage, ScriptedRouter, ToolsmithError, hints

from .conftest import NOW, wire

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


class Remote:
    """A server with a tool that changes something; `answer` says what it answers."""

    def __init__(self, answer):
        self.calls = []

        async def list_tools(context, params):
            tool = t.Tool(name="count", description="Counts.", input_schema=SCHEMA)
            return t.ListToolsResult(tools=[tool])

        async def call_tool(context, params):
            self.calls.append((params.name, params.arguments))
            return await answer()

        self.server = Server("remote", version="1", on_list_tools=list_tools, on_call_tool=call_tool)


def run(remote, **options):
    executor = RemoteExecutor(remote.server)
    agent = Agent(
        [ScriptedRouter([wire("count", a="seven")])],
        executor.toolbox(),
        executor=executor,
        confirm=lambda call, tool: True,
        **options,
    )
    return agent.run("count to seven", now=NOW)


async def fine():
    return t.CallToolResult(content=[t.TextContent(type="text", text="7")], structured_content={"n": 7})


def test_a_remote_tool_is_listed_checked_and_called():
    remote = Remote(fine)
    result = run(remote)
    assert (result.effect.status, result.effect.result) == ("completed", {"n": 7})
    assert remote.calls == [("count", {"a": 7})]


def test_a_text_is_a_result_too():
    async def text():
        return t.CallToolResult(content=[t.TextContent(type="text", text="seven")])

    assert run(Remote(text)).effect.result == "seven"


def test_an_error_of_the_tool_is_failed():
    async def full():
        return t.CallToolResult(content=[t.TextContent(type="text", text="it is full")], is_error=True)

    effect = run(Remote(full)).effect
    assert (effect.status, effect.error) == ("failed", "it is full")


def test_an_answer_that_does_not_come_in_time_is_unknown():
    import anyio

    async def never():
        await anyio.sleep_forever()

    remote = Remote(never)
    effect = run(remote, budget=Budget(tool_seconds=2.0)).effect
    assert (effect.status, len(remote.calls)) == ("unknown", 1)


def test_a_server_that_is_not_there_has_done_nothing():
    from toolsmith_agent import ToolFailed
    from toolsmith_agent.deadline import Deadline
    from toolsmith_schema import ToolCall

    executor = RemoteExecutor("http://127.0.0.1:9/mcp")
    with pytest.raises(ToolFailed, match=r"127\.0\.0\.1:9"):
        executor.execute(ToolCall(tool="count"), deadline=Deadline(20))
    with pytest.raises(ToolsmithError, match="cannot be listed"):
        executor.toolbox()


def test_without_the_protocols_sdk_the_install_line_is_told(monkeypatch):
    def absent(module):
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr(hints, "import_module", absent)
    with pytest.raises(MissingPackage, match=r'pip install "toolsmith-agent\[mcp\]"'):
        RemoteExecutor("http://127.0.0.1:9/mcp")
