"""Parts of a batch computed side by side, each with an equal share of the CPU threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch


class Threads:
    """`count` Python threads that divide torch's threads among them.

    On a few CPU cores one thread a part is a third faster than all threads on one part after the other: a
    small model's threads would wait for each other after every operation.
    """

    def __init__(self, count: int) -> None:
        self._all = torch.get_num_threads()
        each = max(1, self._all // count)
        self._pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(each,))

    def map(self, function: Callable[..., float], *arguments: Iterable[Any]) -> list[float]:
        """`function` of each tuple of arguments, in order."""
        results = list(self._pool.map(function, *arguments))
        torch.set_num_threads(self._all)  # of this thread; the pool's threads have set their own
        return results
