"""Read batches ahead of the network by threads, in order, and measure how long the network waits for them."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray


class Batch(NamedTuple):
    """Crops of one step."""

    images: NDArray[Any]
    """Shape (batch, [z,] y, x, channels), the stored dtype."""
    labels: NDArray[Any]
    """uint8, shape (batch, [z,] y, x)."""
    weights: NDArray[Any] | None = None
    """Voxel weights, float32 in the shape of the labels; all 1 when None."""


class BatchQueue:
    """Batches of consecutive steps.

    A batch is a pure function of its step, so neither the number of threads nor the batches read ahead and never
    used can change what a run sees.

    Parameters
    ----------
    read : callable
        Step → Batch; called from several threads.
    threads : int
        Threads that read.
    """

    def __init__(self, read: Callable[[int], Batch], threads: int) -> None:
        self._read = read
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="crops")
        self._ahead = 2 * threads + 1
        self.waited = 0.0
        """Seconds that the caller has waited for batches so far."""

    def batches(self, first: int, stop: int) -> Iterator[Batch]:
        """Yield the batches of steps first … stop - 1."""
        pending: deque[Future[Batch]] = deque()
        following = first
        try:
            for _ in range(first, stop):
                while following < stop and len(pending) < self._ahead:
                    pending.append(self._pool.submit(self._read, following))
                    following += 1
                started = time.perf_counter()
                batch = pending.popleft().result()
                self.waited += time.perf_counter() - started
                yield batch
        finally:
            for future in pending:
                future.cancel()

    def __enter__(self) -> Self:
        """Use the queue as a context manager that ends its threads."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the threads; batches not yet begun are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)
