"""One score for all contestants: Jaccard of each class on the test region, from whole label volumes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import argparse
    from pathlib import Path


def read_region(data: Path, name: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Image and labels of a partition, and the names of the classes."""
    split = json.loads((data / "split.json").read_text())
    first, stop = split["slices"][name]
    image, labels = (np.load(data / f"{what}.npy", mmap_mode="r")[first:stop] for what in ("image", "labels"))
    return np.ascontiguousarray(image), np.ascontiguousarray(labels), split["classes"]


def jaccard(reference: np.ndarray, predicted: np.ndarray, classes: int) -> list[float]:
    """Intersection over union of each class; 1 for a class that is in neither."""
    counts = np.bincount(reference.ravel().astype(np.int64) * classes + predicted.ravel(), minlength=classes**2)
    counts = counts.reshape(classes, classes)
    union = counts.sum(0) + counts.sum(1) - np.diag(counts)
    return [float(inside / both) if both else 1.0 for inside, both in zip(np.diag(counts), union, strict=True)]


def result(
    contestant: str,
    options: argparse.Namespace,
    predicted: np.ndarray,
    *,
    network: str,
    peak: float,
    minutes: float,
    parameters: int,
    steps: int,
    validation_mean_jaccard: float,
) -> dict[str, Any]:
    """One row of the table: what was trained, for how long, and how well it tells the classes of the test region apart."""
    _, reference, names = read_region(options.data, "test")
    scores = jaccard(reference, predicted, len(names))
    named = {f"jaccard_{name}": round(score, 4) for name, score in zip(names, scores, strict=True)}
    return {
        "contestant": contestant,
        "network": network,
        "base_filters": options.filters if network == "seg-train" else "",
        "parameters": parameters,
        "data": options.data.name,
        "dimensions": options.dimensions,
        "side": options.side,
        "batch": options.batch,
        "peak_learning_rate": peak,
        "seed": options.seed,
        "minutes": round(minutes, 2),
        "steps": steps,
        "steps_per_second": round(steps / minutes / 60, 3),
        "validation_mean_jaccard": round(validation_mean_jaccard, 4),
        **named,
        "mean_jaccard": round(float(np.mean(scores)), 4),
    }
