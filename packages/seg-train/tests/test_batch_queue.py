"""Batches come in order, whatever the threads do."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from seg_train.batch_queue import Batch, BatchQueue


def numbered(step: int) -> Batch:
    """A batch that holds its step; odd steps take longer."""
    time.sleep(0.01 * (step % 2))
    return Batch(np.full((1,), step), np.full((1,), step))


@pytest.mark.parametrize("threads", [1, 4])
def test_batches_come_in_the_order_of_steps(threads: int) -> None:
    """Slow batches do not let later ones overtake them."""
    with BatchQueue(numbered, threads) as queue:
        assert [int(batch.images[0]) for batch in queue.batches(3, 12)] == list(range(3, 12))
        assert [int(batch.images[0]) for batch in queue.batches(0, 2)] == [0, 1]


def test_no_step_outside_the_range_is_read() -> None:
    """Reading ahead stops at the end of the range."""
    seen = []
    with BatchQueue(lambda step: seen.append(step) or numbered(step), 3) as queue:
        list(queue.batches(5, 9))
    assert sorted(seen) == [5, 6, 7, 8]


def test_an_error_in_a_thread_reaches_the_caller() -> None:
    """The error of a batch is raised where the batch was wanted, and the threads end."""

    def broken(step: int) -> Batch:
        if step == 2:
            msg = "step 2 is broken"
            raise ValueError(msg)
        return numbered(step)

    before = threading.active_count()
    with BatchQueue(broken, 2) as queue, pytest.raises(ValueError, match="step 2 is broken"):
        list(queue.batches(0, 4))
    assert threading.active_count() == before


def test_waiting_is_measured() -> None:
    """A network that asks at once waits about as long as a batch takes."""

    def slow(step: int) -> Batch:
        time.sleep(0.05)
        return numbered(step)

    with BatchQueue(slow, 1) as queue:
        list(queue.batches(0, 4))
        assert queue.waited >= 0.15
