"""Which voxels of a volume are predicted and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seg_common.geometry.box import Box
    from seg_common.volume.opened_volume import Volume

DEFAULT_PARTITION = "validation"
WHOLE = "whole"
"""Asks for the whole volume, unless a partition has this name."""


def choose_region(volume: Volume, partition: str | None) -> tuple[Box, str | None]:
    """Box of a partition.

    Parameters
    ----------
    volume : Volume
        The scan.
    partition : str, optional
        Name of a partition, or ``whole``; ``validation`` when the volume has it, else the whole volume.

    Returns
    -------
    region : Box
        Its voxels.
    name : str or None
        Its name; None for the whole volume.

    Raises
    ------
    VolumeError
        If the volume has no partition of that name.
    """
    known = volume.document.partitions
    if partition is None:
        partition = DEFAULT_PARTITION if DEFAULT_PARTITION in known else WHOLE
    if partition == WHOLE and WHOLE not in known:
        return volume.box, None
    return volume.partition(partition), partition
