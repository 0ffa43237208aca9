"""A circuit breaker for each tier: what fails again and again is left alone for a while.

Closed: every request goes through. After some failures in a row it opens and refuses at once. When its time
is over it is half-open and lets one request through: an answer closes it, a failure opens it for twice as
long. The time is jittered, so that many processes do not come back to a server that just recovered all at
once.

The kept libraries (pybreaker, purgatory) wrap the call in an exception of theirs and jitter nothing; these
are the eighty lines that are needed.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half_open"]


class Breaker:
    """The circuit of one tier; threads may share it."""

    def __init__(
        self,
        *,
        failures: int = 5,
        seconds: float = 10.0,
        most_seconds: float = 300.0,
        jitter: float = 0.2,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Open after `failures` in a row, for `seconds`; for twice as long after each vain trial.

        No wait is longer than `most_seconds`, but for the share `jitter` by which each is stretched at most;
        `chance` gives numbers from 0 to 1 for it.
        """
        self._limit, self._first, self._most, self._jitter = failures, seconds, most_seconds, jitter
        self._clock, self._chance = clock, chance
        self._lock = threading.Lock()
        self._failures = 0
        self._wait = seconds
        self._until: float | None = None
        self._trying = False

    @property
    def state(self) -> State:
        """Where the circuit is now."""
        with self._lock:
            if self._until is None:
                return "closed"
            return "half_open" if self._trying or self._clock() >= self._until else "open"

    @property
    def wait(self) -> float:
        """Seconds until a request is tried again; 0 when one may be."""
        with self._lock:
            return 0.0 if self._until is None else max(0.0, self._until - self._clock())

    def allows(self) -> bool:
        """Whether a request may go through now; then `succeeded`, `failed` or `released` has to follow."""
        with self._lock:
            if self._until is None:
                return True
            if self._trying or self._clock() < self._until:
                return False
            self._trying = True
            return True

    def succeeded(self) -> None:
        """The tier answered."""
        with self._lock:
            self._failures, self._wait, self._until, self._trying = 0, self._first, None, False

    def failed(self) -> None:
        """The tier did not answer."""
        with self._lock:
            self._failures += 1
            if self._trying:
                self._wait = min(2 * self._wait, self._most)
            if self._trying or (self._until is None and self._failures >= self._limit):
                self._until = self._clock() + self._wait * (1 + self._jitter * self._chance())
            self._trying = False

    def released(self) -> None:
        """The request was given up before it came to anything."""
        with self._lock:
            self._trying = False
