"""Which voxels of a volume are predicted and measured."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box

if TYPE_CHECKING:
    from seg_common.geometry.box import Index3
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


def parse_region(text: str, shape: Index3) -> Box:
    """Read a box as people write it.

    Parameters
    ----------
    text : str
        ``z0:z1,y0:y1,x0:x1`` with exclusive ends; an end that is left away is that of the volume, as in ``10:20,:,:``. With
        names, as in ``z 10:20, x 5:9`` or ``z:10:20,x:5:9``, axes that are not named are whole.
    shape : tuple of int
        Voxels of the volume along (z, y, x).

    Returns
    -------
    Box
        Inside the volume.

    Raises
    ------
    VolumeError
        If the text has another form, or the box is empty or leaves the volume.

    Examples
    --------
    >>> str(parse_region("2:5,:,4:", (8, 9, 10)))
    'z 2:5, y 0:9, x 4:10'
    """
    parts = [re.fullmatch(r"\s*(?:([zyx])[\s:=]\s*)?(\d*):(\d*)\s*", part) for part in text.split(",")]
    names = [part[1] for part in parts if part is not None]
    named = [name for name in names if name is not None]
    unnamed_fits = not named and len(parts) == 3
    named_fits = len(named) == len(parts) == len(set(named))
    if None in parts or not (unnamed_fits or named_fits):
        msg = (
            f"a region is written z0:z1,y0:y1,x0:x1, or with names as in z:10:20,x:5:9; got {text!r}. "
            f"Write for example 0:{shape[0]},0:{shape[1]},0:{shape[2]}."
        )
        raise VolumeError(msg)
    ranges = {name: (0, length) for name, length in zip("zyx", shape, strict=True)}
    for axis, part in zip(named or "zyx", parts, strict=True):
        if part is not None:
            low, high = ranges[axis]
            ranges[axis] = (int(part[2] or low), int(part[3] or high))
    wrong = [
        axis for axis, length in zip("zyx", shape, strict=True) if not 0 <= ranges[axis][0] < ranges[axis][1] <= length
    ]
    if wrong:
        msg = (
            f"a region must hold a voxel and lie inside the volume; got {text!r} for shape {shape}. "
            f"Correct the range of {', '.join(wrong)}."
        )
        raise VolumeError(msg)
    (z0, z1), (y0, y1), (x0, x1) = ranges["z"], ranges["y"], ranges["x"]
    return Box.between((z0, y0, x0), (z1, y1, x1))
