"""Arrays that a user may want beside the labels: what they hold, and how their voxels are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from seg_common.errors import SegError
from seg_common.volume.zarr_library import require_zarr
from seg_eval.prediction.result_arrays import SLAB_SHAPES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.volume.opened_volume import Volume
    from seg_eval.prediction.options import PredictionOptions
    from seg_eval.prediction.result_arrays import SaveFormat

ProbabilityType = Literal["uint8", "uint16", "float16"]
LARGEST = {"uint8": 255, "uint16": 65535, "float16": 1}


@dataclass(frozen=True)
class SavedArrays:
    """What is saved beside the labels."""

    kinds: tuple[str, ...] = ()
    """Any of probabilities, entropy, errors, confusion."""
    probability_type: ProbabilityType = "uint8"
    """Type of the stored probabilities."""
    format: SaveFormat = "hdf5"
    """Format of the labels, and of what is saved beside them."""

    def place(self, paths: EvaluationPaths, file: Path) -> Path:
        """Where the datasets of an HDF5 file of the folder lie in the chosen format."""
        return file if self.format == "hdf5" else paths.as_zarr(file)

    def bytes_per_voxel(self, n_classes: int) -> int:
        """Space on disk for a voxel, before compression."""
        sizes = {
            "probabilities": np.dtype(self.probability_type).itemsize * n_classes,
            "entropy": 1,
            "errors": 2,
            "confusion": confusion_type(n_classes).itemsize,
        }
        return sum(sizes[kind] for kind in self.kinds)


def choose_saved(options: PredictionOptions, volume: Volume) -> SavedArrays:
    """Check what the options ask for.

    Raises
    ------
    SegError
        If there is no such array or format, or an array needs reference labels and the volume has none.
    MissingDependencyError
        If the format is Zarr, and zarr is not installed.
    """
    known = ("probabilities", "entropy", "errors", "confusion")
    wrong = [kind for kind in options.save if kind not in known]
    if wrong:
        msg = f"what is saved must be of {', '.join(known)}; got {', '.join(wrong)}. Choose of these."
        raise SegError(msg)
    if options.probability_type not in LARGEST:
        msg = (
            f"probabilities are stored as {', '.join(LARGEST)}; got {options.probability_type!r}. Choose one of these."
        )
        raise SegError(msg)
    if options.save_format not in SLAB_SHAPES:
        msg = f"arrays are saved as {', '.join(SLAB_SHAPES)}; got {options.save_format!r}. Choose one of these."
        raise SegError(msg)
    if options.save_format == "zarr":
        require_zarr("--save-format zarr")
    blind = [kind for kind in options.save if kind in ("errors", "confusion")]
    if blind and volume.labels is None:
        msg = f"{' and '.join(blind)} need reference labels; {volume.path} names none. Leave them away from --save."
        raise SegError(msg)
    kinds = tuple(kind for kind in known if kind in options.save)
    return SavedArrays(kinds, options.probability_type, options.save_format)


def stored_probabilities(probabilities: NDArray[np.float32], dtype: ProbabilityType) -> NDArray[Any]:
    """Round probabilities to a storage type: integers stand for shares of their largest value.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (z, y, x, class)
        In [0, 1].
    dtype : {"uint8", "uint16", "float16"}
        Storage type.

    Returns
    -------
    ndarray, shape (z, y, x, class)
        The error is at most half a step: 1 / 510 and 1 / 131070 for integers, 2^-12 for float16.
    """
    stored = np.empty(probabilities.shape, dtype)
    for plane, target in zip(
        probabilities, stored, strict=True
    ):  # plane by plane, so that no copy of the block is made
        clipped = plane.clip(0, 1)  # blending leaves the range by a unit in the last place
        target[...] = clipped if dtype == "float16" else np.rint(clipped * np.float32(LARGEST[dtype]))
    return stored


def stored_entropy(probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Give the normalised entropy, Σ p log(1/p) / log(classes), in steps of 1 / 255, shape (z, y, x).

    0 stands for certainty, 255 for equal probabilities of all classes; 0 everywhere for a single class.
    """
    stored = np.zeros(probabilities.shape[:3], np.uint8)
    classes = probabilities.shape[3]
    if classes == 1:
        return stored
    for plane, target in zip(probabilities, stored, strict=True):
        logarithm = np.zeros_like(plane)
        np.log(plane, out=logarithm, where=plane > 0)
        entropy = -(plane * logarithm).sum(axis=-1) / np.float32(np.log(classes))
        target[...] = np.rint(entropy.clip(0, 1) * 255)
    return stored


def error_codes(
    reference: NDArray[Any], predicted: NDArray[np.uint8], known: NDArray[np.bool_] | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Mark wrong voxels by the class that they are wrongly taken for, and by the one that they are missing from.

    Parameters
    ----------
    reference, predicted : ndarray of int, shape (z, y, x)
        Class indices.
    known : ndarray of bool, shape (z, y, x), optional
        Voxels whose reference counts; all of them when not given.

    Returns
    -------
    false_positives : ndarray of uint8
        0 where the prediction is right or the reference not known, else the predicted class + 1.
    false_negatives : ndarray of uint8
        The same with the class of the reference.
    """
    wrong = reference != predicted
    if known is not None:
        wrong &= known
    taken_for = np.where(wrong, predicted.astype(np.uint8) + np.uint8(1), np.uint8(0))
    missing_from = np.where(wrong, reference.astype(np.uint8) + np.uint8(1), np.uint8(0))
    return taken_for, missing_from


def confusion_codes(
    reference: NDArray[Any], predicted: NDArray[np.uint8], known: NDArray[np.bool_] | None, n_classes: int
) -> NDArray[Any]:
    """Code each voxel as 1 + reference · classes + predicted, 0 where the reference is not known."""
    kind = confusion_type(n_classes)
    codes: NDArray[Any] = reference.astype(kind) * kind.type(n_classes) + predicted.astype(kind) + kind.type(1)
    if known is not None:
        codes[~known] = 0
    return codes


def confusion_type(n_classes: int) -> np.dtype[Any]:
    """Smallest type that holds every code of `confusion_codes`."""
    return np.dtype(np.uint8 if n_classes**2 < 256 else np.uint16)


def class_codes_of(names: Sequence[str], *, pairs: bool) -> list[str]:
    """Say what each code means, in the order of the codes: for the attributes of a file."""
    if not pairs:
        return ["right or not known", *names]
    return ["not known", *(f"{reference} predicted as {predicted}" for reference in names for predicted in names)]
