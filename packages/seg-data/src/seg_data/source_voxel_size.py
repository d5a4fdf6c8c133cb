"""The voxel size of an import: what the user says and what the file says."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING

from seg_common.errors import VolumeError
from seg_common.volume.voxel_sizes import MICROMETRES, VoxelSize, unit_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from seg_common.volume.array_reader import ArrayReader

RELATIVE_TOLERANCE = 1e-3
"""Files round their voxel size; more than this is a difference worth a word."""


def choose_voxel_size(
    reader: ArrayReader, size: VoxelSize | None, unit: str | None, notify: Callable[[str], object]
) -> tuple[VoxelSize | None, str | None]:
    """Take the voxel size that the user gave, or else that of the file.

    Parameters
    ----------
    reader : ArrayReader
        The file, with its axes in the order (z, y, x).
    size : tuple of float, optional
        Edge lengths (z, y, x) that the user gave.
    unit : str, optional
        Unit that the user gave, of `size` or of a size that the file tells without one.
    notify : callable
        Told a line when user and file differ.

    Returns
    -------
    size : tuple of float or None
    unit : str or None

    Raises
    ------
    VolumeError
        If the file tells a size without a unit and the user gave neither, or the units differ.
    """
    unit = unit_name(unit)
    found, found_unit = reader.voxel_size, reader.voxel_size_unit
    if size is not None:
        if found is not None and not _alike(size, unit, found, found_unit):
            notify(
                f"the voxel size given, {_written(size, unit)}, is taken; {reader} says {_written(found, found_unit)}"
            )
        return size, unit or found_unit
    if found is None:
        return None, unit
    if unit is not None and found_unit is not None and unit != found_unit:
        msg = (
            f"the unit must be that of the voxel size; got {unit!r}, but {reader} says {_written(found, found_unit)}. Leave "
            "--unit away, or give --voxel-size too."
        )
        raise VolumeError(msg)
    if unit is None and found_unit is None:
        msg = f"a voxel size needs a unit; {reader} tells {_written(found, None)} without one. Give --unit, for example um."
        raise VolumeError(msg)
    return found, unit or found_unit


def _alike(size: VoxelSize, unit: str | None, other: VoxelSize, other_unit: str | None) -> bool:
    """Tell whether two sizes are the same lengths, as far as their units can be compared."""
    factor = 1.0
    if unit is not None and other_unit is not None and unit != other_unit:
        if not {unit, other_unit} <= set(MICROMETRES):
            return False
        factor = MICROMETRES[unit] / MICROMETRES[other_unit]
    return all(isclose(a * factor, b, rel_tol=RELATIVE_TOLERANCE) for a, b in zip(size, other, strict=True))


def _written(size: VoxelSize, unit: str | None) -> str:
    return f"({', '.join(f'{length:g}' for length in size)}){' ' + unit if unit else ''}"
