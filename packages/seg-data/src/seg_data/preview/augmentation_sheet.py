"""Crops before and after they are augmented and turned: what the file holds, and what the network gets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.pictures.contact_sheet import Panel, contact_sheet
from seg_common.pictures.overlay import grey_limits
from seg_data.crop_log import turned
from seg_data.crop_reader import CropReader
from seg_data.crop_sampler import CropSampler
from seg_data.preview.crop_picture import Look, Scale, crop_picture
from seg_data.preview.crop_sheet import source_name, volume_names, voxel_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from seg_common.geometry.symmetries import Symmetry
    from seg_common.schema.augmentation import Augmentation
    from seg_data.crop_sampler import Crop

MOST_CROPS = 5
SIDE_2D, SIDE_3D = 256, 160


def draw_augmentation_sheet(sampler: CropSampler, count: int = MOST_CROPS) -> Image | None:
    """Draw the first crops as they are stored, augmented, and turned as well.

    Parameters
    ----------
    sampler : CropSampler
        The stream.
    count : int
        Crops to show, a row each.

    Returns
    -------
    PIL.Image.Image or None
        None where crops are neither augmented nor turned.
    """
    if sampler.config.augmentation is None and all(len(source.symmetries) == 1 for source in sampler.sources):
        return None
    crops = sampler.crops(0, count)
    straight = [replace(crop, symmetry=0) for crop in crops]
    unchanged = sampler.config.model_copy(update={"augmentation": None})
    plain = CropSampler(sampler.sources, sampler.shares, unchanged, sampler.seed, sampler.budget)
    stages = [("as it is stored", plain, straight)]
    if sampler.config.augmentation is not None:
        stages.append((f"augmented:\n{augmentation_words(sampler.config.augmentation)}", sampler, straight))
    if any(crop.symmetry for crop in crops):
        stages.append(("", sampler, crops))
    # The voxels of these few crops are read one by one: nothing is loaded for them.
    columns = [
        (title, [_voxels(CropReader(of, budget_bytes=0), crop) for crop in drawn]) for title, of, drawn in stages
    ]
    limits = grey_limits(np.concatenate([image[len(image) // 2].ravel() for image, _ in columns[0][1]]))
    solid = sampler.config.shape[0] > 1
    look = Look(limits, sampler.sources[0].volume.document.class_colors, SIDE_3D if solid else SIDE_2D)
    panels = [
        _panel(sampler, crop, title, *voxels[row], look, as_stored=column == 0)
        for row, crop in enumerate(crops)
        for column, (title, voxels) in enumerate(columns)
    ]
    return contact_sheet(
        panels,
        columns=len(columns),
        title=f"{volume_names(sampler)}: the first crops, before and after",
        panel_side=None,
    )


def augmentation_words(augmentation: Augmentation) -> str:
    """Name the ingredients that do something.

    Examples
    --------
    >>> from seg_common.schema.augmentation import Augmentation, Elastic
    >>> augmentation_words(Augmentation(noise=5, elastic=Elastic()))
    'elastic, noise'
    """
    ingredients = {
        "elastic": augmentation.elastic is not None and augmentation.elastic.probability > 0,
        "blur": augmentation.blur,
        "contrast": augmentation.grey_scale,
        "brightness": augmentation.grey_shift,
        "noise": augmentation.noise,
    }
    return ", ".join(name for name, amount in ingredients.items() if amount) or "nothing"


def _voxels(reader: CropReader, crop: Crop) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Read one crop; (normal, rows, columns), of 2.5D crops the middle channel."""
    batch = reader.read([crop])
    image = batch.image[0, ..., batch.image.shape[-1] // 2]
    labels = None if batch.labels is None else batch.labels[0]
    if image.ndim == 2:
        return image[None], None if labels is None else labels[None]
    return image, labels


def _panel(
    sampler: CropSampler,
    crop: Crop,
    title: str,
    image: NDArray[Any],
    labels: NDArray[Any] | None,
    look: Look,
    *,
    as_stored: bool,
) -> Panel:
    source = sampler.sources[crop.source]
    symmetry, scale = source.symmetries[crop.symmetry], voxel_scale(source)
    if not title:
        title = f"and turned: {turned(symmetry)}"
        scale = turned_scale(scale, symmetry)
    name = source_name(sampler, crop.source)
    number = f"crop {crop.n}{f' ({name})' if name else ''}, " if as_stored else ""
    return Panel(crop_picture(image, labels, scale, look), number + title)


def turned_scale(scale: Scale, symmetry: Symmetry) -> Scale:
    """Scale of a turned crop: its axes are other axes of the crop."""
    z, y, x = (scale.size[axis] for axis in symmetry.axes)
    return Scale((z, y, x), scale.unit)
