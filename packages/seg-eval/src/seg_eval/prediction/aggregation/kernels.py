"""Compiled kernels that take up a tile and finish a block; classes lie last, so that a row of voxels is one run of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3

    Floats = NDArray[np.float32]


@njit(cache=True, nogil=True)
def add_weighted(
    sums: Floats,
    to: Index3,
    probabilities: Floats,
    start: Index3,
    z_weights: Floats,
    y_weights: Floats,
    x_weights: Floats,
) -> None:
    """Add probabilities times the product of the weights along three axes, from `start` on, to the sums from `to` on."""
    classes = sums.shape[3]
    along = np.repeat(x_weights, classes)
    first, source_first = to[2] * classes, start[2] * classes
    for z in range(z_weights.size):
        for y in range(y_weights.size):
            weight = z_weights[z] * y_weights[y]
            target = sums[to[0] + z, to[1] + y].reshape(-1)[first : first + along.size]
            source = probabilities[start[0] + z, start[1] + y].reshape(-1)[source_first : source_first + along.size]
            for i in range(along.size):
                target[i] += source[i] * (weight * along[i])


@njit(cache=True, nogil=True)
def add_votes(sums: Floats, to: Index3, probabilities: Floats, start: Index3, shape: Index3) -> None:
    """Add one to the most probable class of each voxel, the first of equals."""
    for z in range(shape[0]):
        for y in range(shape[1]):
            target, source = sums[to[0] + z, to[1] + y], probabilities[start[0] + z, start[1] + y]
            for x in range(shape[2]):
                best, highest = 0, source[start[2] + x, 0]
                for k in range(1, source.shape[1]):
                    value = source[start[2] + x, k]
                    if value > highest:
                        best, highest = k, value
                target[to[2] + x, best] += np.float32(1)


@njit(cache=True, nogil=True)
def raise_to(sums: Floats, to: Index3, probabilities: Floats, start: Index3, shape: Index3) -> None:
    """Keep the larger of two probabilities."""
    classes = sums.shape[3]
    first, source_first, length = to[2] * classes, start[2] * classes, shape[2] * classes
    for z in range(shape[0]):
        for y in range(shape[1]):
            target = sums[to[0] + z, to[1] + y].reshape(-1)[first : first + length]
            source = probabilities[start[0] + z, start[1] + y].reshape(-1)[source_first : source_first + length]
            for i in range(length):
                target[i] = max(target[i], source[i])


@njit(cache=True, nogil=True, error_model="numpy")
def divide_by_weights(sums: Floats, z_sums: Floats, y_sums: Floats, x_sums: Floats) -> None:
    """Divide sums (z, y, x, class) by the summed weights, a product of three axes."""
    planes, rows, columns, classes = sums.shape
    for z in range(planes):
        for y in range(rows):
            for x in range(columns):
                weight = z_sums[z] * (y_sums[y] * x_sums[x])
                for k in range(classes):
                    sums[z, y, x, k] /= weight


@njit(cache=True, nogil=True, error_model="numpy")
def divide_by_total(sums: Floats) -> None:
    """Divide each voxel's numbers by their sum over the classes; equal shares where all are zero."""
    planes, rows, columns, classes = sums.shape
    for z in range(planes):
        for y in range(rows):
            for x in range(columns):
                total = np.float32(0)
                for k in range(classes):
                    total += sums[z, y, x, k]
                for k in range(classes):
                    sums[z, y, x, k] = sums[z, y, x, k] / total if total > 0 else np.float32(1) / np.float32(classes)


@njit(cache=True, nogil=True)
def add_scaled(total: Floats, probabilities: Floats, weight: np.float32) -> None:
    """Add probabilities times one weight."""
    target, source = total.reshape(-1), probabilities.reshape(-1)
    for i in range(target.size):
        target[i] += source[i] * weight


@njit(cache=True, nogil=True)
def classify(
    probabilities: Floats,
    counted: NDArray[np.bool_],
    scale: np.float32,
    labels: NDArray[np.uint8],
    label_counts: NDArray[np.int64],
    steps: NDArray[np.int64],
    counted_steps: NDArray[np.int64],
) -> None:
    """Write and count the most probable class of each voxel, the first of equals; add up probabilities in steps of 1 / scale.

    `steps` get all voxels, `counted_steps` the counted ones.
    """
    planes, rows, columns, classes = probabilities.shape
    for z in range(planes):
        for y in range(rows):
            row, known, answers = probabilities[z, y], counted[z, y], labels[z, y]
            for x in range(columns):
                best, highest = 0, row[x, 0]
                for k in range(1, classes):
                    value = row[x, k]
                    if value > highest:
                        best, highest = k, value
                answers[x] = best
                label_counts[best] += 1
            for k in range(classes):
                total, counted_total = np.int64(0), np.int64(0)
                for x in range(columns):
                    step = np.int64(np.rint(row[x, k] * scale))
                    total += step
                    counted_total += step * np.int64(known[x])
                steps[k] += total
                counted_steps[k] += counted_total
