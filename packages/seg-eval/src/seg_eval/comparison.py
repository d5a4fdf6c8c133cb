"""Everything that is counted of a prediction beside its reference, block by block."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.counting.label_values import require_class_labels
from seg_eval.blob_gallery import gallery_shapes
from seg_eval.metrics.blob_summary import BlobSummaries
from seg_eval.metrics.class_codes import class_codes
from seg_eval.metrics.error_blobs import StreamingErrorBlobs
from seg_eval.metrics.slice_error_blobs import StreamingSliceErrorBlobs
from seg_eval.metrics.surface_distance import StreamingSurfaces
from seg_eval.streaming.component_pairs import StreamingComponentPairs
from seg_eval.streaming.raster_order import thin_blocks
from seg_eval.streaming.wrong_runs import find_wrong_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.schema.evaluation_measures import BlobShape
    from seg_eval.measured_arrays import MeasuredArrays, PlacedArray
    from seg_eval.metrics.blob_summary import BlobSummary
    from seg_eval.metrics.error_blobs import ErrorBlobSummaries
    from seg_eval.metrics.error_kinds import Task
    from seg_eval.metrics.slice_error_blobs import SliceErrorTables
    from seg_eval.streaming.component_pairs import ComponentPairs
    from seg_eval.streaming.streaming_blobs import Connectivity


@dataclass(frozen=True, eq=False)
class Comparison:
    """Everything that is counted of a prediction beside its reference."""

    components: ComponentPairs
    """Components of both, and how they overlap; the prediction's include ignored voxels of the reference."""
    reference_blobs: tuple[BlobSummary, ...]
    """Blobs of each class in the reference."""
    phase_blobs: tuple[BlobSummary, ...]
    """Blobs of each class in the prediction."""
    error_blobs: ErrorBlobSummaries
    """Blobs of wrong voxels."""
    slice_errors: tuple[SliceErrorTables, ...]
    """Blobs of wrong voxels within the slices across z, y and x."""
    surfaces: StreamingSurfaces
    """Distances between the surfaces of the classes."""
    gallery: list[BlobShape | None]
    """Shapes of the largest error blobs of all classes, largest first."""


class StreamingComparison:
    """All that needs a reference, fed with one block after another in raster order.

    Parameters
    ----------
    arrays : MeasuredArrays
        What to compare.
    reference : PlacedArray
        Its reference.
    connectivity : {1, 2, 3}
        Neighbours of a voxel in a blob: 6, 18 or 26.
    """

    def __init__(self, arrays: MeasuredArrays, reference: PlacedArray, connectivity: Connectivity) -> None:
        region, n_classes = arrays.region, arrays.n_classes
        self._arrays, self._reference, self._connectivity = arrays, reference, connectivity
        self._blobs = BlobSummaries(region, n_classes), BlobSummaries(region, n_classes)
        self._components = StreamingComponentPairs(region, connectivity, (self._blobs[0].add, self._blobs[1].add))
        self._errors = StreamingErrorBlobs(region, n_classes, connectivity)
        self._slices = [StreamingSliceErrorBlobs(region, axis, n_classes, connectivity) for axis in range(3)]
        self._surfaces = StreamingSurfaces(n_classes, arrays.voxel_size or (1.0, 1.0, 1.0))

    def add(self, block: Box) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Count a block; give its reference labels, and the codes of reference and prediction, 0 for unknown."""
        region = self._arrays.region
        grown = block.grown(self._surfaces.halo).intersection(region) or block
        reference, reference_codes, codes = self._read(grown)
        surfaces = partial(self._surfaces.add, block, grown, reference_codes, codes * (reference_codes > 0))
        inside = block.shifted((-grown.start[0], -grown.start[1], -grown.start[2])).slices()
        reference, reference_codes, codes = (
            np.ascontiguousarray(array[inside]) for array in (reference, reference_codes, codes)
        )
        wrong = find_wrong_runs(block, region, reference_codes, codes)
        tasks: list[Task] = [surfaces, partial(self._join, block, reference_codes, codes)]
        tasks += self._errors.tasks(wrong)
        for across in self._slices:
            tasks += across.tasks(wrong)
        # The kernels let go of the interpreter, so that all cores work.
        with ThreadPoolExecutor(core_count()) as pool:
            for done in [pool.submit(task) for task in tasks]:
                done.result()
        return reference, reference_codes, codes

    def _join(self, block: Box, reference_codes: NDArray[Any], codes: NDArray[Any]) -> None:
        for thin in thin_blocks(block, self._arrays.region):
            part = thin.shifted((-block.start[0], -block.start[1], -block.start[2])).slices()
            self._components.add(thin, reference_codes[part], codes[part])

    def finish(self) -> Comparison:
        """Return what was counted, and the shapes of the largest errors."""
        arrays, errors = self._arrays, self._errors.finish()
        return Comparison(
            components=self._components.finish(),
            reference_blobs=self._blobs[0].by_code,
            phase_blobs=self._blobs[1].by_code,
            error_blobs=errors,
            slice_errors=tuple(across.finish() for across in self._slices),
            surfaces=self._surfaces,
            gallery=gallery_shapes(
                errors.pooled.largest,
                self._wrong,
                arrays.region,
                self._connectivity,
                arrays.voxel_size,
                arrays.voxel_size_unit,
            ),
        )

    def _read(self, box: Box) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        arrays, n_classes, ignored = self._arrays, self._arrays.n_classes, self._arrays.ignored_label
        reference, predicted = self._reference.read(box), arrays.prediction.read(box)
        require_class_labels(reference, n_classes, ignored, self._reference.reader)
        if ignored is None:
            require_class_labels(predicted, n_classes, None, arrays.prediction.reader)
            return reference, class_codes(reference, n_classes), class_codes(predicted, n_classes)
        unknown = reference == ignored
        nothing = unknown & (predicted == ignored)
        require_class_labels(predicted[~nothing], n_classes, None, arrays.prediction.reader)
        return reference, class_codes(reference, n_classes, ~unknown), class_codes(predicted, n_classes, ~nothing)

    def _wrong(self, box: Box) -> NDArray[np.bool_]:
        _, reference_codes, codes = self._read(box)
        wrong: NDArray[np.bool_] = (reference_codes != codes) & (reference_codes > 0)
        return wrong


def core_count() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
