"""One pass over a region, block by block: every count that an evaluation needs, integers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.cli_support import progress
from seg_common.counting.grey_histograms import grey_histograms
from seg_common.counting.label_values import require_class_labels
from seg_common.geometry.tiling import block_boxes
from seg_eval.balanced_blocks import balanced_block_shape
from seg_eval.comparison import StreamingComparison
from seg_eval.metrics.class_codes import class_codes
from seg_eval.metrics.phase_blobs import StreamingPhaseBlobs
from seg_eval.streaming.class_pairs import class_pairs
from seg_eval.streaming.probability_counts import StreamingProbabilities
from seg_eval.streaming.region_counts import RegionCounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_eval.baselines import Baseline
    from seg_eval.comparison import Comparison
    from seg_eval.measured_arrays import MeasuredArrays, PlacedArray
    from seg_eval.metrics.blob_summary import BlobSummary
    from seg_eval.metrics.error_blobs import ErrorBlobSummaries
    from seg_eval.streaming.streaming_blobs import Connectivity

BYTES_PER_VOXEL = 64
"""Image, two label volumes with their halo, masks, codes, surfaces and the runs of one block."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """Counts of one region."""

    counts: RegionCounts
    """Voxels by class pair, in cells and in slices; without a reference the prediction stands for it."""
    compared: Comparison | None
    """What needs a reference."""
    ignored_voxels: int
    """Voxels left out."""
    phase_blobs: tuple[BlobSummary, ...]
    """Blobs of each class in the prediction, ignored voxels of the reference included."""
    baseline_confusions: dict[str, NDArray[np.int64]]
    """Confusion of each baseline, and of the labels of each other method, by its name."""
    grey_counts: NDArray[np.int64] | None
    """Voxels by reference class and grey level, or by grey level alone in one row; None when no edges were given."""
    grey_edges: NDArray[np.float64] | None
    """Edges of the grey levels."""
    grey_outside: tuple[int, int]
    """Of these, voxels darker than all bins and brighter than all bins; they are counted in the outermost ones."""
    probabilities: StreamingProbabilities | None
    """Counts of the probabilities."""
    block_shape: Index3
    """Blocks that were read at one time; nothing above depends on it."""

    @property
    def predicted_counts(self) -> NDArray[np.int64]:
        """Voxels by predicted class, ignored voxels left out, shape (class,)."""
        counts: NDArray[np.int64] = self.counts.confusion.sum(axis=0)
        return counts

    @property
    def confusion(self) -> NDArray[np.int64] | None:
        """Voxels by (reference class, predicted class); None without a reference."""
        return None if self.compared is None else self.counts.confusion

    @property
    def error_blobs(self) -> ErrorBlobSummaries | None:
        """Blobs of wrong voxels; None without a reference."""
        return None if self.compared is None else self.compared.error_blobs


def measure(
    arrays: MeasuredArrays,
    *,
    connectivity: Connectivity,
    baselines: Sequence[Baseline] = (),
    block_bytes: int,
    grey_edges: NDArray[np.float64] | None = None,
    probabilities: StreamingProbabilities | None = None,
    quiet: bool = True,
) -> Measurement:
    """Count over a region, block by block.

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
    grey_edges : ndarray of float, shape (bin + 1,), optional
        Bins of the grey levels to count; needs the image.
    probabilities : StreamingProbabilities, optional
        Probabilities counted while they were predicted, when none are stored.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    Measurement
        The same for any block size. Each voxel is read once, but for the halo that surfaces need around each block.

    Raises
    ------
    LabelVolumeError
        If a label is no class.
    """
    region, n_classes, ignored = arrays.region, arrays.n_classes, arrays.ignored_label
    block_shape = balanced_block_shape(region.shape, BYTES_PER_VOXEL, block_bytes)
    counts = RegionCounts(region, n_classes)
    comparison = None if arrays.reference is None else StreamingComparison(arrays, arrays.reference, connectivity)
    phases = StreamingPhaseBlobs(region, n_classes, connectivity, ignored)
    if arrays.probabilities is not None:
        probabilities = StreamingProbabilities(region, n_classes)
    names = [] if comparison is None else [*(b.name for b in baselines if arrays.image), *arrays.other_labels]
    by_baseline = {name: np.zeros((n_classes, n_classes), np.int64) for name in names}
    grey_counts = None
    grey_outside = (0, 0)
    if grey_edges is not None and arrays.image is not None:
        grey_counts = np.zeros((1 if comparison is None else n_classes, grey_edges.size - 1), np.int64)
    with progress(region.voxels, "measuring voxels", quiet=quiet) as advance:
        for block in block_boxes(region, block_shape):
            reference = None
            if comparison is None:
                predicted = arrays.prediction.read(block)
                phases.add(block, predicted)
                codes = class_codes(predicted, n_classes, None if ignored is None else predicted != ignored)
                counts.add(block, codes, codes)
            else:
                reference, reference_codes, codes = comparison.add(block)
                counts.add(block, reference_codes, codes)
            grey = None if arrays.image is None or not (names or grey_edges is not None) else arrays.image.read(block)
            if reference is not None:
                if grey is not None:
                    for baseline in baselines:
                        answer = baseline.predict(grey)
                        by_baseline[baseline.name] += class_pairs(reference, answer, n_classes, ignored)
                for name, labels in arrays.other_labels.items():
                    by_baseline[name] += class_pairs(reference, labels.read(block), n_classes, ignored)
            if grey is not None and grey_counts is not None and grey_edges is not None:
                classes = np.zeros(grey.shape, np.uint8) if reference is None else _class_or_none(reference, ignored)
                grey_counts += grey_histograms(grey, classes, len(grey_counts), grey_edges)
                known = (classes >= 0) & (classes < n_classes)
                darker, brighter = _outside(grey, known, grey_edges)
                grey_outside = (grey_outside[0] + darker, grey_outside[1] + brighter)
            if arrays.probabilities is not None and probabilities is not None:
                probabilities.add(
                    block, arrays.probabilities.read(block), None if reference is None else reference_codes
                )
            advance(block.voxels)
    compared = None if comparison is None else comparison.finish()
    return Measurement(
        counts=counts,
        compared=compared,
        ignored_voxels=region.voxels - int(counts.cells.sum()),
        phase_blobs=phases.finish() if compared is None else compared.phase_blobs,
        baseline_confusions=by_baseline,
        grey_counts=grey_counts,
        grey_edges=grey_edges if grey_counts is not None else None,
        grey_outside=grey_outside,
        probabilities=probabilities,
        block_shape=block_shape,
    )


def _class_or_none(reference: NDArray[Any], ignored_label: int | None) -> NDArray[Any]:
    """Give ignored voxels a label that is no class, where theirs might be one."""
    if ignored_label is None:
        return reference
    return np.where(reference == ignored_label, -1, reference.astype(np.int64))


def _outside(grey: NDArray[Any], known: NDArray[np.bool_], edges: NDArray[np.float64]) -> tuple[int, int]:
    """Count known voxels that lie below and above all bins; bytes have a bin each."""
    if grey.dtype == np.uint8:
        return 0, 0
    darker, brighter = known & (grey < edges[0]), known & (grey > edges[-1])
    return int(np.count_nonzero(darker)), int(np.count_nonzero(brighter))


def require_reference_classes(
    reference: PlacedArray, region: Box, n_classes: int, ignored_label: int | None, *, block_bytes: int
) -> None:
    """Raise LabelVolumeError unless every reference label of the region is a class, before hours of other work."""
    block_shape = balanced_block_shape(region.shape, BYTES_PER_VOXEL, block_bytes)
    for block in block_boxes(region, block_shape):
        require_class_labels(reference.read(block), n_classes, ignored_label, reference.reader)
