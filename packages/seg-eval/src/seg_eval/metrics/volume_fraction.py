"""What share of the voxels each class takes up, and how far off an estimate is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seg_common.errors import LabelVolumeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class VolumeFraction:
    """Volume fraction of one class, in [0, 1]; None where nothing can be said."""

    reference: float | None
    """Share of the reference's voxels; None without a reference."""
    estimated: float | None
    """Share of the predicted labels; None when no voxel is counted."""
    estimated_by_probability: float | None
    """Share of the summed probabilities; None for predictions without probabilities."""
    absolute_error: float | None
    """`estimated` minus `reference`: negative when the class is under-estimated."""
    relative_error: float | None
    """`absolute_error` / `reference`; None when the reference holds none of the class."""
    absolute_error_by_probability: float | None
    """`estimated_by_probability` minus `reference`."""
    relative_error_by_probability: float | None
    """`absolute_error_by_probability` / `reference`; None when the reference holds none of the class."""


def volume_fractions(
    predicted_counts: NDArray[np.int64],
    reference_counts: NDArray[np.int64] | None = None,
    probability_sums: NDArray[np.float64] | None = None,
) -> tuple[VolumeFraction, ...]:
    """Estimate the volume fraction of every class and its error.

    Parameters
    ----------
    predicted_counts : ndarray of int, shape (class,)
        Voxels by predicted class.
    reference_counts : ndarray of int, shape (class,), optional
        Voxels by reference class, over the same voxels.
    probability_sums : ndarray of float, shape (class,), optional
        Probabilities of each class summed over the same voxels. They are divided by their total, so that the rounding of
        a float32 softmax cannot push a fraction out of [0, 1].

    Returns
    -------
    tuple of VolumeFraction
        One per class, in the order of the counts.

    Raises
    ------
    LabelVolumeError
        If the number of classes differs, or reference and prediction count different numbers of voxels.

    Examples
    --------
    >>> import numpy as np
    >>> matrix, pore = volume_fractions(np.array([7, 1]), np.array([6, 2]))
    >>> pore.reference, pore.estimated, pore.absolute_error, pore.relative_error
    (0.25, 0.125, -0.125, -0.5)
    """
    n_classes = predicted_counts.size
    for name, given in (("reference_counts", reference_counts), ("probability_sums", probability_sums)):
        if given is not None and given.size != n_classes:
            msg = (
                f"all counts must have one entry per class; got {given.size} {name} for {n_classes} predicted_counts. "
                f"Count both with the same n_classes."
            )
            raise LabelVolumeError(msg)
    if reference_counts is not None and reference_counts.sum() != predicted_counts.sum():
        msg = (
            f"reference and prediction must count the same voxels; got {reference_counts.sum()} and "
            f"{predicted_counts.sum()}. Leave ignored voxels out of both."
        )
        raise LabelVolumeError(msg)
    rows = zip(
        _shares(reference_counts, n_classes),
        _shares(predicted_counts, n_classes),
        _shares(probability_sums, n_classes),
        strict=True,
    )
    return tuple(_volume_fraction(*row) for row in rows)


def _volume_fraction(reference: float | None, by_labels: float | None, by_probability: float | None) -> VolumeFraction:
    return VolumeFraction(
        reference=reference,
        estimated=by_labels,
        estimated_by_probability=by_probability,
        absolute_error=_absolute_error(by_labels, reference),
        relative_error=_relative_error(by_labels, reference),
        absolute_error_by_probability=_absolute_error(by_probability, reference),
        relative_error_by_probability=_relative_error(by_probability, reference),
    )


def _shares(counts: NDArray[Any] | None, n_classes: int) -> list[float | None]:
    if counts is None or counts.sum() == 0:
        return [None] * n_classes
    return [float(share) for share in counts / counts.sum()]


def _absolute_error(estimate: float | None, reference: float | None) -> float | None:
    return None if estimate is None or reference is None else estimate - reference


def _relative_error(estimate: float | None, reference: float | None) -> float | None:
    return None if estimate is None or not reference else (estimate - reference) / reference
