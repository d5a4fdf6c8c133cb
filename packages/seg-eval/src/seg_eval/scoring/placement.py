"""Where the voxels of two label volumes lie, and which of them are scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.geometry.box import Box
from seg_eval.region import WHOLE, parse_region

if TYPE_CHECKING:
    from seg_common.geometry.box import Index3
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume

START_ATTRIBUTE = "region_start"
"""Where predicted labels lie in their volume."""


@dataclass(frozen=True)
class Placement:
    """Boxes in the coordinates of the volume."""

    reference: Box
    """Voxels of the reference."""
    prediction: Box
    """Voxels of the prediction."""
    region: Box
    """Voxels to score."""
    partition: str | None = None
    """Name of the region."""

    def within(self, array: Box) -> Box:
        """Box of the region in the coordinates of an array that covers a part of the volume."""
        z, y, x = array.start
        return self.region.shifted((-z, -y, -x))


def place_labels(
    reference: ArrayReader,
    prediction: ArrayReader,
    volume: Volume | None = None,
    *,
    prediction_start: Index3 | None = None,
    region: Box | str | None = None,
    partition: str | None = None,
) -> Placement:
    """Find out where both label volumes lie, and what they share.

    Parameters
    ----------
    reference, prediction : ArrayReader
        Label volumes. A dataset of HDF5 or Zarr with the attribute ``region_start``, as `seg-eval volume` writes it, says itself where
        it lies; others begin at voxel 0.
    volume : Volume, optional
        The scan, in whose coordinates everything is.
    prediction_start : tuple of int, optional
        Where the prediction's first voxel (z, y, x) lies, if it covers only a part of the reference.
    region : Box or str, optional
        Voxels to score; text as for `parse_region`. All that the prediction covers when not given.
    partition : str, optional
        Partition of the volume to score, or ``whole``; instead of `region`.

    Returns
    -------
    Placement
        The region lies inside of everything.

    Raises
    ------
    LabelVolumeError
        If one of them does not cover the voxels to score.
    VolumeError
        If there is no such partition, or the region has another form.
    """
    truth, answer = _boxes(reference, prediction, prediction_start)
    if volume is not None:
        _require_inside(volume, reference, prediction, truth)
    chosen, name = _chosen(volume, volume.document.shape if volume else truth.stop, region, partition)
    if chosen is None:
        chosen = answer
    for reader, box in ((reference, truth), (prediction, answer)):
        if not box.contains(chosen):
            msg = (
                f"both label volumes must cover the voxels to score; {reader} covers [{box}], and asked for is [{chosen}]. "
                "Choose a --region inside, or say with --prediction-start where the prediction lies."
            )
            raise LabelVolumeError(msg)
    return Placement(truth, answer, chosen, name)


def _boxes(reference: ArrayReader, prediction: ArrayReader, prediction_start: Index3 | None) -> tuple[Box, Box]:
    """Place both labels; where one of them alone says where it lies, one of the same shape lies there too."""
    of_reference, of_prediction = stated_start(reference), stated_start(prediction)
    if prediction_start is not None:
        of_prediction = prediction_start
    elif reference.shape == prediction.shape:
        of_reference = of_reference or of_prediction
        of_prediction = of_prediction or of_reference
    elif of_prediction is None:
        msg = (
            f"both volumes must have one shape; {reference} has {reference.shape} and {prediction} has "
            f"{prediction.shape}. Crop one of them to the other, or say with --prediction-start where the prediction lies."
        )
        raise LabelVolumeError(msg)
    nowhere = (0, 0, 0)
    return (
        Box(start=of_reference or nowhere, shape=reference.shape),
        Box(start=of_prediction or nowhere, shape=prediction.shape),
    )


def _require_inside(volume: Volume, reference: ArrayReader, prediction: ArrayReader, truth: Box) -> None:
    placed = stated_start(reference) is not None or (
        reference.shape == prediction.shape and stated_start(prediction) is not None
    )
    if truth.shape != volume.document.shape and not (placed and volume.box.contains(truth)):
        msg = (
            f"the reference must have the shape {volume.document.shape} of its volume {volume.path}, or say in the attribute "
            f"{START_ATTRIBUTE} where it lies; {reference} covers [{truth}]. Choose the volume of these labels."
        )
        raise LabelVolumeError(msg)


def stated_start(reader: ArrayReader) -> Index3 | None:
    """Where a dataset of HDF5 or Zarr says that it lies."""
    stated = np.ravel(reader.attribute(START_ATTRIBUTE))  # of None, an object
    if stated.size != 3 or stated.dtype.kind not in "iu":
        return None
    z, y, x = stated.tolist()
    return z, y, x


def _chosen(
    volume: Volume | None, shape: Index3, region: Box | str | None, partition: str | None
) -> tuple[Box | None, str | None]:
    if region is not None and partition is not None:
        msg = f"the voxels to score are a region or a partition; got {region!r} and {partition!r}. Choose one way."
        raise VolumeError(msg)
    if partition is not None:
        if volume is None:
            msg = f"a partition is named in a volume.yaml; got {partition!r} and no volume. Name it with --volume."
            raise VolumeError(msg)
        if partition == WHOLE and WHOLE not in volume.document.partitions:
            return volume.box, None
        return volume.partition(partition), partition
    if isinstance(region, str):
        return parse_region(region, shape), None
    return region, None
