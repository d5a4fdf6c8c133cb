"""What the crops of one region hold: bounds from tables where they are enough, voxels where they are not."""

from __future__ import annotations

from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.geometry.box import Box
from seg_data.array_in_memory import ArrayInMemory
from seg_data.crop_content.counted import CountedContent
from seg_data.crop_content.grey import grey_statistic, histogram_limits
from seg_data.crop_content.lattice import build_lattice, choose_cell
from seg_data.crop_content.lattice_cache import cached_lattice
from seg_data.crop_content.mask import INSIDE, MaskLabels, open_beside
from seg_data.crop_rejection.quantities import ClassShare, GreyStatistic, MaskShare, Quantity, VoxelFunction
from seg_data.training_labels import IGNORED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume
    from seg_data.crop_content.lattice import Lattice


class RegionContent:
    """Quantities of the crops of one region of a volume. Threads may share it.

    Parameters
    ----------
    volume : Volume
        An opened volume.
    region : Box
        Where the crops lie.
    shape : tuple of int
        Shape of the crops (z, y, x).
    labels : ArrayReader or None
        Training labels of the region; None for a volume without labels.
    quantities : sequence of Quantity
        What will be asked for; tables are made for these.
    """

    def __init__(
        self,
        volume: Volume,
        region: Box,
        shape: Index3,
        labels: ArrayReader | None,
        quantities: Sequence[Quantity] = (),
    ) -> None:
        self.n_classes = len(volume.document.classes)
        self._volume = volume
        self._region = region
        self._shape = shape
        self._labels = labels
        self._voxels = int(np.prod(shape))
        shares = (quantity.class_index for quantity in quantities if isinstance(quantity, ClassShare))
        self._tables = {index: place for place, index in enumerate(dict.fromkeys(shares))}
        self._masks: dict[str, tuple[Lattice, CountedContent, MaskLabels]] = {}
        self._lock = Lock()

    @cached_property
    def counted(self) -> CountedContent:
        """Class counts from the voxels."""
        return CountedContent(self._require_labels(), self.n_classes, IGNORED)

    @cached_property
    def _loaded_labels(self) -> NDArray[Any] | None:
        """Labels of the region where they are in memory."""
        return self._labels.voxels_of(self._region) if isinstance(self._labels, ArrayInMemory) else None

    @property
    def lattice(self) -> Lattice:
        """Tables of the labels, built or taken from the cache at the first call.

        One for each class that is asked for and, for labels with ignored voxels, a last one of all labelled voxels.
        """
        with self._lock:
            return self._lattice

    @cached_property
    def _lattice(self) -> Lattice:
        counted = [[index] for index in self._tables]
        if self._volume.ignored_label is not None:
            counted.append(list(range(self.n_classes)))
        cell = choose_cell(self._region.shape, self._shape)
        return cached_lattice(self._volume, self._require_labels(), self._region, cell, counted)

    @cached_property
    def _histogram_limits(self) -> tuple[float, float]:
        return histogram_limits(self._volume.image, self._region)

    def class_counts(self, starts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count the voxels of each class in crops, exactly; (crop, 3) → (crop, class). Ignored voxels are in no class."""
        counts = np.empty((len(starts), self.n_classes), np.int64)
        for row, box in zip(counts, self._boxes(starts), strict=True):
            row[:] = self.counted.class_counts(box)
        return counts

    def labelled_bounds(self, starts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Bound the voxels of crops that are in any class; two arrays (crop,)."""
        low, high = self.lattice.bounds(starts, self._shape)
        return low[:, -1], high[:, -1]

    def bounds(
        self, quantities: Sequence[Quantity], starts: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bound quantities without reading voxels.

        Parameters
        ----------
        quantities : sequence of Quantity
            What to bound.
        starts : ndarray of int64, shape (crop, 3)
            First voxels (z, y, x), in the volume's coordinates.

        Returns
        -------
        low, high : ndarray of float64, shape (crop, quantity)
            Equal where a quantity is known; infinite for those that need voxels.
        """
        low = np.full((len(starts), len(quantities)), -np.inf)
        high = np.full((len(starts), len(quantities)), np.inf)
        by_class = None
        for column, quantity in enumerate(quantities):
            if isinstance(quantity, ClassShare):
                by_class = by_class or self.lattice.bounds(starts, self._shape)
                table = self._tables[quantity.class_index]
                low[:, column], high[:, column] = (bound[:, table] / self._voxels for bound in by_class)
            elif isinstance(quantity, MaskShare):
                counts = self._mask(quantity.mask)[0].bounds(starts, self._shape)
                low[:, column], high[:, column] = (bound[:, 0] / self._voxels for bound in counts)
        return low, high

    def values(self, quantities: Sequence[Quantity], starts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Compute quantities exactly, reading the voxels they need; (crop, 3) → (crop, quantity)."""
        found = np.empty((len(starts), len(quantities)))
        for column, quantity in enumerate(quantities):
            loaded = self._loaded_labels if isinstance(quantity, ClassShare) else None
            if isinstance(quantity, ClassShare) and loaded is not None and quantity.class_index in self._tables:
                index, table = quantity.class_index, self._tables[quantity.class_index]
                found[:, column] = self.lattice.counts(starts, self._shape, table, index, loaded) / self._voxels
            else:
                found[:, column] = [self._value(quantity, box) for box in self._boxes(starts)]
        return found

    def countable(self, mask: str = "") -> tuple[Callable[[Box], NDArray[Any]], int]:
        """Give what reads the voxels of the labels, or of a mask as labels, and the number of classes; ignored ones are in none."""
        if not mask:
            return self._require_labels().read, self.n_classes
        return self._mask(mask)[2].read, 2

    def _value(self, quantity: Quantity, box: Box) -> float:
        match quantity:
            case ClassShare():
                return self.counted.class_count(box, quantity.class_index) / self._voxels
            case MaskShare():
                return self._mask(quantity.mask)[1].class_count(box, INSIDE) / self._voxels
            case GreyStatistic():
                # All integer types have fixed limits; only real numbers need a look at the region.
                return grey_statistic(self._volume.image.read(box), quantity.statistic, self._histogram_limits)
            case VoxelFunction():
                labels = None if self._labels is None else self._labels.read(box)
                return quantity.function(self._volume.image.read(box), labels)

    def _mask(self, location: str) -> tuple[Lattice, CountedContent, MaskLabels]:
        with self._lock:
            if location not in self._masks:
                mask = MaskLabels(open_beside(location, self._volume))
                lattice = build_lattice(mask, self._region, choose_cell(self._region.shape, self._shape), [[INSIDE]], 2)
                self._masks[location] = lattice, CountedContent(mask, 2), mask
            return self._masks[location]

    def _boxes(self, starts: NDArray[np.int64]) -> list[Box]:
        return [Box(start=(z, y, x), shape=self._shape) for z, y, x in starts.tolist()]

    def _require_labels(self) -> ArrayReader:
        self._volume.require_labels()
        assert self._labels is not None
        return self._labels
