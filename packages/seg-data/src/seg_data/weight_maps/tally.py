"""What the voxels of each class weigh, summed over blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.schema.voxel_weights import ClassWeights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


class WeightTally:
    """Voxels, zeros and sum of weights of each class."""

    def __init__(self, classes: int) -> None:
        self._voxels = np.zeros(classes, np.int64)
        self._zeros = np.zeros(classes, np.int64)
        self._sums = np.zeros(classes)

    @property
    def all_zero(self) -> bool:
        """Whether no voxel weighs anything."""
        return bool((self._zeros == self._voxels).all())

    def add(self, codes: NDArray[np.uint8], weights: NDArray[np.float64]) -> None:
        """Add a block; codes are class index + 1, and 0 for a voxel in no class."""
        size = self._voxels.size + 1
        flat = codes.ravel()
        self._voxels += np.bincount(flat, minlength=size)[1:]
        self._zeros += np.bincount(flat[weights.ravel() == 0], minlength=size)[1:]
        self._sums += np.bincount(flat, weights.ravel(), minlength=size)[1:]

    def rows(
        self, names: Sequence[str], fractions: Sequence[float] | None, factors: Sequence[float]
    ) -> Iterator[ClassWeights]:
        """Give what was summed, with the share and the factor of each class."""
        for index, (name, factor) in enumerate(zip(names, factors, strict=True)):
            voxels = int(self._voxels[index])
            yield ClassWeights(
                name=name,
                fraction=None if fractions is None else fractions[index],
                factor=factor,
                voxels=voxels,
                mean=float(self._sums[index]) / voxels if voxels else None,
                zeros=int(self._zeros[index]),
            )
