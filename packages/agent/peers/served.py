"""The endpoint tier against a server that other people wrote: `transformers serve` with the exported model.

Run by ``nox -s peers``, which brings the server. The model answers in the wire format; free decoding in this
process has to come to the same decisions, because both are greedy. The server gives the prompt back with the
answer, so the texts differ: the router has to find the answer in it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx2
import pytest

from toolsmith_agent import Agent
from toolsmith_agent.endpoint import EndpointRouter
from toolsmith_router import load_router
from toolsmith_schema.rules import RuleRouter
from toolsmith_schema.toolbox import Toolbox

ROOT = Path(__file__).parents[3]
MODEL = ROOT / "packages/router/src/toolsmith_router/light/model"
BOX = Toolbox.default()
NOW = datetime(2026, 11, 23, 9)
REQUESTS = (
    "What's the weather in Tokyo?",
    "remind me to water the plants tomorrow at 9",
    "show me the open tickets",
    "how are you",
    "search the web for sourdough starters",
)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a running server, and its process."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = Path(sys.executable).with_name("transformers")
    offline = {**os.environ, "HF_HUB_OFFLINE": "1"}
    flags = ("--device", "cpu", "--host", "127.0.0.1", "--port", str(port))
    process = subprocess.Popen([str(command), "serve", str(MODEL), *flags], env=offline)
    try:
        for _ in range(240):
            assert process.poll() is None, "transformers serve ended before it answered"
            try:
                if httpx2.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                    break
            except httpx2.TransportError:
                pass
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1", process
    finally:
        process.terminate()
        process.wait(30)


def test_a_served_model_answers_as_it_does_in_this_process(
    server: tuple[str, subprocess.Popen[bytes]],
) -> None:
    """Greedy here and there: the same decisions."""
    here = load_router(str(MODEL), None, model="base", decoding="free").route(REQUESTS, BOX)
    with EndpointRouter(server[0], str(MODEL), answers="text", timeout=120) as router:
        there = router.route(REQUESTS, BOX)
    assert [routed.decision for routed in there] == [routed.decision for routed in here]
    assert all(routed.decision is not None for routed in there)
    assert all(routed.output_tokens for routed in there)


def test_the_loop_takes_its_calls_and_falls_back_when_the_server_dies(
    server: tuple[str, subprocess.Popen[bytes]],
) -> None:
    """A call of the served model stands; after the server's end the rules answer."""
    url, process = server
    with EndpointRouter(url, str(MODEL), answers="text", timeout=120) as router:
        agent = Agent([router, RuleRouter()], BOX)
        first = agent.route(REQUESTS[0], now=NOW)
        assert first.tier == "endpoint" and first.outcome in ("call", "no_tool", "need_argument")
        process.kill()
        process.wait(30)
        second = agent.route(REQUESTS[0], now=NOW)
    assert second.tier == "rules" and [attempt.outcome for attempt in second.attempts] == ["failed", "call"]
