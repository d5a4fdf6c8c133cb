"""How the work of every contestant is timed: one process each, the same files, memory counted from after loading them."""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

CLASSES = 3
PART = 38
"""Planes of the test set that libraries can hold in memory: an eighth of it (row G-part)."""


def measure(tasks: dict[str, Callable[[Path], Callable[[], Any]]]) -> None:
    """Time a contestant as the command line asks, and print one line of JSON.

    A task loads its arrays and compiles what it needs, and gives the function to time. What that gives is the result to
    compare, or a function that makes it and is not timed. Where the result holds `network_seconds`, the time of the clock and
    of the processor that a network took, they are taken off.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=tasks)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    work = tasks[options.task](options.folder)
    forget_peak()
    before = peak_mib()
    started, cpu = time.perf_counter(), time.process_time()
    result = work()
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    extra = peak_mib() - before
    # Turning results into what can be compared is no part of the work.
    compared = result() if callable(result) else result
    network, network_cpu = compared.pop("network_seconds", (0.0, 0.0))
    figures = {
        "seconds": seconds - network,
        "cpu_seconds": cpu_seconds - network_cpu,
        "peak_mib_above_start": extra,
        "result": compared,
    }
    print(json.dumps(figures))


def blob_digest(voxels: Any, starts: Any, stops: Any) -> dict[str, Any]:
    """Number of blobs, and a digest of their sizes and boxes in any order."""
    rows = np.column_stack([np.asarray(voxels), np.asarray(starts), np.asarray(stops)]).astype(np.int64)
    rows = rows[np.lexsort(rows.T[::-1])]
    return {"blobs": len(rows), "digest": hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()[:16]}


def error_codes(folder: Path) -> np.ndarray[Any, Any]:
    """Predicted class plus one where the prediction is wrong: the mask of row B1."""
    reference, prediction = load(folder, "reference"), load(folder, "prediction")
    return ((prediction + np.uint8(1)) * (reference != prediction)).astype(np.uint8)


def shifted_errors(folder: Path) -> np.ndarray[Any, Any]:
    """Where a prediction that is shifted by one voxel is wrong: the mask of row B2."""
    return load(folder, "reference") != load(folder, "shifted")


def load(folder: Path, name: str) -> np.ndarray[Any, Any]:
    """Read an array into memory."""
    array: np.ndarray[Any, Any] = np.load(folder / f"{name}.npy")
    return array


def segments(folder: Path) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Both partitions of row C."""
    return load(folder, "segments_reference"), load(folder, "segments_prediction")


def classes(folder: Path) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Both class maps of row D."""
    return load(folder, "reference"), load(folder, "prediction")


def forget_peak() -> None:
    """Begin a new high-water mark of the resident memory, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def peak_mib() -> float:
    """High-water mark of the resident memory: the system keeps it, so that no moment is missed."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
