"""A crop as a picture: one slice, or three orthogonal ones, bare and beside it with its labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image

from seg_common.pictures.overlay import grey_to_rgb, overlay
from seg_common.pictures.scale_bar import VOXELS, scale_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]

GAP = 3
WHITE = 255
# Strong, because the bare image stands beside it and a pore is nearly black.
OVERLAY_ALPHA = 0.7


class Look(NamedTuple):
    """What is the same for all crops of a sheet."""

    limits: tuple[float, float]
    """Grey levels of black and white: a crop of matrix alone must not look like a crop of fibres."""
    colors: Sequence[str]
    """Colours by class index; the first class stays grey."""
    side: int
    """Pixels of the longest side of a slice."""


class Scale(NamedTuple):
    """Sizes of a voxel of a crop."""

    size: tuple[float, float, float]
    """Edge lengths along the axes of the crop (normal, rows, columns)."""
    unit: str
    """Their unit."""

    @classmethod
    def of(cls, size: tuple[float, float, float] | None, unit: str | None) -> Scale:
        """Scale of a crop whose voxel size may be unknown: then voxels are cubes, and lengths are counted in them."""
        return cls((1.0, 1.0, 1.0), VOXELS) if size is None else cls(size, unit or "")


def crop_picture(image: NDArray[Any], labels: NDArray[Any] | None, scale: Scale, look: Look) -> Rgb:
    """Draw a crop bare and, when it has labels, with its labels overlaid.

    Parameters
    ----------
    image : ndarray, shape (normal, rows, columns)
        Grey levels. One slice is drawn as it is; of several, three orthogonal slices: rows and columns, right of it rows and
        normal, below it normal and columns. They go through the middle or, where few slices are annotated, through the nearest
        place with the most labels.
    labels : ndarray of int or None, shape of `image`
        Class indices; other values stay grey.
    scale : Scale
        Gives pixels their shape, and the scale bar its length.
    look : Look
        Grey limits, colours and size.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
    """
    pixel = min(scale.size)
    stretch = [size / pixel for size in scale.size]
    zoom = look.side / max(n * s for n, s in zip(image.shape[1:], stretch[1:], strict=True))
    zoom = float(int(zoom)) if zoom >= 1 else zoom  # voxels stay squares where they are enlarged
    pixels = [max(1, round(n * s * zoom)) for n, s in zip(image.shape, stretch, strict=True)]
    place = _most_labelled(labels, image.shape, len(look.colors))
    bare = _orthogonal(image, pixels, place, lambda plane, _: grey_to_rgb(plane, look.limits))
    if labels is None:
        return _with_bar(bare, pixels, pixel / zoom, scale.unit)

    def draw(plane: NDArray[Any], of_labels: NDArray[Any]) -> Rgb:
        return overlay(grey_to_rgb(plane, look.limits), of_labels, look.colors, alpha=OVERLAY_ALPHA)

    marked = _with_bar(_orthogonal(image, pixels, place, draw, labels), pixels, pixel / zoom, scale.unit)
    return joined([bare, marked], axis=1)


def joined(pictures: Sequence[Rgb], axis: int) -> Rgb:
    """Put pictures of one height (axis 1) or one width (axis 0) side by side, with a white gap."""
    gap = list(pictures[0].shape)
    gap[axis] = GAP
    parts = [pictures[0]]
    for picture in pictures[1:]:
        parts += [np.full(gap, WHITE, np.uint8), picture]
    return np.concatenate(parts, axis=axis)


def _most_labelled(labels: NDArray[Any] | None, shape: tuple[int, ...], n_classes: int) -> list[int]:
    """Find the slice of each axis that holds the most labelled voxels, the nearest to the middle of several."""
    place = []
    for axis, side in enumerate(shape):
        others = tuple(other for other in range(3) if other != axis)
        labelled = np.zeros(side) if labels is None else (labels < n_classes).sum(axis=others)
        from_middle = np.abs(np.arange(side) - side // 2)
        place.append(int(np.lexsort((from_middle, -labelled))[0]))
    return place


def _orthogonal(
    image: NDArray[Any], pixels: list[int], place: list[int], draw: Any, labels: NDArray[Any] | None = None
) -> Rgb:
    """Draw one slice, or three: rows and columns, right of it rows and normal, below it normal and columns."""
    others = image if labels is None else labels

    def plane(*index: Any, turned: bool = False) -> Rgb:
        picture: Rgb = draw(image[index], others[index])
        return picture.transpose(1, 0, 2) if turned else picture

    front = _resized(plane(place[0]), pixels[1], pixels[2])
    if len(image) == 1:
        return front
    right = _resized(plane(slice(None), slice(None), place[2], turned=True), pixels[1], pixels[0])
    below = _resized(plane(slice(None), place[1]), pixels[0], pixels[2])
    corner = np.full((pixels[0], pixels[0], 3), WHITE, np.uint8)
    return joined([joined([front, right], axis=1), joined([below, corner], axis=1)], axis=0)


def _with_bar(picture: Rgb, pixels: list[int], pixel_size: float, unit: str) -> Rgb:
    """Draw the scale bar into the slice of rows and columns."""
    marked = picture.copy()
    front = np.ascontiguousarray(picture[: pixels[1], : pixels[2]])
    marked[: pixels[1], : pixels[2]] = scale_bar(front, pixel_size, unit)
    return marked


def _resized(picture: Rgb, rows: int, columns: int) -> Rgb:
    enlarged = rows >= picture.shape[0] and columns >= picture.shape[1]
    how = Image.Resampling.NEAREST if enlarged else Image.Resampling.LANCZOS
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize((columns, rows), how))
