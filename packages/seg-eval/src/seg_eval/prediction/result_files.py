"""Assemble the finished blocks of a working store into the files of a prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_common.schema.prediction import SavedArrayRecord
from seg_eval.prediction.result_arrays import SLAB_SHAPES, NewArray, new_arrays
from seg_eval.prediction.saved_arrays import (
    LARGEST,
    class_codes_of,
    confusion_codes,
    confusion_type,
    error_codes,
    stored_entropy,
    stored_probabilities,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.geometry.box import Index3
    from seg_common.volume.opened_volume import Volume
    from seg_eval.prediction.block_accumulator import BlockAnswer
    from seg_eval.prediction.plan import PredictionPlan
    from seg_eval.prediction.result_arrays import SaveFormat
    from seg_eval.prediction.saved_arrays import SavedArrays
    from seg_eval.prediction.working_store import WorkingStore

LABELS_DATASET = "labels"


def keep_block(store: WorkingStore, number: int, answer: BlockAnswer, saved: SavedArrays) -> None:
    """Write what is known about a block into the working store."""
    store.write(number, LABELS_DATASET, answer.labels)
    if "probabilities" in saved.kinds:
        store.write(number, "probabilities", stored_probabilities(answer.probabilities, saved.probability_type))
    if "entropy" in saved.kinds:
        store.write(number, "entropy", stored_entropy(answer.probabilities))


def write_results(
    paths: EvaluationPaths,
    store: WorkingStore,
    plan: PredictionPlan,
    volume: Volume,
    saved: SavedArrays,
    attributes: Mapping[str, Any],
) -> list[SavedArrayRecord]:
    """Write the labels and everything that is saved beside them.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write; no file exists yet.
    store : WorkingStore
        Every block is finished.
    plan : PredictionPlan
        What was computed.
    volume : Volume
        The scan, with a reference if errors are saved.
    saved : SavedArrays
        What to write beside the labels, and in which format.
    attributes : mapping
        Attributes of every dataset.

    Returns
    -------
    list of SavedArrayRecord
        What was written beside the labels, and how to read it.
    """
    shape, classes = plan.region.shape, list(attributes["classes"])
    files = _Files(store, shape, saved.format, {"axes": "zyx", **attributes})
    files.copy(saved.place(paths, paths.predicted_labels), LABELS_DATASET, np.uint8)
    records = []

    def note_array(kind: Any, path: Path, dataset: str, dtype: DTypeLike, scale: float | None = None) -> None:
        records.append(
            SavedArrayRecord(
                kind=kind, file=paths.relative(path), dataset=dataset, dtype=np.dtype(dtype).name, scale=scale
            )
        )

    if "probabilities" in saved.kinds:
        path, dtype = saved.place(paths, paths.probabilities), saved.probability_type
        scale = 1 / LARGEST[dtype]
        files.copy(path, "probabilities", dtype, {"axes": "zyxc", "scale": scale}, components=(plan.n_classes,))
        note_array("probabilities", path, "probabilities", dtype, scale)
    if "entropy" in saved.kinds:
        path = saved.place(paths, paths.entropy)
        files.copy(path, "entropy", np.uint8, {"scale": 1 / 255})
        note_array("entropy", path, "entropy", np.uint8, 1 / 255)
    if "errors" in saved.kinds:
        path, meanings = saved.place(paths, paths.errors), class_codes_of(classes, pairs=False)
        names = ("false_positives", "false_negatives")
        arrays = {name: files.array(np.uint8, {"code_meanings": meanings}) for name in names}
        with new_arrays(path, shape, arrays) as (positives, negatives):
            for box in files.slabs():
                positives[box.slices()], negatives[box.slices()] = error_codes(*_compared(store, plan, volume, box))
        for name in names:
            note_array("errors", path, name, np.uint8)
    if "confusion" in saved.kinds:
        path, meanings = saved.place(paths, paths.confusion), class_codes_of(classes, pairs=True)
        kind = confusion_type(plan.n_classes)
        with new_arrays(path, shape, {"confusion": files.array(kind, {"code_meanings": meanings})}) as (codes,):
            for box in files.slabs():
                codes[box.slices()] = confusion_codes(*_compared(store, plan, volume, box), plan.n_classes)
        note_array("confusion", path, "confusion", kind)
    return records


class _Files:
    """Files of one shape and format, out of one working store."""

    def __init__(
        self, store: WorkingStore, shape: Index3, save_format: SaveFormat, attributes: Mapping[str, Any]
    ) -> None:
        self._store, self._shape, self._format, self._attributes = store, shape, save_format, attributes

    def slabs(self) -> Iterator[Box]:
        """Boxes of whole chunks, whatever the blocks were, in coordinates that begin with the region."""
        return block_boxes(Box.whole(self._shape), SLAB_SHAPES[self._format])

    def array(
        self, dtype: DTypeLike, attributes: Mapping[str, Any] | None = None, components: tuple[int, ...] = ()
    ) -> NewArray:
        """Describe a dataset by what it has beside the attributes of all."""
        return NewArray(dtype, components, {**self._attributes, **(attributes or {})})

    def copy(
        self,
        path: Path,
        name: str,
        dtype: DTypeLike,
        attributes: Mapping[str, Any] | None = None,
        components: tuple[int, ...] = (),
    ) -> None:
        """Assemble an array as it is in the store."""
        with new_arrays(path, self._shape, {name: self.array(dtype, attributes, components)}) as (array,):
            for box in self.slabs():
                array[box.slices()] = self._store.read(name, box)


def _compared(
    store: WorkingStore, plan: PredictionPlan, volume: Volume, box: Box
) -> tuple[NDArray[Any], NDArray[np.uint8], NDArray[np.bool_] | None]:
    """Read reference and prediction of a box of the region, and which voxels of the reference are known."""
    assert volume.labels is not None, "errors are saved only with a reference"
    reference = volume.labels.read(box.shifted(plan.region.start))
    known = None if volume.ignored_label is None else reference != volume.ignored_label
    return reference, store.read(LABELS_DATASET, box), known
