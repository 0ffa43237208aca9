"""The endpoint tier against a server that does everything wrong: each fault has its outcome, within the deadline."""

import json
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from toolsmith_agent import Agent, Budget, EndpointRouter
from toolsmith_agent.deadline import Deadline
from toolsmith_agent.fetching import EndpointError
from toolsmith_schema import ScriptedRouter, Toolbox, ToolsmithError

from .conftest import NOW, REFUSAL, WEATHER

BOX = Toolbox.default()


def completion(*calls, content=None):
    """A chat completion that makes `calls`, pairs of a tool's name and its arguments."""
    made = [
        {"id": f"c{i}", "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
        for i, (name, args) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": content, **({"tool_calls": made} if made else {})}
    usage = {"prompt_tokens": 90, "completion_tokens": 12}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}


def answer(body, status="200 OK"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        status.encode(),
        len(data),
        data,
    )


class Server:
    """A socket on loopback that treats each connection as `behave` says and remembers what it was asked."""

    def __init__(self, behave):
        self._behave, self.requests, self.connections = behave, [], 0
        self.closing = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            try:
                while body := self._read(connection):
                    self.requests.append(body)
                    if self._behave(self, connection) is not True:
                        return
            except OSError:
                return

    def _read(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := connection.recv(65536)):
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        self.head = head.decode().lower()
        length = int(self.head.partition("content-length:")[2].split()[0])
        while len(body) < length:
            body += connection.recv(65536)
        return json.loads(body)

    def close(self):
        self.closing.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def server(behave):
    running = Server(behave)
    try:
        yield running
    finally:
        running.close()


@contextmanager
def endpoint(body, **options):
    """A router before a server that always answers with `body`, and the server."""

    def behave(server, connection):
        connection.sendall(answer(body))
        return True

    with server(behave) as running, EndpointRouter(running.url, "m", **options) as router:
        yield router, running


def test_a_tool_call_becomes_a_decision_in_said_form_with_the_counts_of_tokens():
    with endpoint(completion(("get_weather", {"city": "Oslo"}))) as (router, running):
        (routed,) = router.route(["weather in Oslo"], BOX)
    assert routed.decision.to_json() == {"tool": "get_weather", "args": {"city": "Oslo"}}
    assert (routed.prompt_tokens, routed.output_tokens, routed.tier) == (90, 12, "endpoint")
    (asked,) = running.requests
    assert (asked["model"], asked["temperature"], asked["tools"]) == ("m", 0, BOX.to_openai())
    assert asked["messages"][-1] == {"role": "user", "content": "weather in Oslo"}
    assert "post /v1/chat/completions" in running.head


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (completion(content=REFUSAL), "no_tool"),
        (completion(content=WEATHER), "call"),
        (completion(content="I cannot help with that."), "invalid"),
        (completion(content=None), "invalid"),
        (completion(("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"})), "invalid"),
        (completion(("rm_rf", {"path": "/"})), "invalid"),
        (completion(("get_weather", {})), "need_argument"),
    ],
    ids=["refusal", "wire form", "prose", "nothing", "two calls", "unknown tool", "missing"],
)
def test_what_a_model_says_is_judged_like_that_of_any_tier(body, outcome):
    with endpoint(body) as (router, _):
        assert Agent([router], BOX).route("weather in Oslo", now=NOW).outcome == outcome


def test_arguments_that_are_half_a_json_are_repaired_by_messages():
    broken = completion(("get_weather", {}))
    broken["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] = '{"city": "Os'
    bodies = [broken, completion(("get_weather", {"city": "Oslo"}))]

    def behave(server, connection):
        connection.sendall(answer(bodies[len(server.requests) - 1]))
        return True

    with server(behave) as running, EndpointRouter(running.url, "m") as router:
        result = Agent([router], BOX).route("weather in Oslo", now=NOW)
    assert (result.outcome, [a.recovery for a in result.attempts]) == ("call", ["repair", ""])
    *_, said, feedback = running.requests[1]["messages"]
    assert (said["role"], feedback["role"]) == ("assistant", "user")
    assert '{"city' in said["content"].replace("\\", "")
    assert "exactly one JSON object" in feedback["content"]
    assert running.connections == 1, "the connection is kept"


def test_a_model_tuned_on_the_wire_format_is_asked_in_its_own_words():
    from toolsmith_schema import prompt

    with endpoint(completion(content=WEATHER), answers="text") as (router, running):
        router.route(["weather in Oslo"], BOX)
    assert running.requests[0]["messages"] == prompt.messages("weather in Oslo")
    assert running.requests[0]["tool_choice"] == "none"


def test_the_key_is_sent_as_a_bearer_token_and_never_told():
    with endpoint(b"{", api_key="sk-canary") as (router, running), pytest.raises(EndpointError) as raised:
        router.route(["x"], BOX)
    assert "authorization: bearer sk-canary" in running.head
    assert "canary" not in f"{raised.value} {vars(router)} {router!r}".replace("'authorization'", "")


def refused(server, connection):
    raise AssertionError("nothing listens")


def hung(server, connection):
    server.closing.wait(10)


def drip_body(server, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not server.closing.wait(0.005):
        connection.sendall(b" ")


def drip_head(server, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not server.closing.wait(0.005):
        connection.sendall(b"y")


def disconnect(server, connection):
    whole = answer(completion(("get_weather", {"city": "Oslo"})))
    connection.sendall(whole[: len(whole) // 2])


def disconnect_at_once(server, connection):
    pass


def huge(server, connection):
    body = json.dumps(completion(content="x" * 10_000_000)).encode()
    connection.sendall(answer(body))


def huge_error(server, connection):
    connection.sendall(answer(b"x" * 10_000_000, status="500 Internal Server Error"))


def endless(server, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not server.closing.is_set():
        connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def zipped(server, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")


def sends(body, status="200 OK"):
    """Answer and keep the connection: one closed without a word could break the next request."""

    def behave(server, connection):
        connection.sendall(answer(body, status))
        return True

    return behave


FAULTS = {
    "hung": (hung, "timeout"),
    "slow body": (drip_body, "timeout"),
    "slow head": (drip_head, "timeout"),
    "disconnect in the body": (disconnect, "broken"),
    "disconnect at once": (disconnect_at_once, "broken"),
    "no HTTP": (lambda server, connection: connection.sendall(b"SSH-2.0-x\r\n\r\n"), "broken"),
    "500": (sends({"error": {"message": "out of\x07 memory"}}, "500 Internal Server Error"), "status"),
    "429": (sends(b"slow down", "429 Too Many Requests"), "status"),
    "redirect": (sends(b"", "302 Found\r\nLocation: http://127.0.0.1:1/"), "status"),
    "half a JSON": (sends(json.dumps(completion(content=WEATHER)).encode()[:40]), "not_json"),
    "a web page": (sends(b"<html>hello</html>"), "not_json"),
    "deep JSON": (sends(b"[" * 200_000), "not_json"),
    "not UTF-8": (sends(b'{"choices": "\xff\xfe'), "not_json"),
    "another form": (sends({"answer": 42}), "wrong_form"),
    "a list": (sends([]), "wrong_form"),
    "no choices": (sends({"choices": []}), "wrong_form"),
    "a number for a message": (sends({"choices": [{"message": 7}]}), "wrong_form"),
    "a number for a text": (sends({"choices": [{"message": {"content": 7}}]}), "wrong_form"),
    "a text for the calls": (sends({"choices": [{"message": {"tool_calls": "x"}}]}), "wrong_form"),
    "compressed": (zipped, "wrong_form"),
    "10 MB": (huge, "too_large"),
    "10 MB of error": (huge_error, "too_large"),
    "endless": (endless, "too_large"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_told_and_the_next_tier_answers(fault):
    behave, kind = FAULTS[fault]
    timeout = 0.2 if kind == "timeout" else 20.0
    with server(behave) as running, EndpointRouter(running.url, "m", timeout=timeout) as router:
        with pytest.raises(EndpointError) as raised:
            router.route(["weather in Oslo"], BOX)
        result = Agent([router, ScriptedRouter([WEATHER], name="next")], BOX).route("weather", now=NOW)
    assert raised.value.kind == kind
    assert "127.0.0.1" in str(raised.value) and len(str(raised.value)) < 500
    assert "\x07" not in str(raised.value)
    assert (result.outcome, result.tier) == ("call", "next")
    assert result.attempts[0].error == str(raised.value)
    assert len(running.requests) <= 2, "nothing is retried"


def test_a_port_that_nobody_listens_on_is_refused():
    with server(refused) as running:
        url = running.url
    with EndpointRouter(url, "m") as router, pytest.raises(EndpointError) as raised:
        router.route(["x"], BOX)
    assert raised.value.kind == "refused"


def test_the_reason_of_a_server_is_told_on_one_line():
    reason = {"error": {"message": "no such\nmodel \u202e" + "x" * 900}}
    with (
        server(sends(reason, "404 Not Found")) as running,
        EndpointRouter(running.url, "m") as router,
        pytest.raises(EndpointError, match=r"HTTP 404: no such model xxx") as raised,
    ):
        router.route(["x"], BOX)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("behave", [hung, drip_body, drip_head])
def test_the_deadline_of_the_run_reaches_into_a_request(behave):
    with server(behave) as running, EndpointRouter(running.url, "m", timeout=60) as router:
        agent = Agent([router, ScriptedRouter([WEATHER])], BOX, budget=Budget(seconds=0.3))
        started = time.monotonic()
        result = agent.route("weather", now=NOW)
        took = time.monotonic() - started
    assert result.attempts[0].outcome == "failed"
    assert took < 30, "far from the endpoint's own timeout"


def test_the_router_itself_knows_the_deadline_around_it():
    with (
        server(hung) as running,
        EndpointRouter(running.url, "m", timeout=60) as router,
        Deadline(0.2).reaching(),
        pytest.raises(EndpointError) as raised,
    ):
        router.route(["x"], BOX)
    assert raised.value.kind == "timeout"


def test_an_address_that_is_none_is_refused_before_anything_is_sent():
    for wrong in ("127.0.0.1:8000", "ftp://example.org", "http://", "http://[", "http://x:abc"):
        with pytest.raises(ToolsmithError, match="not an address"):
            EndpointRouter(wrong, "m")


def test_closing_ends_a_request_that_is_under_way():
    asked = threading.Event()

    def waits(server, connection):
        asked.set()
        server.closing.wait(30)

    with server(waits) as running, EndpointRouter(running.url, "m", timeout=60) as router:
        threading.Thread(target=lambda: asked.wait(30) and router.close(), daemon=True).start()
        with pytest.raises(EndpointError, match="closed meanwhile"):
            router.route(["x"], BOX)


def test_a_closed_router_can_be_asked_again():
    with endpoint(completion(content=WEATHER)) as (router, _):
        router.route(["x"], BOX)
        router.close()
        assert router.route(["x"], BOX)[0].decision
