"""Assemble the finished blocks of a working store into the files of a prediction."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from seg_common.atomic_files import atomic_path
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_common.schema.prediction import SavedArrayRecord
from seg_common.volume.hdf5 import CHUNK_SIDE
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
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.volume.opened_volume import Volume
    from seg_eval.prediction.block_accumulator import BlockAnswer
    from seg_eval.prediction.plan import PredictionPlan
    from seg_eval.prediction.saved_arrays import SavedArrays
    from seg_eval.prediction.working_store import WorkingStore

LABELS_DATASET = "labels"
SLAB_SHAPE = (CHUNK_SIDE, 4 * CHUNK_SIDE, 8 * CHUNK_SIDE)
"""Voxels that are assembled at one time: whole chunks, whatever the blocks were, so that each is packed once."""


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
    """Write the labels and everything that is saved beside them, as HDF5.

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
        What to write beside the labels.
    attributes : mapping
        Attributes of every dataset.

    Returns
    -------
    list of SavedArrayRecord
        What was written beside the labels, and how to read it.
    """
    shape, classes = plan.region.shape, list(attributes["classes"])
    files = _Files(store, shape, {"axes": "zyx", **attributes})
    files.copy(paths.predicted_labels, LABELS_DATASET, np.uint8)
    records = []

    def note_array(kind: Any, path: Path, dataset: str, dtype: DTypeLike, scale: float | None = None) -> None:
        records.append(
            SavedArrayRecord(
                kind=kind, file=paths.relative(path), dataset=dataset, dtype=np.dtype(dtype).name, scale=scale
            )
        )

    if "probabilities" in saved.kinds:
        dtype, scale = saved.probability_type, 1 / LARGEST[saved.probability_type]
        more = {"axes": "zyxc", "scale": scale}
        files.copy(paths.probabilities, "probabilities", dtype, more, components=(plan.n_classes,))
        note_array("probabilities", paths.probabilities, "probabilities", dtype, scale)
    if "entropy" in saved.kinds:
        files.copy(paths.entropy, "entropy", np.uint8, {"scale": 1 / 255})
        note_array("entropy", paths.entropy, "entropy", np.uint8, 1 / 255)
    if "errors" in saved.kinds:
        meanings = {"code_meanings": class_codes_of(classes, pairs=False)}
        names = {"false_positives": (np.uint8, meanings), "false_negatives": (np.uint8, meanings)}
        with files.datasets(paths.errors, names) as (positives, negatives):
            for box in files.slabs():
                positives[box.slices()], negatives[box.slices()] = error_codes(*_compared(store, plan, volume, box))
        for name in names:
            note_array("errors", paths.errors, name, np.uint8)
    if "confusion" in saved.kinds:
        kind = confusion_type(plan.n_classes)
        meanings = {"code_meanings": class_codes_of(classes, pairs=True)}
        with files.datasets(paths.confusion, {"confusion": (kind, meanings)}) as (codes,):
            for box in files.slabs():
                codes[box.slices()] = confusion_codes(*_compared(store, plan, volume, box), plan.n_classes)
        note_array("confusion", paths.confusion, "confusion", kind)
    return records


class _Files:
    """HDF5 files of one shape, out of one working store."""

    def __init__(self, store: WorkingStore, shape: tuple[int, int, int], attributes: Mapping[str, Any]) -> None:
        self._store, self._shape, self._attributes = store, shape, attributes

    def slabs(self) -> Iterator[Box]:
        """Boxes of whole chunks, in coordinates that begin with the region."""
        return block_boxes(Box.whole(self._shape), SLAB_SHAPE)

    @contextmanager
    def datasets(
        self,
        path: Path,
        kinds: Mapping[str, tuple[DTypeLike, Mapping[str, Any]]],
        components: tuple[int, ...] = (),
    ) -> Iterator[Sequence[h5py.Dataset]]:
        """Make a file that appears when all of its datasets are filled."""
        chunks = (*(min(CHUNK_SIDE, length) for length in self._shape), *components)
        with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
            made = []
            for name, (dtype, attributes) in kinds.items():
                array = file.create_dataset(
                    name,
                    (*self._shape, *components),
                    dtype,
                    chunks=chunks,
                    compression="gzip",
                    compression_opts=1,
                    shuffle=True,
                )
                array.attrs.update({**self._attributes, **attributes})
                made.append(array)
            yield made

    def copy(
        self,
        path: Path,
        name: str,
        dtype: DTypeLike,
        attributes: Mapping[str, Any] | None = None,
        components: tuple[int, ...] = (),
    ) -> None:
        """Assemble an array as it is in the store."""
        with self.datasets(path, {name: (dtype, attributes or {})}, components) as (array,):
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
