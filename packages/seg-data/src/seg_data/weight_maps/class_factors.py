"""Rare classes weigh more: a factor per class from its share of the labelled voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.errors import LabelVolumeError
from seg_data.label_check import check_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seg_common.schema.voxel_weights import ClassFrequency
    from seg_common.volume.opened_volume import Volume


def class_fractions_of(
    volume: Volume, frequency: ClassFrequency, advance: Callable[[int], object] | None = None
) -> list[float]:
    """Count the share of each class among the labelled voxels of the partition that `frequency` names.

    Parameters
    ----------
    volume : Volume
        With labels.
    frequency : ClassFrequency
        Names the partition, or none for the whole volume.
    advance : callable, optional
        Told the number of voxels after each block.

    Returns
    -------
    list of float
        Shares by class index; they sum to 1.

    Raises
    ------
    VolumeError
        If the volume has no such partition.
    LabelVolumeError
        If a label is no class, or nothing in the partition is labelled.
    """
    box = volume.box if frequency.partition is None else volume.partition(frequency.partition)
    names = volume.document.class_names
    report = check_labels(volume.require_labels(), names, volume.ignored_label, box, advance)
    report.require_classes()
    counts = [report.counts.get(index, 0) for index in range(len(names))]
    if not any(counts):
        msg = (
            f"class shares need labelled voxels; {volume.path} has none in {frequency.partition or 'the whole volume'} "
            f"({box}). Name another partition, or the whole volume."
        )
        raise LabelVolumeError(msg)
    return [count / sum(counts) for count in counts]


def class_factors(fractions: Sequence[float], alpha: float) -> list[float]:
    """Factor of each class, k · (1 / f)^alpha, with k such that the mean over the labelled voxels is 1.

    A class of share 0 gets 0: nothing is known about how rare it is.

    Examples
    --------
    >>> class_factors([0.75, 0.25, 0.0], alpha=1)
    [0.6666666666666666, 2.0, 0.0]
    """
    raw = [fraction**-alpha if fraction else 0.0 for fraction in fractions]
    mean = sum(fraction * factor for fraction, factor in zip(fractions, raw, strict=True))
    return [factor / mean for factor in raw]
