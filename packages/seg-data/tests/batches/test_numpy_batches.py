"""Tests of batches in order: the same for any number of threads, and no thread left behind."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import numpy as np
import pytest

from seg_common.errors import CropError
from seg_common.schema.crops import CropsConfig
from seg_data import CropReader, make_sampler
from seg_data.batches.numpy_batches import iterate_batches


@pytest.fixture
def reader(sparse_volume):
    """Crops of 4 x 6 x 6 voxels with labels."""
    return CropReader(make_sampler(sparse_volume, CropsConfig(shape=(4, 6, 6)), 0))


class WatchedReader:
    """A reader that notes which crops were asked for, and can fail at one of them."""

    def __init__(self, reader: CropReader, broken: int | None = None) -> None:
        self._reader, self._broken = reader, broken
        self.first: list[int] = []
        self.threads: set[str] = set()

    def batch(self, first: int, size: int):
        self.first.append(first)
        self.threads.add(threading.current_thread().name)
        # The first batches take longest, so that threads which hand over what is ready first would be noticed.
        time.sleep(0.02 / (1 + first))
        if first == self._broken:
            msg = f"crop {first} cannot be read"
            raise CropError(msg)
        return self._reader.batch(first, size)


def reading_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("seg-data-batches")]


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_batches_are_those_of_their_steps(reader, threads):
    """Batch n holds crops 3n, 3n + 1, 3n + 2, in order, however many threads read."""
    batches = list(iterate_batches(WatchedReader(reader), 3, first=2, stop=9, threads=threads))
    assert len(batches) == 7
    for step, batch in zip(range(2, 9), batches, strict=True):
        expected = reader.batch(step * 3, 3)
        np.testing.assert_array_equal(batch.image, expected.image)
        np.testing.assert_array_equal(batch.labels, expected.labels)


@pytest.mark.parametrize("threads", [0, 2])
def test_there_is_no_end_without_a_stop(reader, threads):
    """A training stops when it wants to; closing ends the threads, though batches were under way."""
    with closing(iterate_batches(reader, 2, threads=threads)) as batches:
        for _ in range(50):
            next(batches)
        assert len(reading_threads()) <= threads
    assert not reading_threads()
    assert next(batches, None) is None


def test_threads_read_two_batches_each_ahead_and_no_more(reader):
    """Memory is bounded by the threads, not by the length of the training."""
    watched = WatchedReader(reader)
    with closing(iterate_batches(watched, 2, threads=2)) as batches:
        next(batches)
        time.sleep(0.2)
        assert sorted(watched.first) == [0, 2, 4, 6, 8]
    assert watched.threads
    assert threading.current_thread().name not in watched.threads


def test_without_threads_nothing_is_read_ahead(reader):
    """A batch is read when it is asked for, in the thread that asks."""
    watched = WatchedReader(reader)
    batches = iterate_batches(watched, 2)
    assert watched.first == []
    next(batches)
    assert watched.first == [0]
    assert watched.threads == {threading.current_thread().name}


@pytest.mark.parametrize("threads", [0, 2])
def test_an_error_comes_at_its_step_and_ends_the_threads(reader, threads):
    """Batches before it are given; what was read ahead after it is dropped."""
    batches = iterate_batches(WatchedReader(reader, broken=6), 2, stop=20, threads=threads)
    assert [len(next(batches).image) for _ in range(3)] == [2, 2, 2]
    with pytest.raises(CropError, match="crop 6 cannot be read"):
        next(batches)
    assert not reading_threads()


def test_no_steps_are_no_batches(reader):
    """A training that is done goes on with nothing."""
    assert list(iterate_batches(reader, 2, first=5, stop=5)) == []
    assert list(iterate_batches(reader, 2, first=5, stop=5, threads=2)) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1; got 0"),
        ({"first": -1}, "first must be at least 0; got -1"),
        ({"threads": -2}, "threads must be at least 0; got -2"),
    ],
)
def test_numbers_without_sense_are_refused_at_once(reader, wrong, message):
    """Before the first batch is asked for."""
    with pytest.raises(CropError, match=message):
        iterate_batches(reader, **{"batch_size": 2, **wrong})
