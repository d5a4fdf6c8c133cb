"""From crops to batches of voxels: image, labels and weights cut, changed and turned alike, and stacked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from seg_common.errors import CropError, VolumeError
from seg_common.geometry.box import Box
from seg_common.seeding import stream
from seg_common.volume.reflection import read_reflected
from seg_data.array_in_memory import ArrayInMemory, MemoryBudget
from seg_data.augmentation.augment import augment, augmentation_halo
from seg_data.crop_sampler import Crop, CropRows
from seg_data.grouping import groups
from seg_data.plane_order import plane_axes, plane_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.geometry.box import Index3
    from seg_common.volume.array_reader import ArrayReader
    from seg_data.crop_cutting import CropCutter
    from seg_data.crop_sampler import CropSampler
    from seg_data.region_sampler import RegionSampler


@dataclass(frozen=True, eq=False)
class CropBatch:
    """Crops stacked for a network."""

    image: NDArray[Any]
    """Grey levels in the dtype of the volume; (crop, row, column, channel) for crops of one slice, else (crop, z, y, x, 1)."""
    labels: NDArray[np.uint8] | None
    """Class indices, 255 where ignored, (crop, row, column) or (crop, z, y, x); None for a volume without labels."""
    weights: NDArray[np.float32] | None = None
    """Voxel weights in the shape of the labels; None when the configuration asks for none."""


class CropReader:
    """Read the voxels of crops; threads may share a reader.

    A crop of one slice gives a 2D image, with as many slices around the middle one as channels as the configuration says
    (2.5D): slices beyond the region are mirrored at its border, so that no voxel of another partition is ever read. The labels
    are those of the middle slice.

    Parameters
    ----------
    sampler : CropSampler
        Gives volumes, regions and configuration.
    budget_bytes : int, optional
        Images and weights are loaded while they fit, otherwise read crop by crop. What the sampler's budget has left when not
        given.

    Raises
    ------
    VolumeError
        If voxel weights are wanted and a volume was not opened with them.
    CropError
        If an elastic deformation could fold a crop.
    """

    def __init__(self, sampler: CropSampler, *, budget_bytes: int | None = None) -> None:
        self._sampler = sampler
        self._augmentation = sampler.config.augmentation
        self._halo = augmentation_halo(self._augmentation, sampler.config.shape)
        budget = sampler.budget if budget_bytes is None else MemoryBudget(budget_bytes)
        self._sources = [_Source(source, budget) for source in sampler.sources]

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one crop's image: (row, column, channel) or (z, y, x, channel)."""
        z, y, x = self._sampler.config.shape
        return (y, x, self._sampler.config.slices) if z == 1 else (z, y, x, 1)

    @property
    def image_dtype(self) -> np.dtype[Any]:
        """Type of the grey levels."""
        return self._sampler.sources[0].volume.image.dtype

    def batch(self, first: int, size: int) -> CropBatch:
        """Draw and read crops `first` … `first + size - 1` of the sampler's stream; see `read`."""
        return self._read_rows(self._sampler.rows(first, size))

    def read(self, crops: Sequence[Crop]) -> CropBatch:
        """Read crops.

        Parameters
        ----------
        crops : sequence of Crop
            All of the sampler's shape.

        Returns
        -------
        CropBatch
            New arrays, in the order of `crops`.

        Raises
        ------
        CropError
            If a crop does not lie in the region of its source, or has another shape or a symmetry that its source has not.
        LabelVolumeError
            If a label is neither a class index nor the ignored label.
        """
        for crop in crops:
            self._require_known(crop)
        return self._read_rows(
            CropRows(
                numbers=np.array([crop.n for crop in crops], np.int64),
                sources=np.array([crop.source for crop in crops], np.int64),
                starts=np.array([crop.box.start for crop in crops], np.int64).reshape(-1, 3),
                symmetries=np.array([crop.symmetry for crop in crops], np.int64),
                attempts=np.array([crop.attempts for crop in crops], np.int64),
            )
        )

    def _require_known(self, crop: Crop) -> None:
        sources = self._sampler.sources
        source = sources[crop.source] if 0 <= crop.source < len(sources) else None
        if source is None or not (
            crop.box.shape == source.shape
            and source.region.contains(crop.box)
            and 0 <= crop.symmetry < len(source.symmetries)
        ):
            known = "no source" if source is None else f"{source.region} and {len(source.symmetries)} symmetries"
            msg = (
                f"a crop must lie in the region that its sampler draws from, in the sampler's shape; got {crop} for {known}. "
                "Use the sampler that drew it."
            )
            raise CropError(msg)

    def _read_rows(self, rows: CropRows) -> CropBatch:
        size, plane = len(rows.numbers), self.image_shape[:-1]
        first = self._sources[0]
        image = np.empty((size, *self.image_shape), self.image_dtype)
        labels = None if first.labels is None else np.empty((size, *plane), np.uint8)
        weights = None if first.weights is None else np.empty((size, *plane), np.float32)
        # All crops have three axes and channels while they are turned; the one slice of a 2D crop is left out of the batch.
        shape = (size, *self._sampler.config.shape)
        targets = (
            image.reshape(*shape, -1),
            None if labels is None else labels.reshape(shape),
            None if weights is None else weights.reshape(shape),
        )
        places = np.arange(size)
        for index, here in groups(rows.sources):
            left = targets if self._augmentation else self._sources[index].cut_all(rows, places[here], targets)
            if any(target is not None for target in left):
                for place in places[here].tolist():
                    self._read_one(rows, place, index, left)
        return CropBatch(image, labels, weights)

    def _read_one(self, rows: CropRows, place: int, index: int, targets: Targets) -> None:
        """Read a crop of a source into its place of the batch."""
        symmetry = int(rows.symmetries[place])
        turn = self._sampler.sources[index].symmetries[symmetry] if symmetry else None
        crop = self._crop(int(rows.numbers[place]), index, rows.starts[place].tolist())
        for target, voxels in zip(targets, crop, strict=True):
            if target is not None and voxels is not None:
                target[place] = voxels if turn is None else turn.apply(voxels)

    def _crop(
        self, n: int, index: int, start: list[int]
    ) -> tuple[NDArray[Any], NDArray[Any] | None, NDArray[Any] | None]:
        """Read a crop of a source and augment it: image (z, y, x, channel), labels and weights, axes (normal, rows, columns)."""
        source = self._sources[index]
        image = source.image_of(start, self._halo, self._sampler.config.slices)
        labels = None if source.labels is None else source.cut(source.labels, start, self._halo)
        weights = None if source.weights is None else source.cut(source.weights, start, self._halo)
        if self._augmentation is None:
            return image, labels, weights
        return augment(
            image,
            labels,
            weights,
            self._augmentation,
            lambda name: stream(self._sampler.seed, f"augmentation {name}", n),
        )


NO_HALO = (0, 0, 0)
Targets = tuple[NDArray[Any] | None, NDArray[Any] | None, NDArray[Any] | None]
"""Image (crop, normal, rows, columns, channel), labels and weights (crop, normal, rows, columns) of a batch; None where there is nothing to do."""


class _Source:
    """The arrays of one volume and plane, cut with axes (normal, rows, columns)."""

    def __init__(self, sampler: RegionSampler, budget: MemoryBudget) -> None:
        self._region = sampler.region
        self._shape = sampler.shape
        self._normal = sampler.normal
        self._axes = plane_axes(sampler.normal)
        self.image = budget.load(sampler.volume.image, sampler.region)
        self.labels = sampler.labels
        self.weights: ArrayReader | None = None
        wanted = sampler.config.voxel_weights
        if wanted is not None:
            if sampler.volume.weights is None or sampler.volume.weights_name != wanted:
                msg = (
                    f"voxel weights must be opened with their volume; {sampler.volume.path} was opened with "
                    f"{sampler.volume.weights_name}, and crops want {wanted!r}. Give the name to open_volume."
                )
                raise VolumeError(msg)
            self.weights = budget.load(sampler.volume.weights, sampler.region)
        # A 2.5D image is gathered from several slices.
        one_channel = None if sampler.config.slices > 1 else self.image
        self._cutters = (
            self._cutter(one_channel, sampler, self.image.dtype),
            self._cutter(self.labels, sampler, np.uint8),
            self._cutter(self.weights, sampler, np.float32),
        )

    def _cutter(self, array: ArrayReader | None, sampler: RegionSampler, target: DTypeLike) -> CropCutter | None:
        """Prepare to cut crops from memory; None where that is not possible."""
        if not isinstance(array, ArrayInMemory) or array.dtype != target:
            return None
        return array.cutter(sampler.config.shape, self._axes, sampler.symmetries)

    def cut_all(self, rows: CropRows, places: NDArray[np.int64], targets: Targets) -> Targets:
        """Cut the crops at some places of a batch at once, where that is possible; gives the targets that are left."""
        starts, symmetries = rows.starts[places], rows.symmetries[places]
        for cutter, target in zip(self._cutters, targets, strict=True):
            if cutter is not None and target is not None:
                cutter.cut(starts, symmetries, target, places)
        image, labels, weights = (
            None if cutter else target for cutter, target in zip(self._cutters, targets, strict=True)
        )
        return image, labels, weights

    def cut(self, array: ArrayReader, start: list[int], halo: Index3) -> NDArray[Any]:
        """Read a crop and a halo (normal, rows, columns) around it, mirrored at the region's faces."""
        if halo == NO_HALO and isinstance(array, ArrayInMemory):
            # A view, without a box to check.
            return array.view(start, self._shape).transpose(self._axes)
        box = Box(start=(start[0], start[1], start[2]), shape=self._shape).grown(plane_shape(halo, self._normal))
        return read_reflected(array, box, self._region).transpose(self._axes)

    def image_of(self, start: list[int], halo: Index3, slices: int) -> NDArray[Any]:
        """Read the image of a crop, (normal, rows, columns, channel): one channel, or for 2.5D crops one for each slice."""
        if slices == 1:
            return self.cut(self.image, start, halo)[..., None]
        around = self.cut(self.image, start, (slices // 2, halo[1], halo[2]))
        return np.moveaxis(around, 0, -1)[None]
