import json

import anyio
import pytest

from toolsmith_mcp_server.gate import Gate, GateLimits
from toolsmith_mcp_server.limits import RateLimit

TOKEN = "correct horse battery"


class Inner:
    """The application behind the gate: remembers bodies, can be held, streams on GET until it is ended."""

    def __init__(self):
        self.bodies, self.streaming, self.release = [], anyio.Event(), anyio.Event()
        self.release.set()

    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["method"] == "GET":
            self.streaming.set()
            await anyio.sleep_forever()
        self.bodies.append((await receive())["body"])
        await self.release.wait()
        await send({"type": "http.response.body", "body": b"done", "more_body": False})


class Answer:
    """What the gate sent."""

    def __init__(self):
        self.messages = []

    async def send(self, message):
        self.messages.append(message)

    @property
    def status(self):
        return self.messages[0]["status"]

    @property
    def headers(self):
        return {name.decode().lower(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.messages[1:])


async def ask(gate, *, path="/mcp", method="POST", headers=(), body=(b"{}",), client="127.0.0.1"):
    """Send one request; `body` is its chunks, of which None never arrives."""
    chunks = list(body)

    async def receive():
        if not chunks:
            return {"type": "http.disconnect"}
        chunk = chunks.pop(0)
        if chunk is None:
            await anyio.sleep_forever()
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    answer = Answer()
    raw = [(name.encode(), value.encode()) for name, value in dict(headers).items()]
    scope = {"type": "http", "path": path, "method": method, "headers": raw, "client": (client, 1)}
    await gate(scope, receive, answer.send)
    return answer


def error(answer):
    """The JSON-RPC error of a refusal."""
    value = json.loads(answer.body)
    assert (value["jsonrpc"], value["id"]) == ("2.0", None)
    return value["error"]["message"]


def test_a_request_within_the_limits_is_handed_on_whole():
    async def run():
        inner = Inner()
        answer = await ask(Gate(inner, GateLimits()), body=[b'{"a"', b": 1}"])
        assert (answer.status, answer.body, inner.bodies) == (200, b"done", [b'{"a": 1}'])

    anyio.run(run)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": TOKEN},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": "Bearer "},
        {"authorization": f"Bearer {TOKEN[:-1]}"},
        {"authorization": f"Bearer {TOKEN}x"},
        {"authorization": "Bearer \xe9"},
    ],
)
def test_without_the_token_nothing_gets_through(headers):
    async def run():
        inner = Inner()
        for method in ("POST", "GET", "DELETE"):
            answer = await ask(Gate(inner, GateLimits(token=TOKEN)), headers=headers, method=method)
            assert (answer.status, inner.bodies) == (401, [])
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "bearer token" in error(answer)

    anyio.run(run)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_with_the_token_the_request_gets_through(scheme):
    async def run():
        headers = {"authorization": f"{scheme} {TOKEN}"}
        assert (await ask(Gate(Inner(), GateLimits(token=TOKEN)), headers=headers)).status == 200

    anyio.run(run)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-length": "101"}, [b"{}"]),
        ({}, [b"x" * 60, b"x" * 60]),
        ({"content-length": "9" * 40}, [b""]),
    ],
    ids=["said", "found", "absurd"],
)
def test_a_body_over_the_limit_is_refused(headers, body):
    async def run():
        inner = Inner()
        answer = await ask(Gate(inner, GateLimits(body_bytes=100)), headers=headers, body=body)
        assert (answer.status, inner.bodies) == (413, [])
        assert "100 bytes" in error(answer)

    anyio.run(run)


def test_a_body_that_does_not_arrive_is_refused_in_time():
    async def run():
        inner = Inner()
        answer = await ask(Gate(inner, GateLimits(body_seconds=0.01)), body=[b"{", None])
        assert (answer.status, inner.bodies) == (408, [])

    anyio.run(run)


def test_a_client_that_leaves_in_mid_body_is_not_taken_at_half_its_word():
    async def run():
        inner = Inner()
        chunks = [{"type": "http.request", "body": b"{}", "more_body": True}, {"type": "http.disconnect"}]

        async def receive():
            return chunks.pop(0)

        answer = Answer()
        scope = {"type": "http", "path": "/mcp", "method": "POST", "headers": [], "client": None}
        await Gate(inner, GateLimits())(scope, receive, answer.send)
        assert (answer.messages, inner.bodies) == ([], [])

    anyio.run(run)


def test_a_full_server_refuses_clearly_and_has_room_again_when_an_answer_is_through():
    async def run():
        inner = Inner()
        inner.release = anyio.Event()
        gate = Gate(inner, GateLimits(concurrency=2))
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(ask, gate)
            await anyio.wait_all_tasks_blocked()
            refused = await ask(gate)
            assert (refused.status, refused.headers["retry-after"]) == (503, "1")
            assert error(refused) == "The server is busy with 2 requests; try again in a moment."
            inner.release.set()
        assert (await ask(gate)).status == 200
        assert gate.in_flight == 0

    anyio.run(run)


def test_a_request_that_fails_inside_gives_its_place_back():
    async def run():
        async def broken(scope, receive, send):
            raise RuntimeError("inside")

        gate = Gate(broken, GateLimits())
        with pytest.raises(RuntimeError):
            await ask(gate)
        assert gate.in_flight == 0

    anyio.run(run)


def test_a_client_that_asks_too_often_is_told_when_to_come_back_and_others_are_not():
    async def run():
        gate = Gate(Inner(), GateLimits(), rate_limit=RateLimit(0.25, burst=1, clock=lambda: 0.0))
        assert (await ask(gate)).status == 200
        refused = await ask(gate)
        assert (refused.status, refused.headers["retry-after"]) == (429, "4")
        assert (await ask(gate, client="192.0.2.1")).status == 200

    anyio.run(run)


def test_guessing_the_token_counts_against_the_rate():
    async def run():
        limits = GateLimits(token=TOKEN)
        gate = Gate(Inner(), limits, rate_limit=RateLimit(1.0, burst=1, clock=lambda: 0.0))
        assert [(await ask(gate)).status for _ in range(2)] == [401, 429]

    anyio.run(run)


def test_health_needs_no_token_and_readiness_waits_for_the_models():
    async def run():
        loaded = []
        gate = Gate(Inner(), GateLimits(token=TOKEN), ready=lambda: bool(loaded))
        assert (await ask(gate, path="/healthz", method="GET")).status == 200
        loading = await ask(gate, path="/readyz", method="GET")
        assert (loading.status, json.loads(loading.body)) == (503, {"status": "loading"})
        loaded.append("tuned")
        assert (await ask(gate, path="/readyz", method="GET")).status == 200

    anyio.run(run)


def test_a_stopping_server_answers_what_is_in_flight_and_takes_nothing_more():
    async def run():
        inner = Inner()
        inner.release = anyio.Event()
        gate, answers = Gate(inner, GateLimits()), []

        async def post():
            answers.append(await ask(gate))

        async with anyio.create_task_group() as group:
            group.start_soon(post)
            await anyio.wait_all_tasks_blocked()
            gate.stop()
            assert (await ask(gate)).status == 503
            assert (await ask(gate, path="/readyz", method="GET")).status == 503
            assert (await ask(gate, path="/healthz", method="GET")).status == 200
            inner.release.set()
            assert await gate.drained(30)
        assert (answers[0].status, answers[0].body) == (200, b"done")

    anyio.run(run)


def test_a_stream_that_only_listens_is_ended_in_good_form():
    async def run():
        inner, answers = Inner(), []
        gate = Gate(inner, GateLimits())

        async def listen():
            answers.append(await ask(gate, method="GET"))

        async with anyio.create_task_group() as group:
            group.start_soon(listen)
            await inner.streaming.wait()
            gate.stop()
            assert await gate.drained(30)
        assert answers[0].messages[-1] == {"type": "http.response.body", "body": b"", "more_body": False}

    anyio.run(run)


def test_draining_has_an_end():
    async def run():
        inner = Inner()
        inner.release = anyio.Event()
        gate = Gate(inner, GateLimits())
        async with anyio.create_task_group() as group:
            group.start_soon(ask, gate)
            await anyio.wait_all_tasks_blocked()
            assert not await gate.drained(0.01)
            inner.release.set()

    anyio.run(run)
