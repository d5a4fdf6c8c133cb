"""Three orthogonal slices of a volume in their true physical proportions, so that a wrong axis cannot be missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.geometry.box import Box
from seg_common.pictures.chart_text import legible
from seg_common.pictures.lettering import font, text_width
from seg_common.pictures.overlay import grey_limits, grey_to_rgb, overlay, rgb
from seg_common.pictures.scale_bar import VOXELS, scale_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.voxel_sizes import VoxelSize

AXES = "zyx"
PANEL_SIDE = 512
SMALLEST_SIDE = 6
"""Pixels of a side that would be thinner, as in a volume of a few slices."""
MOST_VOXELS = 2048
"""Voxels along a side of a slice beyond which only every second, third, … is read."""
STRIP_VOXELS = 2**24
INK, PAPER, MARK = "#1a1a1a", "#ffffff", "#e69f00"
FONT_SIZE, TITLE_SIZE = 14, 18
LINE = FONT_SIZE + 6
GAP = 12
LETTER_ROOM = 44
OVERLAY_ALPHA = 0.5


@dataclass(frozen=True)
class PicturedLabels:
    """Labels to lay over the slices."""

    reader: ArrayReader
    """Class indices, of the image's shape."""
    classes: Sequence[tuple[str, str]]
    """Name and colour, ``#rrggbb``, by class index."""
    ignored_label: int | None = None
    """Value of voxels that nobody annotated; they stay grey."""


def draw_slices(
    image: ArrayReader,
    *,
    title: str,
    lines: Sequence[str] = (),
    labels: PicturedLabels | None = None,
    voxel_size: VoxelSize | None = None,
    voxel_size_unit: str | None = None,
    at: Index3 | None = None,
) -> Image.Image:
    """Draw three orthogonal slices, and beside them the same with labels.

    Parameters
    ----------
    image : ArrayReader
        Grey levels (z, y, x).
    title : str
        What is shown.
    lines : sequence of str
        Text below the title.
    labels : PicturedLabels, optional
        Labels to lay over a second set of the slices.
    voxel_size : tuple of float, optional
        Edge lengths (z, y, x) of a voxel; voxels are drawn as cubes when nobody knows it.
    voxel_size_unit : str, optional
        Unit of `voxel_size`.
    at : tuple of int, optional
        Index (z, y, x) of the slices; those through the middle when not given.

    Returns
    -------
    PIL.Image.Image
        RGB picture: the slice across z in the upper left, that across y below it and that across x to its right, so that
        they share their axes; marks show where each is cut by the others.

    Raises
    ------
    VolumeError
        If the image cannot be read, or `at` lies outside.
    LabelVolumeError
        If labels have another shape than the image.
    """
    z, y, x = at or (image.shape[0] // 2, image.shape[1] // 2, image.shape[2] // 2)
    if not Box.whole(image.shape).contains(Box(start=(z, y, x), shape=(1, 1, 1))):
        msg = f"slices must lie inside the volume; got (z, y, x) = {(z, y, x)} for shape {image.shape}."
        raise VolumeError(msg)
    if labels is not None and labels.reader.shape != image.shape:
        msg = f"labels must have the image's shape {image.shape}; {labels.reader} has {labels.reader.shape}."
        raise LabelVolumeError(msg)
    scene = _Scene.of(image.shape, voxel_size, voxel_size_unit, (z, y, x))
    planes = [_read_plane(image, axis, index) for axis, index in enumerate(scene.at)]
    limits = grey_limits(np.concatenate([plane.ravel() for plane in planes]))
    grey = [grey_to_rgb(plane, limits) for plane in planes]
    groups = [scene.group(grey)]
    if labels is not None:
        groups.append(scene.group([_labelled(grey[axis], labels, axis, scene.at[axis]) for axis in range(3)]))
    return _sheet(title, lines, groups, [] if labels is None else labels.classes)


def _labelled(picture: NDArray[np.uint8], labels: PicturedLabels, axis: int, index: int) -> NDArray[np.uint8]:
    # In a sparse annotation the first class is coloured too: grey then means that nobody annotated it.
    plane = _read_plane(labels.reader, axis, index)
    colors = [color for _, color in labels.classes]
    return overlay(picture, plane, colors, alpha=OVERLAY_ALPHA, skip=0 if labels.ignored_label is None else -1)


def _read_plane(reader: ArrayReader, axis: int, index: int) -> NDArray[Any]:
    """Read a slice in strips; of a very large one every second, third, … voxel."""
    shape = reader.shape
    rows, columns = (other for other in range(3) if other != axis)
    step = -(-max(shape[rows], shape[columns]) // MOST_VOXELS)
    strip = step * max(1, STRIP_VOXELS // (shape[columns] * step))
    strips = []
    for first in range(0, shape[rows], strip):
        start, size = [0, 0, 0], list(shape)
        start[axis], size[axis] = index, 1
        start[rows], size[rows] = first, min(strip, shape[rows] - first)
        box = Box(start=(start[0], start[1], start[2]), shape=(size[0], size[1], size[2]))
        strips.append(np.take(reader.read(box), 0, axis)[::step, ::step])
    return np.concatenate(strips)


@dataclass(frozen=True)
class _Scene:
    """How large the slices are drawn, and where they cut each other."""

    sides: tuple[int, int, int]
    """Pixels along (z, y, x)."""
    at: Index3
    """Index of the slices."""
    cuts: tuple[int, int, int]
    """Pixel of the middle of each slice along its axis."""
    pixel_size: float
    """Edge length of a pixel."""
    unit: str

    @classmethod
    def of(cls, shape: Index3, voxel_size: VoxelSize | None, unit: str | None, at: Index3) -> _Scene:
        size = voxel_size or (1.0, 1.0, 1.0)
        lengths = [n * s for n, s in zip(shape, size, strict=True)]
        pixel_size = max(lengths) / PANEL_SIDE
        z, y, x = (max(SMALLEST_SIDE, round(length / pixel_size)) for length in lengths)
        cuts = [int((i + 0.5) / n * side) for i, n, side in zip(at, shape, (z, y, x), strict=True)]
        return cls((z, y, x), at, (cuts[0], cuts[1], cuts[2]), pixel_size, (unit or "") if voxel_size else VOXELS)

    def group(self, pictures: Sequence[NDArray[np.uint8]]) -> Image.Image:
        """Lay the slices across z, y and x out so that they share their axes, with letters and marks."""
        z, y, x = self.sides
        across_z, across_y, across_x = (self._panel(picture, axis) for axis, picture in enumerate(pictures))
        left, top = LETTER_ROOM, LINE + LETTER_ROOM // 2
        second_column = left + max(x, _caption_width("z", self.at[0])) + GAP + LETTER_ROOM
        second_row = top + y + GAP + top
        right = second_column + max(z, _caption_width("x", self.at[2]))
        group = Image.new("RGB", (right + GAP, second_row + max(z, LETTER_ROOM) + GAP), PAPER)
        draw = ImageDraw.Draw(group)
        for panel, axis, corner in (
            (across_z, 0, (left, top)),
            (across_x, 2, (second_column, top)),
            (across_y, 1, (left, second_row)),
        ):
            group.paste(panel, corner)
            _letter(draw, axis, self.at[axis], corner, panel.size)
        return group

    def _panel(self, picture: NDArray[np.uint8], axis: int) -> Image.Image:
        """One slice in its physical proportions; the slice across x is turned so that it shares y with that across z."""
        rows, columns = (other for other in range(3) if other != axis)
        if axis == 2:
            picture, rows, columns = picture.transpose(1, 0, 2), columns, rows
        panel = _resized(picture, self.sides[rows], self.sides[columns])
        if axis == 0:
            panel = Image.fromarray(scale_bar(np.asarray(panel), self.pixel_size, self.unit))
        draw = ImageDraw.Draw(panel)
        row, column = self.cuts[rows], self.cuts[columns]
        for start, stop in ((0, 9), (panel.width - 10, panel.width - 1)):
            draw.line((start, row, stop, row), MARK, 2)
        for start, stop in ((0, 9), (panel.height - 10, panel.height - 1)):
            draw.line((column, start, column, stop), MARK, 2)
        return panel


def _letter(draw: ImageDraw.ImageDraw, axis: int, index: int, corner: tuple[int, int], size: tuple[int, int]) -> None:
    """Write which slice a panel is above it, and draw its axes as arrows from its upper left corner."""
    down, along = (("y", "x"), ("z", "x"), ("y", "z"))[axis]
    (left, top), (width, height) = corner, size
    draw.text((left, top - LINE - LETTER_ROOM // 2), f"{AXES[axis]} = {index}", INK, font=font(FONT_SIZE))
    _arrow(draw, (left, top - 10), (min(60, max(24, width)), 0))
    draw.text((left + min(60, max(24, width)) + 8, top - 10), along, INK, font=font(FONT_SIZE), anchor="lm")
    _arrow(draw, (left - 10, top), (0, min(60, max(24, height))))
    draw.text((left - 10, top + min(60, max(24, height)) + 12), down, INK, font=font(FONT_SIZE), anchor="mm")


def _arrow(draw: ImageDraw.ImageDraw, start: tuple[int, int], step: tuple[int, int]) -> None:
    (x, y), (dx, dy) = start, step
    end = (x + dx, y + dy)
    draw.line((start, end), INK, 2)
    ux, uy = (dx > 0) * 7, (dy > 0) * 7
    draw.polygon(
        [end, (end[0] - ux - uy // 2, end[1] - uy - ux // 2), (end[0] - ux + uy // 2, end[1] - uy + ux // 2)], INK
    )


def _resized(picture: NDArray[np.uint8], rows: int, columns: int) -> Image.Image:
    """Bring each axis to its size: voxels larger than a pixel stay crisp, smaller ones are averaged."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    for size in ((columns, image.height), (columns, rows)):
        shrinks = size[0] < image.width or size[1] < image.height
        image = image.resize(size, Image.Resampling.BOX if shrinks else Image.Resampling.NEAREST)
    return image


def _caption_width(axis: str, index: int) -> int:
    return max(text_width(f"{axis} = {index}", FONT_SIZE), 90)


def _sheet(
    title: str, lines: Sequence[str], groups: Sequence[Image.Image], classes: Sequence[tuple[str, str]]
) -> Image.Image:
    title, lines, classes = (
        legible(title),
        list(map(legible, lines)),
        [(legible(name), color) for name, color in classes],
    )
    texts = [title, *lines]
    top = GAP + TITLE_SIZE + 10 + len(lines) * LINE + (LINE + 8 if classes else 0) + GAP
    legend = sum(FONT_SIZE + 24 + text_width(name, FONT_SIZE) for name, _ in classes)
    wide = max(*(text_width(text, TITLE_SIZE if text is title else FONT_SIZE) for text in texts), legend)
    width = max(wide + 2 * GAP, sum(group.width for group in groups) + GAP)
    sheet = Image.new("RGB", (width, top + max(group.height for group in groups)), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, GAP), title, INK, font=font(TITLE_SIZE, title))
    for number, line in enumerate(lines):
        draw.text((GAP, GAP + TITLE_SIZE + 10 + number * LINE), line, INK, font=font(FONT_SIZE, line))
    x, y = GAP, top - GAP - LINE
    for name, color in classes:
        draw.rectangle((x, y, x + FONT_SIZE, y + FONT_SIZE), fill=rgb(color), outline=INK)
        draw.text((x + FONT_SIZE + 6, y - 2), name, INK, font=font(FONT_SIZE, name))
        x += FONT_SIZE + 24 + text_width(name, FONT_SIZE)
    x = 0
    for group in groups:
        sheet.paste(group, (x, top))
        x += group.width
    return sheet
