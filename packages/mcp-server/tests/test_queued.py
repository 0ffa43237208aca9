import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from toolsmith_mcp_server.queued import QueuedRouter, RouterQueue
from toolsmith_schema import FunctionRouter, Routed, Toolbox, ToolsmithError

BOX = Toolbox.default()


class Batching:
    """A router that remembers its batches, fails on a batch with "bad" in it, and can be held at a gate."""

    name = "batching"

    def __init__(self, held=False):
        self.batches, self.inside, self.most_inside = [], 0, 0
        self.gate = threading.Event()
        self.entered = threading.Event()
        if not held:
            self.gate.set()

    def route(self, requests, toolbox):
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.batches.append(list(requests))
        self.entered.set()
        try:
            assert self.gate.wait(30)
            if "bad" in requests:
                raise RuntimeError("this batch has a bad request")
            return [answer(request) for request in requests]
        finally:
            self.inside -= 1


def answer(request):
    return Routed.from_text(json.dumps({"tool": "get_weather", "args": {"city": request}}))


@pytest.fixture
def queue():
    """A queue whose window closes at once: batches come from what waits while the router is busy."""
    queue = RouterQueue(window=0.0, max_batch=8)
    yield queue
    queue.close()


def held(router, queue, *requests):
    """Ask for `requests` while the router is busy with another; their futures, still waiting."""
    (first,) = queue.put(router, ["first"], BOX)
    assert router.entered.wait(30)
    waiting = [queue.put(router, [request], BOX)[0] for request in requests]
    return first, waiting


def test_requests_that_wait_together_go_as_one_batch_and_get_their_own_answers(queue):
    router = Batching(held=True)
    first, waiting = held(router, queue, "Oslo", "Lima", "Rome")
    router.gate.set()
    assert [future.result(30).decision.args["city"] for future in waiting] == ["Oslo", "Lima", "Rome"]
    assert first.result(30).decision.args["city"] == "first"
    assert router.batches == [["first"], ["Oslo", "Lima", "Rome"]]


def test_a_batch_has_at_most_max_batch_requests(queue):
    router = Batching(held=True)
    _, waiting = held(router, queue, *map(str, range(11)))
    router.gate.set()
    for future in waiting:
        future.result(30)
    assert [len(batch) for batch in router.batches] == [1, 8, 3]


def test_a_failing_batch_is_asked_one_by_one_and_only_the_bad_request_fails(queue):
    router = Batching(held=True)
    _, waiting = held(router, queue, "Oslo", "bad", "Rome")
    router.gate.set()
    assert waiting[0].result(30).decision.args == {"city": "Oslo"}
    assert waiting[2].result(30).decision.args == {"city": "Rome"}
    with pytest.raises(RuntimeError, match="bad request"):
        waiting[1].result(30)
    assert router.batches[1:] == [["Oslo", "bad", "Rome"], ["Oslo"], ["bad"], ["Rome"]]


def test_a_router_that_answers_too_little_fails_each_request_and_not_the_thread(queue):
    class Short(Batching):
        def route(self, requests, toolbox):
            return super().route(requests, toolbox)[:-1]

    router = QueuedRouter(Short(), queue)
    with pytest.raises(ValueError, match="0 answers to 1 requests"):
        router.route(["Oslo"], BOX)
    assert QueuedRouter(Batching(), queue).route(["Oslo"], BOX)[0].decision.args == {"city": "Oslo"}


def test_what_would_end_the_thread_is_an_error_of_the_request(queue):
    def leave(request):
        raise SystemExit(3)

    with pytest.raises(RuntimeError, match="SystemExit"):
        QueuedRouter(FunctionRouter(leave), queue).route(["Oslo"], BOX)
    assert QueuedRouter(Batching(), queue).route(["Lima"], BOX)[0].decision.args == {"city": "Lima"}


def test_routers_share_the_queue_and_never_a_batch(queue):
    one, other = Batching(held=True), Batching()
    _, waiting = held(one, queue, "Oslo")
    waiting += queue.put(other, ["Lima"], BOX) + queue.put(one, ["Rome"], BOX)
    own = Toolbox(tools=(BOX["get_weather"],))
    waiting += queue.put(one, ["Bonn"], own)
    one.gate.set()
    assert [future.result(30).decision.args["city"] for future in waiting] == ["Oslo", "Lima", "Rome", "Bonn"]
    assert (one.batches, other.batches) == ([["first"], ["Oslo", "Rome"], ["Bonn"]], [["Lima"]])


def test_a_full_queue_refuses_with_a_reason():
    queue, router = RouterQueue(window=0.0, max_waiting=2), Batching(held=True)
    first, waiting = held(router, queue, "Oslo", "Lima")
    with pytest.raises(ToolsmithError, match="busy: 2 requests wait"):
        QueuedRouter(router, queue).route(["Rome"], BOX)
    router.gate.set()
    assert all(future.result(30) for future in [first, *waiting])
    queue.close()


def test_a_request_that_gave_up_waiting_is_not_asked_any_more(queue):
    router = Batching(held=True)
    held(router, queue)
    with pytest.raises(ToolsmithError, match=r"batching gave no answer within 0\.01 seconds"):
        QueuedRouter(router, queue, timeout=0.01).route(["Oslo"], BOX)
    router.gate.set()
    QueuedRouter(router, queue).route(["Lima"], BOX)
    assert router.batches == [["first"], ["Lima"]]


def test_a_closed_queue_answers_what_waits_and_takes_nothing_more():
    queue, router = RouterQueue(window=0.0), Batching(held=True)
    first, waiting = held(router, queue, "Oslo")
    closing = threading.Thread(target=queue.close)
    closing.start()
    router.gate.set()
    closing.join(30)
    assert first.done() and waiting[0].result(0).decision.args == {"city": "Oslo"}
    with pytest.raises(ToolsmithError, match="stopping"):
        queue.put(router, ["Lima"], BOX)


def test_many_threads_get_their_own_answers_and_the_router_is_asked_by_one_at_a_time():
    queue, router = RouterQueue(window=0.002, max_batch=16), Batching()
    queued = QueuedRouter(router, queue)

    def ask(i):
        request = "bad" if i % 10 == 0 else f"Town {i}"
        try:
            return queued.route([request], BOX)[0].decision.args["city"]
        except RuntimeError:
            return "failed"

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(ask, range(300)))
    assert answers == ["failed" if i % 10 == 0 else f"Town {i}" for i in range(300)]
    assert router.most_inside == 1
    assert max(map(len, router.batches)) > 1
    queue.close()


@pytest.mark.parametrize("wrong", [{"max_batch": 0}, {"max_waiting": 0}, {"window": -1.0}])
def test_a_queue_without_room_is_refused(wrong):
    with pytest.raises(ValueError):
        RouterQueue(**wrong)
