"""Median and percentiles of sizes that are given with their counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PERCENTILES = (5, 25, 50, 75, 95)


def size_percentiles(
    sizes: NDArray[np.int64], counts: NDArray[np.int64] | None = None, percentiles: tuple[int, ...] = PERCENTILES
) -> dict[int, int] | None:
    """Find the sizes below which given shares of the blobs lie.

    Parameters
    ----------
    sizes : ndarray of int, shape (n,)
        Sizes; growing when counts are given.
    counts : ndarray of int, shape (n,), optional
        Blobs of each size; one each by default.
    percentiles : tuple of int
        In 1 … 100.

    Returns
    -------
    dict or None
        For each percentile q the smallest size that at least q % of the blobs do not exceed: always a size that occurs,
        as ``numpy.percentile(..., method="inverted_cdf")`` gives it. None without a blob.

    Examples
    --------
    >>> size_percentiles(np.array([1, 10]), np.array([3, 1]), (50, 75, 95))
    {50: 1, 75: 1, 95: 10}
    """
    if sizes.size == 0:
        return None
    total = sizes.size if counts is None else int(counts.sum())
    # Rank of each percentile among the sorted sizes, counted from 0, in integers.
    ranks = [-(-q * total // 100) - 1 for q in percentiles]
    if counts is None:
        ordered = np.partition(sizes, sorted(set(ranks)))
        return {q: int(ordered[rank]) for q, rank in zip(percentiles, ranks, strict=True)}
    last = np.cumsum(counts)
    return {
        q: int(sizes[np.searchsorted(last, rank, side="right")]) for q, rank in zip(percentiles, ranks, strict=True)
    }


def size_median(sizes: NDArray[np.int64], counts: NDArray[np.int64]) -> float:
    """Find the middle of the sizes, or halfway between the two in the middle.

    Parameters
    ----------
    sizes : ndarray of int, shape (n,)
        Growing, at least one.
    counts : ndarray of int, shape (n,)
        Blobs of each size, at least 1.

    Returns
    -------
    float
        What ``numpy.median`` gives.

    Examples
    --------
    >>> size_median(np.array([1, 4]), np.array([2, 2]))
    2.5
    """
    total, last = int(counts.sum()), np.cumsum(counts)
    low, high = (int(sizes[np.searchsorted(last, rank, side="right")]) for rank in ((total - 1) // 2, total // 2))
    return (low + high) / 2
