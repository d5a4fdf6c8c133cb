"""What every contestant is asked to do, and how its work is timed: one process each, the same files, the same seconds."""

from __future__ import annotations

import argparse
import json
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

RARE_CLASS = 2
SMALLEST_SHARE = 0.01
REJECT_PROBABILITY = 0.9
WARM_UP_BATCHES = 12


@dataclass(frozen=True)
class Task:
    """Random crops of image and labels, stacked."""

    shape: tuple[int, int, int]
    batch: int
    reject: bool
    on_disk: bool = False


TASKS = {
    "A1": Task((96, 96, 96), 4, reject=False),
    "A2": Task((96, 96, 96), 4, reject=True),
    "A3": Task((1, 224, 224), 8, reject=False),
    "A3-reject": Task((1, 224, 224), 8, reject=True),
    "A4": Task((96, 96, 96), 4, reject=False, on_disk=True),
}


def accepts(labels: np.ndarray[Any, Any], rng: np.random.Generator) -> bool:
    """Decide as a user of a library without rejection has to: count, then draw."""
    rare = np.count_nonzero(labels == RARE_CLASS)
    return rare >= SMALLEST_SHARE * labels.size or rng.random() >= REJECT_PROBABILITY


def measure(prepare: Callable[[Task, Path, str], Callable[[int], tuple[Any, Any]]]) -> None:
    """Time a contestant as the command line asks, and print one line of JSON.

    `prepare` gets the task, the folder of the files and the name of a variant, and gives a function from the number of a batch to
    (image, labels) with the crops stacked along the first axis.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--variant", default="")
    options = parser.parse_args()
    task = TASKS[options.task]
    before = _peak_mib()
    started = time.perf_counter()
    make = prepare(task, options.folder, options.variant)
    prepared = time.perf_counter() - started
    for number in range(WARM_UP_BATCHES):
        image, labels = make(number)
        size = int(np.prod(task.shape)) * task.batch
        assert np.prod(image.shape) == np.prod(labels.shape) == size, (image.shape, labels.shape)
    processor = time.process_time()
    batches, seconds = _run(make, options.threads, options.seconds)
    result = {
        "crops_per_second": batches * task.batch / seconds,
        "crops_per_processor_second": batches * task.batch / (time.process_time() - processor),
        "seconds_to_prepare": prepared,
        "peak_mib_above_start": _peak_mib() - before,
    }
    print(json.dumps(result))


def _run(make: Callable[[int], tuple[Any, Any]], threads: int, seconds: float) -> tuple[int, float]:
    """Make batches for some seconds; several threads each take the next number."""
    numbers = count(WARM_UP_BATCHES)
    started = time.perf_counter()

    def work() -> int:
        done = 0
        while time.perf_counter() - started < seconds:
            make(next(numbers))
            done += 1
        return done

    if threads == 1:
        return work(), time.perf_counter() - started
    with ThreadPoolExecutor(threads) as pool:
        done = sum(future.result() for future in [pool.submit(work) for _ in range(threads)])
    return done, time.perf_counter() - started


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
