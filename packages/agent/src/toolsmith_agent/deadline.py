"""One deadline for a whole run, and the way it reaches every step.

A step that can be told how long it has (an HTTP request) asks `time_left`; a step that cannot (a model, a
tool's function) runs in a thread that is waited for until then and left alone afterwards (`call_within`).

>>> deadline = Deadline(5.0, clock=iter([100.0, 101.0, 106.0]).__next__)
>>> deadline.left(), deadline.left()
(4.0, 0.0)
"""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Answer = TypeVar("Answer")


class TookTooLong(Exception):
    """A step did not end in time; whether it still does, and what it has done by then, is not known."""


class Deadline:
    """The moment at which a run has to be over; the time that a person takes to answer does not count."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        """End `seconds` from now; `clock` tells seconds that never go back."""
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """Seconds that are left, never below zero."""
        return max(0.0, self._end - self._clock())

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let the time within the block not count."""
        began = self._clock()
        try:
            yield
        finally:
            self._end += self._clock() - began

    @contextmanager
    def reaching(self) -> Iterator[None]:
        """Make this the deadline that `time_left` tells within the block."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)


_CURRENT: contextvars.ContextVar[Deadline | None] = contextvars.ContextVar("toolsmith_deadline", default=None)


def time_left(most: float) -> float:
    """Seconds that a step may take: `most`, or what the deadline of the run around it leaves."""
    deadline = _CURRENT.get()
    return most if deadline is None else min(most, deadline.left())


def ends_in_time(step: object) -> bool:
    """Whether a router or an executor says, with ``keeps_deadline = True``, that it needs no thread.

    It answers at once, or asks `time_left` itself. Going to another thread and back takes a busy machine
    longer than a short step.
    """
    return getattr(step, "keeps_deadline", False) is True


def call_within(seconds: float, function: Callable[[], Answer]) -> Answer:
    """The answer of `function`, run in a thread of its own with the caller's context.

    Raises:
        TookTooLong: it has not ended within `seconds`; the thread goes on and its answer is dropped.
        BaseException: whatever `function` raises.
    """
    answers: queue.SimpleQueue[tuple[Answer | None, BaseException | None]] = queue.SimpleQueue()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            answers.put((context.run(function), None))
        except BaseException as error:
            answers.put((None, error))

    threading.Thread(target=work, name="toolsmith-step", daemon=True).start()
    try:
        answer, error = answers.get(timeout=min(max(seconds, 0.0), threading.TIMEOUT_MAX))
    except queue.Empty:
        raise TookTooLong from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]
