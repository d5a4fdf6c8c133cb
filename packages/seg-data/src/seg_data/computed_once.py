"""Keep what was computed last, by number; threads that want the same at the same time share one computation."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class ComputedOnce(Generic[T]):
    """A function of a number that remembers its last results.

    `functools.lru_cache` lets every thread that misses compute: two threads that read the same stream of crops would do all of its
    work twice.

    Parameters
    ----------
    compute : callable
        From a number to its result; what it raises is raised wherever the number was wanted, and not remembered.
    size : int
        Results that are kept.
    """

    def __init__(self, compute: Callable[[int], T], size: int) -> None:
        self._compute = compute
        self._size = size
        self._results: dict[int, Future[T]] = {}
        self._lock = Lock()

    def __call__(self, number: int) -> T:
        """Give the result of a number."""
        with self._lock:
            found = self._results.get(number)
            if found is None:
                result = self._results[number] = Future[T]()
                if len(self._results) > self._size:
                    del self._results[next(iter(self._results))]
        if found is not None:
            return found.result()
        try:
            result.set_result(self._compute(number))
        except BaseException as error:  # noqa: BLE001 - raised below, here and in the threads that wait
            with self._lock:
                self._results.pop(number, None)
            result.set_exception(error)
        return result.result()
