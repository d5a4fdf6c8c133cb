"""Label volumes of other methods, judged on the same voxels as the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.errors import LabelVolumeError
from seg_common.volume.open_array import open_label_volume
from seg_eval.measured_arrays import PlacedArray
from seg_eval.scores import baseline_scores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import ExitStack
    from pathlib import Path

    from seg_common.geometry.box import Index3
    from seg_common.schema.evaluation import BaselineScores
    from seg_common.schema.volume import ClassInfo
    from seg_eval.measurement import Measurement

TAKEN = ("constant", "histogram_thresholds", "multi_otsu")


def open_other_labels(
    opened: ExitStack, sources: Mapping[str, Path | str], shape: Index3, start: Index3 = (0, 0, 0)
) -> dict[str, PlacedArray]:
    """Open label volumes.

    Parameters
    ----------
    opened : ExitStack
        Closes them.
    sources : mapping of str to path
        ``path`` or ``path::dataset`` by name.
    shape : tuple of int
        Voxels that each must have.
    start : tuple of int
        Where their first voxel lies in the volume.

    Returns
    -------
    dict
        Labels by name.

    Raises
    ------
    VolumeError
        If a file is missing or unreadable.
    LabelVolumeError
        If a name is taken, a shape differs, or the labels are no integers.
    """
    arrays = {}
    for name, source in sources.items():
        if name in TAKEN:
            msg = f"labels of another method need a name of their own; {name} is a baseline already. Name them after the tool."
            raise LabelVolumeError(msg)
        reader = opened.enter_context(open_label_volume(str(source)))
        if reader.shape != shape:
            msg = f"labels of another method must have the shape {shape} of the volume; {reader} has {reader.shape}. Crop them."
            raise LabelVolumeError(msg)
        arrays[name] = PlacedArray(reader, start)
    return arrays


def other_label_scores(
    others: Mapping[str, PlacedArray], measurement: Measurement, classes: Sequence[ClassInfo]
) -> dict[str, BaselineScores]:
    """Score them; nothing without a reference."""
    return {
        name: baseline_scores(
            measurement.baseline_confusions[name],
            classes,
            description=f"labels of {labels.reader}",
            fitted_on="data of that method",
        )
        for name, labels in others.items()
        if name in measurement.baseline_confusions
    }
