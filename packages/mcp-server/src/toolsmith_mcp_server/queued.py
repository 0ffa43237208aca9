"""One queue in front of routers that only one thread may ask: requests that wait together go as one batch.

Many threads call `QueuedRouter.route`; one thread of the `RouterQueue` asks the router behind it. A batch
that fails is asked again one request at a time, so that only the request which broke it fails.

>>> from toolsmith_schema import FunctionRouter, Toolbox
>>> echo = FunctionRouter(lambda request: '{"tool": null, "args": {}}')
>>> queue = RouterQueue()
>>> QueuedRouter(echo, queue).route(["hello"], Toolbox.default())[0].raw
'{"tool": null, "args": {}}'
>>> queue.close()
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from toolsmith_schema.errors import ToolsmithError
from toolsmith_schema.router import Routed, Router
from toolsmith_schema.toolbox import Toolbox


@dataclass(frozen=True, kw_only=True, eq=False)
class _Waiting:
    """One request in the queue."""

    request: str
    router: Router
    toolbox: Toolbox
    answer: Future[Routed] = field(default_factory=Future)

    def goes_with(self, other: _Waiting) -> bool:
        """Whether both can be part of one batch."""
        return self.router is other.router and self.toolbox == other.toolbox


class RouterQueue:
    """Requests in the order of their arrival, asked by one thread, which starts with the first of them."""

    def __init__(self, *, window: float = 0.005, max_batch: int = 16, max_waiting: int = 256) -> None:
        """Set how many go together: `window` is how long, in seconds, a batch waits for others to join."""
        if max_batch < 1 or max_waiting < 1 or window < 0:
            raise ValueError("a queue needs max_batch and max_waiting of 1 at least, window of 0")
        self._window, self._max_batch, self._max_waiting = window, max_batch, max_waiting
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def put(self, router: Router, requests: Sequence[str], toolbox: Toolbox) -> list[Future[Routed]]:
        """Add requests to the end; each future gets its answer or its own error.

        Raises:
            ToolsmithError: the queue is full or closed; none of the requests was added.
        """
        added = [_Waiting(request=request, router=router, toolbox=toolbox) for request in requests]
        with self._changed:
            if self._closed:
                raise ToolsmithError("The server is stopping and takes no more requests.")
            if len(self._waiting) + len(added) > self._max_waiting:
                raise ToolsmithError(
                    f"The model is busy: {len(self._waiting)} requests wait for it. Try again in a moment."
                )
            self._waiting.extend(added)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="router-queue", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return [waiting.answer for waiting in added]

    def close(self, *, seconds: float | None = None) -> None:
        """Take no more requests and wait, `seconds` at most, until those that wait are answered."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(seconds)

    def _work(self) -> None:
        while batch := self._next():
            _answer([waiting for waiting in batch if waiting.answer.set_running_or_notify_cancel()])

    def _next(self) -> list[_Waiting]:
        """The next batch, as soon as it is full or its window is over; empty when the queue has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return []
            self._changed.wait_for(lambda: self._full() or self._closed, timeout=self._window)
            first, others = self._waiting[0], deque[_Waiting]()
            batch: list[_Waiting] = []
            for waiting in self._waiting:
                fits = len(batch) < self._max_batch and waiting.goes_with(first)
                (batch if fits else others).append(waiting)
            self._waiting = others
            return batch

    def _full(self) -> bool:
        return sum(waiting.goes_with(self._waiting[0]) for waiting in self._waiting) >= self._max_batch


class QueuedRouter:
    """A router whose requests go through a queue, so that any number of threads may ask it."""

    def __init__(self, router: Router, queue: RouterQueue, *, timeout: float = 60.0) -> None:
        """Ask `router` through `queue`; a request waits `timeout` seconds at most for its answer."""
        self.name = router.name
        self._router, self._queue, self._timeout = router, queue, timeout

    def route(self, requests: Sequence[str], toolbox: Toolbox) -> list[Routed]:
        """Route each request; those of other callers may be part of the same batch.

        Raises:
            ToolsmithError: the queue is full or closed, or there was no answer in time.
            Exception: whatever the router raises on one of these requests.
        """
        answers = self._queue.put(self._router, requests, toolbox)
        try:
            return [answer.result(self._timeout) for answer in answers]
        except TimeoutError:
            raise ToolsmithError(f"{self.name} gave no answer within {self._timeout:g} seconds.") from None
        finally:
            for answer in answers:
                answer.cancel()  # what still waits when one has failed is not worth asking


def _answer(batch: list[_Waiting]) -> None:
    """Ask the router for the whole batch; when that fails, for one request at a time."""
    if not batch:
        return
    requests = [waiting.request for waiting in batch]
    try:
        answers = batch[0].router.route(requests, batch[0].toolbox)
        if len(answers) != len(batch):
            raise ValueError(f"{batch[0].router.name} gave {len(answers)} answers to {len(batch)} requests")
    except BaseException as error:  # also what would end the thread and leave all others waiting
        if len(batch) > 1:
            for waiting in batch:
                _answer([waiting])
        else:
            failure = error if isinstance(error, Exception) else RuntimeError(repr(error))
            batch[0].answer.set_exception(failure)
        return
    for waiting, answer in zip(batch, answers, strict=True):
        waiting.answer.set_result(answer)
