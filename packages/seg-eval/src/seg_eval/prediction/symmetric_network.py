"""Ask a network about a tile in several orientations, and average what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from seg_common.errors import SegError
from seg_common.geometry.symmetries import Symmetry, symmetries_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_eval.prediction.network import Network


class SymmetricNetwork:
    """A network averaged over symmetries of its tiles; itself a `seg_eval.prediction.network.Network`.

    Parameters
    ----------
    network : Network
        Classifier of tiles.
    symmetries : sequence of Symmetry
        They keep the shape of the tiles.
    """

    def __init__(self, network: Network, symmetries: Sequence[Symmetry]) -> None:
        self._network = network
        self._symmetries = symmetries

    def predict(self, tiles: NDArray[Any]) -> NDArray[np.float32]:
        """Turn the tiles, classify them, turn the answers back; their mean. See `Network`."""
        if len(self._symmetries) == 1:
            return self._network.predict(tiles)
        total: NDArray[np.float32] | None = None
        for symmetry in self._symmetries:
            # No answer gets a name: it would stay in memory while the network works on the next one.
            if total is None:
                total = np.array(self._answer(symmetry, tiles), np.float32, order="C")
            else:
                total += self._answer(symmetry, tiles)
        assert total is not None, "the identity is a symmetry"
        total /= len(self._symmetries)
        return total

    def _answer(self, symmetry: Symmetry, tiles: NDArray[Any]) -> NDArray[np.float32]:
        turned = np.ascontiguousarray(_turned(symmetry, tiles))
        return _turned(symmetry.inverse(), self._network.predict(turned))


def choose_symmetries(
    wanted: int | Literal["all"], tile_shape: Index3, voxel_size: tuple[float, float, float] | None
) -> tuple[Symmetry, ...]:
    """Choose symmetries that form a group, so that the mean over them does not depend on how the volume was turned.

    Parameters
    ----------
    wanted : int or "all"
        How many.
    tile_shape : tuple of int
        Voxels along the axes of the network.
    voxel_size : tuple of float, optional
        Edge lengths of a voxel along the axes of the network: only equal ones are exchanged.

    Returns
    -------
    tuple of Symmetry
        The identity first. Mirrors of the last axis come before those of the others, and mirrors before turns.

    Raises
    ------
    SegError
        If there is no group of so many.
    """
    groups = {len(group): group for group in _nested_groups(symmetries_of(tile_shape, voxel_size))}
    if wanted == "all":
        return groups[max(groups)]
    if wanted not in groups:
        sizes = ", ".join(map(str, sorted(groups)))
        msg = (
            f"the number of symmetries must be one of {sizes} for tiles of shape {tile_shape} and voxels of size "
            f"{voxel_size or 'one'}; got {wanted}. Choose one of them, or a --tile-shape with equal sides."
        )
        raise SegError(msg)
    return groups[wanted]


def _nested_groups(symmetries: tuple[Symmetry, ...]) -> list[tuple[Symmetry, ...]]:
    """Cut the group with larger and larger ones: what two groups share is a group."""
    straight = (0, 1, 2)
    larger: list[Callable[[Symmetry], bool]] = [
        lambda s: s.axes == straight and not any(s.mirrored),
        lambda s: s.axes == straight and not any(s.mirrored[:2]),
        lambda s: s.axes == straight and not s.mirrored[0],
        lambda s: s.axes == straight,
        lambda s: s.axes[0] == 0,
        lambda _: True,
    ]
    return [tuple(filter(belongs, symmetries)) for belongs in larger]


def _turned(symmetry: Symmetry, tiles: NDArray[Any]) -> NDArray[Any]:
    """Apply a symmetry to every tile (tile, z, y, x, last); a view."""
    return np.moveaxis(symmetry.apply(np.moveaxis(tiles, 0, -1)), -1, 0)
