"""Spans, read back from the in-memory exporter of the OpenTelemetry SDK."""

import json

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from toolsmith_agent.tracing import Tracing
from toolsmith_schema import ScriptedRouter

from .conftest import EMAIL, NOW, WEATHER, Repairer, Tools


@pytest.fixture
def spans():
    """``spans(content)`` gives the tracing to hand to an agent; ``spans.by_name()`` what came out."""

    class Spans:
        def __init__(self):
            self.exporter = InMemorySpanExporter()
            self.provider = TracerProvider()
            self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

        def __call__(self, content=False):
            return Tracing(content=content, provider=self.provider)

        def all(self):
            return self.exporter.get_finished_spans()

        def by_name(self):
            return {span.name: span for span in self.all()}

    collected = Spans()
    yield collected
    collected.provider.shutdown()


def test_a_run_is_one_trace_of_agent_chat_and_tool(agent, spans):
    result = agent(Repairer("hm", WEATHER, name="m"), tracing=spans()).run("weather in Oslo", now=NOW)
    assert [span.name for span in spans.all()] == [
        "chat m",
        "chat m",
        "execute_tool get_weather",
        "invoke_agent toolsmith",
    ]
    first, second, tool, whole = spans.all()
    assert {span.parent.span_id for span in (first, second, tool)} == {whole.context.span_id}
    assert {span.kind for span in spans.all()} == {SpanKind.INTERNAL}
    assert dict(whole.attributes) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "toolsmith",
        "gen_ai.agent.name": "toolsmith",
        "toolsmith.run.id": result.run_id,
        "toolsmith.outcome": "call",
        "toolsmith.tier": "m",
        "toolsmith.effect": "completed",
    }
    assert (first.attributes["gen_ai.operation.name"], first.attributes["gen_ai.request.model"]) == (
        "chat",
        "m",
    )
    assert (first.attributes["error.type"], first.status.status_code) == ("invalid", StatusCode.ERROR)
    assert (second.attributes["toolsmith.retry"], second.status.status_code) == (1, StatusCode.UNSET)
    assert tool.attributes["gen_ai.tool.name"] == "get_weather"
    assert tool.attributes["gen_ai.tool.type"] == "function"


def test_nothing_that_was_said_is_in_a_span_unless_it_is_asked_for(agent, spans):
    canary = "canary-4711"

    def body(to, body):
        raise RuntimeError(canary)

    text = json.dumps({"tool": "send_email", "args": {"to": canary, "body": canary}})
    agent(ScriptedRouter([text]), tools=Tools(send_email=body), tracing=spans()).run(canary, now=NOW)
    assert canary not in "".join(span.to_json() for span in spans.all())
    assert spans.by_name()["execute_tool send_email"].attributes["error.type"] == "unknown"
    assert spans.by_name()["invoke_agent toolsmith"].status.status_code == StatusCode.ERROR


def test_with_content_the_spans_carry_messages_arguments_and_result(agent, spans):
    agent(ScriptedRouter([EMAIL], name="m"), tracing=spans(content=True)).run("mail Zoe hello", now=NOW)
    found = spans.by_name()
    whole, chat, tool = (
        found[name].attributes for name in ("invoke_agent toolsmith", "chat m", "execute_tool send_email")
    )
    assert json.loads(whole["gen_ai.input.messages"])[0]["parts"][0]["content"] == "mail Zoe hello"
    assert json.loads(chat["gen_ai.output.messages"])[0]["parts"][0]["content"] == EMAIL
    assert json.loads(tool["gen_ai.tool.call.arguments"]) == {"to": "Zoe", "body": "hello"}
    assert json.loads(tool["gen_ai.tool.call.result"]) == {"done": "send_email"}


def test_a_tier_on_a_server_is_a_client_span_with_its_models_name_and_tokens(agent, spans):
    from toolsmith_schema import Routed

    class Remote:
        name, model, provider = "endpoint", "gpt", "openai"

        def route(self, requests, toolbox):
            return [Routed.from_text(WEATHER, prompt_tokens=90, output_tokens=12)]

    agent(Remote(), tracing=spans()).route("weather", now=NOW)
    chat = spans.by_name()["chat gpt"]
    assert chat.kind == SpanKind.CLIENT
    assert chat.attributes["gen_ai.provider.name"] == "openai"
    assert chat.attributes["gen_ai.usage.input_tokens"] == 90
    assert chat.attributes["gen_ai.usage.output_tokens"] == 12


def test_an_error_that_comes_out_is_told_by_its_type(agent, spans):
    class Buggy:
        name = "buggy"

        def route(self, requests, toolbox):
            raise ZeroDivisionError("canary")

    with pytest.raises(ZeroDivisionError):
        agent(Buggy(), tracing=spans()).route("x", now=NOW)
    assert {span.attributes["error.type"] for span in spans.all()} == {"ZeroDivisionError"}
    assert "canary" not in "".join(span.to_json() for span in spans.all())


def test_what_a_tool_traces_is_part_of_its_span(agent, spans):
    def weather(city):
        with spans.provider.get_tracer("mine").start_as_current_span("inside"):
            return {}

    tools = Tools(get_weather=weather)
    agent(ScriptedRouter([WEATHER]), tools=tools, tracing=spans()).run("weather", now=NOW)
    found = spans.by_name()
    assert found["inside"].parent.span_id == found["execute_tool get_weather"].context.span_id
