"""Orthogonal sections through the middle of the region: image, reference, prediction, errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.geometry.box import Box
from seg_common.pictures.contact_sheet import Panel, contact_sheet, write_png
from seg_common.pictures.overlay import (
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    error_overlay,
    faded,
    grey_limits,
    grey_to_rgb,
    overlay,
)
from seg_common.pictures.scale_bar import with_scale_bar
from seg_eval.report.picture import ReportPicture

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from seg_common.model_paths import EvaluationPaths
    from seg_common.schema.evaluation import EvaluationDocument
    from seg_eval.measured_arrays import MeasuredArrays, PlacedArray

AXES = "zyx"
LONGEST_SIDE = 512
"""Pixels of a panel; smaller sections are enlarged by whole numbers."""
COLUMNS = {1: 1, 2: 2, 3: 3, 4: 2}
"""Panels side by side: all four in one row would be too small to see single wrong voxels on a page."""
FLAT_GREY = 225
"""Background of the panels when no grey levels are known."""


@dataclass(frozen=True)
class Section:
    """Two-dimensional cuts of everything at one place, axes (rows, columns)."""

    axis: int
    """Axis across the section: 0, 1, 2 for z, y, x."""
    index: int
    """Voxel along that axis, in the volume's coordinates."""
    image: NDArray[Any] | None
    """Grey levels."""
    reference: NDArray[Any] | None
    """Reference labels."""
    prediction: NDArray[Any]
    """Predicted labels."""


def draw_sections(paths: EvaluationPaths, document: EvaluationDocument, arrays: MeasuredArrays) -> list[ReportPicture]:
    """Draw one picture per axis; the one across z is the headline.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write: ``pictures/overlay.png``, ``pictures/section_y.png`` and ``pictures/section_x.png``.
    document : EvaluationDocument
        Classes, colours, voxel size.
    arrays : MeasuredArrays
        Where the voxels are.

    Returns
    -------
    list of ReportPicture
        In the order z, y, x; axes along which the region is a single voxel wide on both sides are left out.
    """
    pictures = []
    for axis, name in enumerate(AXES):
        if axis > 0 and arrays.region.shape[0] == 1:
            continue  # a section across y or x of one slice is a line
        section = _cut(arrays, axis)
        path = paths.pictures / ("overlay.png" if axis == 0 else f"section_{name}.png")
        sheet = _sheet(section, document, arrays.ignored_label)
        write_png(path, sheet)
        panels = ", ".join(_panel_names(section))
        pictures.append(
            ReportPicture(
                section="sections",
                path=path,
                caption=f"Section across {name} at {name} = {section.index}, the middle of the region.",
                alt=f"Section across {name} at {section.index} with the panels {panels}. {_in_words(section, document)}",
                width=sheet.width,
            )
        )
    return pictures


def _cut(arrays: MeasuredArrays, axis: int) -> Section:
    region = arrays.region
    index = region.start[axis] + region.shape[axis] // 2
    start, shape = list(region.start), list(region.shape)
    start[axis], shape[axis] = index, 1
    box = Box(start=(start[0], start[1], start[2]), shape=(shape[0], shape[1], shape[2]))

    def plane(source: PlacedArray | None) -> NDArray[Any] | None:
        return None if source is None else source.read(box).squeeze(axis)

    prediction = arrays.prediction.read(box).squeeze(axis)
    return Section(axis, index, plane(arrays.image), plane(arrays.reference), prediction)


def _sheet(section: Section, document: EvaluationDocument, ignored_label: int | None) -> Image:
    colors = [info.color for info in document.classes]
    background = int(np.argmax([info.predicted_voxels for info in document.classes]))
    if section.image is None:
        grey = np.full((*section.prediction.shape, 3), FLAT_GREY, np.uint8)
    else:
        grey = grey_to_rgb(section.image, grey_limits(section.image))
    alpha = 0.75 if section.image is not None else 1.0
    panels = [] if section.image is None else [("image", grey)]
    if section.reference is not None:
        panels.append(("reference", overlay(grey, section.reference, colors, alpha=alpha, skip=background)))
    panels.append(("prediction", overlay(grey, section.prediction, colors, alpha=alpha, skip=background)))
    legend = [(info.name, info.color) for i, info in enumerate(document.classes) if i != background]
    if section.reference is not None:
        # The most frequent class stands for the background, whatever its index.
        truth, answer = (_background_first(plane, background) for plane in (section.reference, section.prediction))
        panels.append(("errors", error_overlay(faded(grey), truth, answer, ignored_label)))
        legend += [("added by the prediction", FALSE_POSITIVE), ("missed", FALSE_NEGATIVE)]
    rows, columns = (axis for axis in range(3) if axis != section.axis)
    size, unit = document.voxel_size, document.voxel_size_unit
    pictures = [(caption, _true_to_scale(plane, size, rows, columns)) for caption, plane in panels]
    longest = max(pictures[0][1].shape[:2])
    factor = max(1, LONGEST_SIDE // longest)
    minimum_side = factor * min(pictures[0][1].shape[:2])
    first = with_scale_bar(pictures[0][1], size[columns] if size else None, unit, minimum_side=minimum_side)
    side = max(LONGEST_SIDE, min(longest, 2 * LONGEST_SIDE))
    return contact_sheet(
        [Panel(first, pictures[0][0]), *(Panel(plane, caption) for caption, plane in pictures[1:])],
        columns=COLUMNS[len(pictures)],
        title=f"{_title(document)}, {AXES[section.axis]} = {section.index}",
        legend=legend,
        panel_side=max(side // longest, 1) * longest if longest <= side else side,
    )


def _panel_names(section: Section) -> list[str]:
    compared = section.reference is not None
    names = {"image": section.image is not None, "reference": compared, "prediction": True, "errors": compared}
    return [name for name, shown in names.items() if shown]


def _title(document: EvaluationDocument) -> str:
    name = document.volume.name if document.volume is not None else "label volumes"
    return f"{name}, {document.partition}" if document.partition else name


def _background_first(labels: NDArray[Any], background: int) -> NDArray[Any]:
    """Swap the background class with class 0, which the picture of errors takes as background."""
    if background == 0:
        return labels
    swapped = labels.copy()
    swapped[labels == background], swapped[labels == 0] = 0, background
    return swapped


def _true_to_scale(
    picture: NDArray[np.uint8], voxel_size: tuple[float, float, float] | None, rows: int, columns: int
) -> NDArray[np.uint8]:
    """Repeat rows or columns so that voxels that are longer than wide look so."""
    if voxel_size is None:
        return picture
    smaller = min(voxel_size[rows], voxel_size[columns])
    for place, axis in ((0, rows), (1, columns)):
        length = round(picture.shape[place] * voxel_size[axis] / smaller)
        index = (np.arange(length) * picture.shape[place]) // length
        picture = picture.take(index, axis=place)
    return picture


def _in_words(section: Section, document: EvaluationDocument) -> str:
    total = section.prediction.size
    shares = [
        f"{info.name} {int((section.prediction == index).sum()) / total:.1%}"
        for index, info in enumerate(document.classes)
    ]
    return f"Predicted in this section: {', '.join(shares)}."
