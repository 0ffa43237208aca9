"""What the tests of this package share."""

import json
from datetime import datetime

import pytest
from hypothesis import settings

from toolsmith_agent import Agent, FunctionExecutor
from toolsmith_agent.events import MemorySink
from toolsmith_schema import Routed, Toolbox

settings.register_profile("agent", deadline=None, max_examples=60)
settings.load_profile("agent")

NOW = datetime(2026, 11, 23, 9)
WEATHER = '{"tool": "get_weather", "args": {"city": "Oslo"}}'
REFUSAL = '{"tool": null, "args": {}}'


def wire(tool, **args):
    """The text of a call, as a model writes it."""
    return json.dumps({"tool": tool, "args": args})


EMAIL = wire("send_email", to="Zoe", body="hello")


class Repairer:
    """A router that plays back texts and remembers what it was told was wrong."""

    def __init__(self, *texts, name="repairer"):
        self.name, self._texts, self.told = name, list(texts), []

    def route(self, requests, toolbox):
        return [self._next() for _ in requests]

    def repair(self, request, toolbox, raw, sentences):
        self.told.append((request, raw, list(sentences)))
        return self._next()

    def _next(self):
        return Routed.from_text(self._texts.pop(0), tier=self.name)


class Tools:
    """Functions for every tool of the default toolbox that note their calls."""

    def __init__(self, **bodies):
        self.calls = []
        functions = {tool.name: self._noting(tool.name, bodies.get(tool.name)) for tool in Toolbox.default()}
        self.executor = FunctionExecutor(functions)

    def _noting(self, name, body):
        def run(**args):
            self.calls.append((name, args))
            return body(**args) if body else {"done": name}

        return run


@pytest.fixture
def toolbox():
    """The eight tools."""
    return Toolbox.default()


@pytest.fixture
def sink():
    """Keeps the events."""
    return MemorySink()


@pytest.fixture
def agent(sink):
    """``agent(tier, tier, …, tools=…)``: an agent whose events are in `sink` and who confirms everything."""

    def make(*tiers, tools=None, **options):
        options.setdefault("confirm", lambda call, tool: True)
        executor = (tools or Tools()).executor
        return Agent(tiers, Toolbox.default(), executor=executor, sink=sink, **options)

    return make
