"""One pass over a region, block by block: every count that an evaluation needs, integers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.cli_support import progress
from seg_common.counting.contingency import contingency_table
from seg_common.counting.label_values import require_class_labels
from seg_common.geometry.tiling import block_boxes
from seg_eval.balanced_blocks import balanced_block_shape
from seg_eval.metrics.error_blobs import StreamingErrorBlobs
from seg_eval.metrics.phase_blobs import StreamingPhaseBlobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_common.volume.array_reader import ArrayReader
    from seg_eval.baselines import Baseline
    from seg_eval.metrics.error_blobs import ErrorBlobTables
    from seg_eval.streaming.blob_table import BlobTable
    from seg_eval.streaming.streaming_blobs import Connectivity

BYTES_PER_VOXEL = 32
"""Image, two label volumes, masks, codes and the runs of one block."""


@dataclass(frozen=True)
class PlacedArray:
    """An array that holds a part of a volume, read in the volume's coordinates."""

    reader: ArrayReader
    """The array."""
    start: Index3 = (0, 0, 0)
    """Where its first voxel lies in the volume."""

    def read(self, box: Box) -> NDArray[Any]:
        """Read a box given in the volume's coordinates."""
        return self.reader.read(box.shifted((-self.start[0], -self.start[1], -self.start[2])))


@dataclass(frozen=True)
class MeasuredArrays:
    """What is compared, all in one coordinate system."""

    region: Box
    """Voxels to measure."""
    n_classes: int
    """Class indices are 0 … n_classes - 1."""
    prediction: PlacedArray
    """Predicted labels."""
    reference: PlacedArray | None = None
    """Reference labels."""
    ignored_label: int | None = None
    """Reference value of voxels that are left out; there the prediction may hold it as well."""
    image: PlacedArray | None = None
    """Grey levels; needed for baselines only."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """Counts of one region."""

    predicted_counts: NDArray[np.int64]
    """Voxels by predicted class, ignored voxels left out, shape (class,)."""
    confusion: NDArray[np.int64] | None
    """Voxels by (reference class, predicted class); None without a reference."""
    ignored_voxels: int
    """Voxels left out."""
    phase_blobs: BlobTable
    """Blobs of every class in the prediction, ignored voxels of the reference included; code = class index + 1."""
    error_blobs: ErrorBlobTables | None
    """Blobs of wrong voxels; None without a reference."""
    baseline_confusions: dict[str, NDArray[np.int64]]
    """Confusion of each baseline by its name."""
    block_shape: Index3
    """Blocks that were read at one time; nothing above depends on it."""


def measure(
    arrays: MeasuredArrays,
    *,
    connectivity: Connectivity,
    baselines: Sequence[Baseline] = (),
    block_bytes: int,
    quiet: bool = True,
) -> Measurement:
    """Count over a region, reading each voxel once.

    Parameters
    ----------
    arrays : MeasuredArrays
        What to compare.
    connectivity : {1, 2, 3}
        Neighbours of a voxel in a blob: 6, 18 or 26.
    baselines : sequence of Baseline
        Classifiers to judge on the same voxels; need the image and a reference.
    block_bytes : int
        Memory for one block.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    Measurement
        The same for any block size.

    Raises
    ------
    LabelVolumeError
        If a label is no class.
    """
    region, n_classes, ignored = arrays.region, arrays.n_classes, arrays.ignored_label
    block_shape = balanced_block_shape(region.shape, BYTES_PER_VOXEL, block_bytes)
    phases = StreamingPhaseBlobs(region, n_classes, connectivity, ignored)
    errors = StreamingErrorBlobs(region, n_classes, connectivity, ignored)
    predicted_counts = np.zeros(n_classes, np.int64)
    confusion = np.zeros((n_classes, n_classes), np.int64)
    by_baseline = {baseline.name: np.zeros_like(confusion) for baseline in baselines}
    with progress(region.voxels, "measuring voxels", quiet=quiet) as advance:
        for block in block_boxes(region, block_shape):
            predicted = arrays.prediction.read(block)
            phases.add(block, predicted)
            if arrays.reference is None:
                predicted_counts += np.bincount(predicted.ravel(), minlength=n_classes)
            else:
                reference = arrays.reference.read(block)
                if ignored is not None:
                    # Never wrong there, so any class will do.
                    predicted = np.where((reference == ignored) & (predicted == ignored), 0, predicted)
                errors.add(block, reference, predicted)
                confusion += contingency_table(reference, predicted, n_classes, ignored)
                if baselines and arrays.image is not None:
                    grey = arrays.image.read(block)
                    for baseline in baselines:
                        answer = baseline.predict(grey)
                        by_baseline[baseline.name] += contingency_table(reference, answer, n_classes, ignored)
            advance(block.voxels)
    measured = arrays.reference is not None
    return Measurement(
        predicted_counts=confusion.sum(axis=0) if measured else predicted_counts,
        confusion=confusion if measured else None,
        ignored_voxels=region.voxels - int(confusion.sum()) if measured else 0,
        phase_blobs=phases.finish(),
        error_blobs=errors.finish() if measured else None,
        baseline_confusions=by_baseline if measured else {},
        block_shape=block_shape,
    )


def require_reference_classes(
    reference: PlacedArray, region: Box, n_classes: int, ignored_label: int | None, *, block_bytes: int
) -> None:
    """Raise LabelVolumeError unless every reference label of the region is a class, before hours of other work."""
    block_shape = balanced_block_shape(region.shape, BYTES_PER_VOXEL, block_bytes)
    for block in block_boxes(region, block_shape):
        require_class_labels(reference.read(block), n_classes, ignored_label, reference.reader)
