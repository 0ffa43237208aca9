import contextvars
import threading

import anyio
import pytest

from toolsmith_mcp_server.threads import in_thread

WORD = contextvars.ContextVar("word")


def test_the_answer_comes_from_a_daemon_thread_with_the_callers_context():
    async def run():
        WORD.set("hello")
        return await in_thread(
            lambda: (WORD.get(), threading.current_thread().daemon), anyio.CapacityLimiter(1)
        )

    assert anyio.run(run) == ("hello", True)


def test_an_error_is_raised_where_the_answer_was_wanted():
    def fail():
        raise KeyError("inside")

    async def run():
        await in_thread(fail, anyio.CapacityLimiter(1))

    with pytest.raises(KeyError, match="inside"):
        anyio.run(run)


def test_a_caller_that_is_cancelled_leaves_at_once_and_its_turn_is_free():
    over = threading.Event()

    async def run():
        turns = anyio.CapacityLimiter(1)
        with anyio.move_on_after(0.01) as left:
            await in_thread(lambda: over.wait(60), turns)
        assert left.cancelled_caught
        return await in_thread(lambda: "next", turns)

    assert anyio.run(run) == "next"
    over.set()


def test_no_more_run_at_once_than_have_a_turn():
    inside, most = [], []

    def work():
        inside.append(1)
        most.append(len(inside))
        inside.pop()

    async def run():
        turns = anyio.CapacityLimiter(2)
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(in_thread, work, turns)

    anyio.run(run)
    assert len(most) == 20 and max(most) <= 2


def test_a_thread_that_ends_after_its_loop_does_no_harm():
    over, threads = threading.Event(), []

    def late():
        threads.append(threading.current_thread())
        over.wait(60)

    async def run():
        with anyio.move_on_after(0.01):
            await in_thread(late, anyio.CapacityLimiter(1))

    anyio.run(run)
    over.set()
    threads[0].join(60)  # an error in it would be a warning here, and so a failure
