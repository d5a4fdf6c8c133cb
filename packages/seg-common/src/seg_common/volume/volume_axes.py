"""Which three axes of an array are those of a volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.errors import VolumeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.geometry.box import Box, Index3


def volume_axes(shape: Sequence[int], name: str, axes: Sequence[str] | None = None) -> Index3:
    """Choose the axes z, y and x of an array; every other axis must have a length of one.

    Parameters
    ----------
    shape : sequence of int
        Lengths of all axes, the slowest first.
    name : str
        The array's name in errors.
    axes : sequence of str, optional
        Names of the axes, where the file gives them. Without, axes of length one are left out until three remain: the
        last one first, which holds the components of a voxel, then from the slowest on.

    Returns
    -------
    tuple of int
        Indices of the three axes.

    Raises
    ------
    VolumeError
        If there are fewer than three axes, others than z, y, x hold more than one item, or they are in another order.

    Examples
    --------
    >>> volume_axes((1, 1, 5, 6, 7), "a"), volume_axes((5, 6, 7, 1), "a"), volume_axes((5, 1, 6, 7), "a", "zcyx")
    ((2, 3, 4), (0, 1, 2), (0, 2, 3))
    """
    if axes is not None and {"z", "y", "x"} <= set(axes):
        others = {axis: n for axis, n in zip(axes, shape, strict=True) if axis not in ("z", "y", "x") and n != 1}
        kept = (axes.index("z"), axes.index("y"), axes.index("x"))
        if others or list(kept) != sorted(kept) or len(set(axes)) < len(axes):
            listing = ", ".join(f"{axis} {n}" for axis, n in zip(axes, shape, strict=True))
            many = (
                f"axis {' and '.join(others)} must have a length of one"
                if others
                else "the axes must be in the order z, y, x"
            )
            msg = f"{many}; {name} has {listing}. Save one volume alone, with its axes in that order."
            raise VolumeError(msg)
        return kept
    left = list(range(len(shape)))
    while len(left) > 3:
        ones = [axis for axis in left if shape[axis] == 1]
        if not ones:
            break
        left.remove(left[-1] if shape[left[-1]] == 1 else ones[0])
    if len(left) != 3:
        msg = (
            f"a volume has three axes (z, y, x), and others of length one at most; {name} has shape {tuple(shape)}. "
            "Save one volume alone."
        )
        raise VolumeError(msg)
    return left[0], left[1], left[2]


def picked_axes(lengths: Sequence[int], axes: Index3) -> Index3:
    """Lengths along the three axes of a volume."""
    z, y, x = (lengths[axis] for axis in axes)
    return z, y, x


def index_of_box(box: Box, axes: Index3, dimensions: int) -> tuple[int | slice, ...]:
    """Index of a box in an array whose other axes have a length of one."""
    index: list[int | slice] = [0] * dimensions
    for axis, part in zip(axes, box.slices(), strict=True):
        index[axis] = part
    return tuple(index)
