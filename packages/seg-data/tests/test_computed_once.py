"""Tests of results that threads share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from seg_data.computed_once import ComputedOnce


def test_threads_that_want_the_same_share_one_computation():
    """Four threads ask at once, while the first of them is still at work."""
    barrier, go_on, computed = Barrier(4), Event(), []

    def compute(number: int) -> int:
        computed.append(number)
        assert go_on.wait(10)
        return 10 * number

    def ask() -> int:
        barrier.wait(10)
        return once(7)

    once = ComputedOnce(compute, 2)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask) for _ in range(4)]
        go_on.set()
        assert [one.result(10) for one in asked] == [70] * 4
    assert computed == [7]


def test_the_oldest_results_are_forgotten():
    """With two kept, 0 is computed again after 1 and 2."""
    computed = []
    once = ComputedOnce(lambda number: computed.append(number) or number, 2)
    assert [once(n) for n in (0, 1, 1, 2, 0)] == [0, 1, 1, 2, 0]
    assert computed == [0, 1, 2, 0]


def test_errors_are_raised_and_not_remembered():
    """The next call tries again."""
    answers = iter([ValueError("not yet"), 5])

    def compute(_: int) -> int:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    once = ComputedOnce(compute, 2)
    with pytest.raises(ValueError, match="not yet"):
        once(0)
    assert once(0) == 5
