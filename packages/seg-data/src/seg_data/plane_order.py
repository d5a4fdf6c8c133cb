"""The axes of a 2D crop's plane, (normal, rows, columns), against those of the volume, (z, y, x)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seg_common.geometry.box import Index3
    from seg_common.schema.crops import Axis


def plane_shape(shape: Index3, normal: Axis) -> Index3:
    """Turn a shape (1, rows, columns) into (z, y, x) of a plane perpendicular to an axis; rows come first in (z, y, x)."""
    depth, rows, columns = shape
    return {"z": (depth, rows, columns), "y": (rows, depth, columns), "x": (rows, columns, depth)}[normal]


def plane_axes(normal: Axis) -> Index3:
    """Order of the axes (z, y, x) that makes them (normal, rows, columns)."""
    return {"z": (0, 1, 2), "y": (1, 0, 2), "x": (2, 0, 1)}[normal]


def to_plane(values: tuple[float, float, float], normal: Axis) -> tuple[float, float, float]:
    """Put values along (z, y, x) in the order (normal, rows, columns)."""
    depth, rows, columns = (values[axis] for axis in plane_axes(normal))
    return depth, rows, columns
