"""From crops to batches of voxels: image and labels cut, turned alike and stacked, in the dtype of the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.counting.label_values import require_class_labels
from seg_common.geometry.symmetries import symmetries_of
from seg_common.volume.reflection import read_reflected
from seg_data.array_in_memory import DEFAULT_BUDGET_BYTES, in_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_data.crop_sampler import Crop, CropSampler

IGNORED = 255
"""Value of ignored voxels in the labels of a batch, whatever the volume calls them; there are at most 255 classes."""


@dataclass(frozen=True, eq=False)
class CropBatch:
    """Crops stacked for a network."""

    image: NDArray[Any]
    """Grey levels in the dtype of the volume; (crop, y, x, channel) for crops of one slice, else (crop, z, y, x, channel)."""
    labels: NDArray[np.uint8] | None
    """Class indices, 255 where ignored, (crop, y, x) or (crop, z, y, x); None for a volume without labels."""


class CropReader:
    """Read the voxels of crops; threads may share a reader.

    A crop of shape (1, y, x) gives a 2D image, with as many slices around the middle one as channels as the configuration says
    (2.5D): slices beyond the region are mirrored at its border, so that no voxel of another partition is ever read. The labels
    are those of the middle slice.

    Parameters
    ----------
    sampler : CropSampler
        Gives volume, region and configuration.
    budget_bytes : int
        The region's image is loaded when it is at most this large, otherwise read crop by crop.
    """

    def __init__(self, sampler: CropSampler, *, budget_bytes: int = DEFAULT_BUDGET_BYTES) -> None:
        self._sampler = sampler
        self._image = in_memory(sampler.volume.image, sampler.region, budget_bytes)
        self._classes = len(sampler.volume.document.classes)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one crop's image: (y, x, channel) or (z, y, x, channel)."""
        z, y, x = self._sampler.config.shape
        return (y, x, self._sampler.config.slices) if z == 1 else (z, y, x, 1)

    def batch(self, first: int, size: int) -> CropBatch:
        """Draw and read crops `first` … `first + size - 1` of the sampler's stream."""
        return self.read([self._sampler.crop(n) for n in range(first, first + size)])

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
        LabelVolumeError
            If a label is neither a class index nor the ignored label.
        """
        image = np.empty((len(crops), *self.image_shape), self._image.dtype)
        for target, crop in zip(image, crops, strict=True):
            target[...] = self._read_image(crop)
        if self._sampler.labels is None:
            return CropBatch(image, None)
        labels = np.empty((len(crops), *self.image_shape[:-1]), np.uint8)
        for flat, crop in zip(labels, crops, strict=True):
            flat[...] = self._read_labels(crop)
        return CropBatch(image, labels)

    def _read_image(self, crop: Crop) -> NDArray[Any]:
        symmetry = symmetries_of(crop.box.shape)[crop.symmetry]
        if crop.box.shape[0] > 1:
            return symmetry.apply(self._image.read(crop.box))[..., None]
        around = self._sampler.config.slices // 2
        slices = read_reflected(self._image, crop.box.grown((around, 0, 0)), self._sampler.region)
        turned: NDArray[Any] = symmetry.apply(np.moveaxis(slices, 0, -1)[None])[0]
        return turned

    def _read_labels(self, crop: Crop) -> NDArray[Any]:
        reader = self._sampler.labels
        assert reader is not None
        ignored = self._sampler.volume.ignored_label
        labels = reader.read(crop.box)
        require_class_labels(labels, self._classes, ignored, reader)
        if ignored is not None:
            labels = np.where(labels == ignored, IGNORED, labels)
        turned = symmetries_of(crop.box.shape)[crop.symmetry].apply(labels)
        return turned if crop.box.shape[0] > 1 else turned[0]
