"""Blocking work in threads that do not keep the process alive: what hangs is left behind."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.lowlevel

Answer = TypeVar("Answer")


async def in_thread(function: Callable[[], Answer], turns: anyio.CapacityLimiter) -> Answer:
    """The answer of `function`, run in a thread of its own with the caller's context, when it is its turn.

    A caller that is cancelled leaves at once, and its thread goes on. AnyIO's own worker threads would do, if
    the interpreter did not wait for them when it ends.
    """
    loop, done = anyio.lowlevel.current_token(), anyio.Event()
    context = contextvars.copy_context()
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            answers.append(context.run(function))
        except BaseException as error:
            errors.append(error)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            anyio.from_thread.run_sync(done.set, token=loop)

    async with turns:
        threading.Thread(target=work, name="toolsmith-call", daemon=True).start()
        await done.wait()
    if errors:
        raise errors[0]
    return answers[0]
