"""Which voxel size a score is computed with: whoever knows it best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.errors import VolumeError
from seg_common.volume.voxel_sizes import unit_name
from seg_common.volume.voxel_sizes import voxel_size as checked_voxel_size

if TYPE_CHECKING:
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume
    from seg_common.volume.voxel_sizes import VoxelSize

TOLERANCE = 0.01
"""Sizes that differ by less are roundings of one size."""


def known_voxel_size(
    given: VoxelSize | None,
    given_unit: str | None,
    volume: Volume | None,
    reference: ArrayReader,
    prediction: ArrayReader,
) -> tuple[VoxelSize | None, str | None, list[str]]:
    """Take the voxel size as it was given, else the volume's, else the reference's, else the prediction's.

    Parameters
    ----------
    given : tuple of float, optional
        Edge lengths (z, y, x).
    given_unit : str, optional
        Their unit.
    volume : Volume, optional
        The scan.
    reference, prediction : ArrayReader
        Label volumes; files that name no unit say nothing.

    Returns
    -------
    size : tuple of float or None
        None when nobody knows it.
    unit : str or None
        Its unit.
    doubts : list of str
        What speaks against it: the two files disagree.

    Raises
    ------
    VolumeError
        If size and unit are not given together, or a length is not positive.
    """
    unit = unit_name(given_unit)
    if (given is None) != (unit is None) or (given is not None and checked_voxel_size(given) is None):
        msg = (
            f"a voxel size is three positive lengths with their unit; got {given} and {given_unit!r}. "
            "Give for example --voxel-size 1.3 1.3 1.3 --unit um."
        )
        raise VolumeError(msg)
    if given is not None:
        return given, unit, []
    if volume is not None and volume.document.voxel_size is not None:
        return volume.document.voxel_size, volume.document.voxel_size_unit, []
    known = [(r.voxel_size, r.voxel_size_unit) for r in (reference, prediction) if r.voxel_size and r.voxel_size_unit]
    if not known:
        return None, None, []
    size, unit = known[0]
    doubts = []
    if len(known) == 2 and _differ(known[0], known[1]):
        doubts.append(
            f"the files differ in the voxel size: {reference} says {_text(*known[0])}, {prediction} {_text(*known[1])}; "
            "the first is used"
        )
    return size, unit, doubts


def _differ(one: tuple[VoxelSize | None, str | None], other: tuple[VoxelSize | None, str | None]) -> bool:
    return one[1] != other[1] or any(
        abs(a - b) > TOLERANCE * max(a, b) for a, b in zip(one[0] or (), other[0] or (), strict=True)
    )


def _text(size: VoxelSize | None, unit: str | None) -> str:
    return f"{' x '.join(f'{side:g}' for side in size or ())} {unit}"
