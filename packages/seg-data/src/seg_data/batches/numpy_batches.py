"""Batches of numpy arrays in order, read ahead by threads."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from typing import TYPE_CHECKING

from seg_data.batches.number_checks import require_at_least

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from concurrent.futures import Future

    from seg_data.crop_reader import CropBatch, CropReader


def iterate_batches(
    reader: CropReader, batch_size: int, first: int = 0, stop: int | None = None, threads: int = 0
) -> Generator[CropBatch]:
    """Yield the batches of consecutive steps.

    The batch of step n holds crops n·B … n·B + B - 1 of the sampler's stream, so that neither the number of threads nor the step
    that a loop starts from can change it: a training that was interrupted goes on with ``first`` where it stopped.

    Parameters
    ----------
    reader : CropReader
        Its volumes must stay open until the generator is closed.
    batch_size : int
        Crops per batch, B.
    first : int
        First step.
    stop : int, optional
        Step to stop before; without it there is no end.
    threads : int
        Threads that read ahead, two batches each. With 0 a batch is read when it is asked for.

    Yields
    ------
    CropBatch
        New arrays.

    Raises
    ------
    CropError
        If a number is out of range; from the generator, whatever reading raises, at the step that it belongs to.

    Notes
    -----
    Threads end when the generator does: at its last batch, at an error, or when it is closed. A loop that is left early leaves the
    generator to Python's garbage collector, ``contextlib.closing(iterate_batches(...))`` closes it for certain.
    """
    require_at_least(1, batch_size=batch_size)
    require_at_least(0, first=first, threads=threads)
    steps = count(first) if stop is None else iter(range(first, stop))
    if threads == 0:
        return (reader.batch(step * batch_size, batch_size) for step in steps)
    return _read_ahead(reader, batch_size, steps, threads)


def _read_ahead(reader: CropReader, batch_size: int, steps: Iterator[int], threads: int) -> Generator[CropBatch]:
    with ThreadPoolExecutor(threads, thread_name_prefix="seg-data-batches") as pool:

        def begin(step: int) -> Future[CropBatch]:
            return pool.submit(reader.batch, step * batch_size, batch_size)

        pending = deque(begin(step) for step in islice(steps, 2 * threads))
        try:
            while pending:
                batch = pending.popleft().result()
                pending.extend(begin(step) for step in islice(steps, 1))
                yield batch
        finally:
            for future in pending:
                future.cancel()
