"""Reference and prediction of a score, read as indices of the same classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.geometry.tiling import block_boxes
from seg_eval.balanced_blocks import balanced_block_shape
from seg_eval.measurement import BYTES_PER_VOXEL
from seg_eval.scoring.named_classes import named_classes, numbered_classes
from seg_eval.scoring.scored_labels import ScoredLabels, largest_class

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seg_common.geometry.box import Box
    from seg_common.schema.evaluation import LabelValues
    from seg_common.schema.volume import ClassInfo
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume
    from seg_eval.scoring.placement import Placement


def pair_classes(
    names: Sequence[str],
    volume: Volume | None,
    reference: ArrayReader,
    prediction: ArrayReader,
    place: Placement,
    values: LabelValues,
    block_bytes: int,
) -> list[ClassInfo]:
    """List the classes as they were named, else those of the volume, else one for each index up to the largest that occurs.

    Parameters
    ----------
    names : sequence of str
        ``NAME`` or ``NAME=#rrggbb`` in the order of the indices; may be empty.
    volume : Volume, optional
        The scan.
    reference, prediction : ArrayReader
        Label volumes.
    place : Placement
        Where they lie, and what is scored.
    values : LabelValues
        What their values mean.
    block_bytes : int
        Memory for one block.

    Returns
    -------
    list of ClassInfo
        At least one.

    Raises
    ------
    LabelVolumeError
        If names are repeated, or labels are no class indices.
    """
    if names:
        return named_classes(names)
    if volume is not None and volume.document.classes:
        return volume.document.classes
    of_reference = _blocks(place, place.reference, block_bytes)
    of_prediction = _blocks(place, place.prediction, block_bytes)
    return numbered_classes(
        max(
            largest_class(reference, of_reference, values.reference, values.ignored),
            largest_class(prediction, of_prediction, values.prediction, values.ignored),
        )
    )


def scored_pair(
    reference: ArrayReader,
    prediction: ArrayReader,
    place: Placement,
    values: LabelValues,
    n_classes: int,
    block_bytes: int,
) -> tuple[ScoredLabels, ScoredLabels]:
    """Read both as class indices, after every value of the region was found to be one; `pair_classes` explains the arguments.

    Returns
    -------
    reference, prediction : ScoredLabels
        Voxels with an ignored label are 255.

    Raises
    ------
    LabelVolumeError
        If a value is neither a class nor mapped nor ignored: the message lists all of a volume, with their voxels.
    """
    # In the prediction, a class index is that class wherever it stands.
    strange = [value for value in values.ignored if not 0 <= value < n_classes and value not in values.prediction]
    remedies = [f"Map them with --map-{name} OLD=NEW" for name in ("reference", "prediction")]
    truth = ScoredLabels(
        reference,
        n_classes,
        values.reference,
        values.ignored,
        remedy=f"{remedies[0]}, or leave them out with --ignored-label.",
    )
    answer = ScoredLabels(prediction, n_classes, values.prediction, strange, remedy=f"{remedies[1]}.")
    truth.require_classes(_blocks(place, place.reference, block_bytes))
    answer.require_classes(_blocks(place, place.prediction, block_bytes))
    return truth, answer


def _blocks(place: Placement, array: Box, block_bytes: int) -> Iterator[Box]:
    return block_boxes(place.within(array), balanced_block_shape(place.region.shape, BYTES_PER_VOXEL, block_bytes))
