"""Panels of one slice, side by side: image, reference, prediction, errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.pictures.overlay import (
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    error_overlay,
    faded,
    grey_to_rgb,
    overlay,
)
from seg_eval.report.shown_slices import UNMEASURED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.schema.evaluation import EvaluationDocument
    from seg_eval.report.shown_slices import ShownSlice

FLAT_GREY = 225
"""Background of the panels when no grey levels are known."""


@dataclass(frozen=True, eq=False)
class SlicePanel:
    """One panel."""

    name: str
    """What it shows."""
    picture: NDArray[np.uint8]
    """Shape (rows, columns, 3)."""


def background_class(document: EvaluationDocument) -> int:
    """Class that stays uncoloured: the most frequent of the prediction, whatever its index."""
    return int(np.argmax([info.predicted_voxels for info in document.classes]))


def slice_panels(
    shown: ShownSlice, document: EvaluationDocument, window: tuple[slice, slice] | None = None
) -> list[SlicePanel]:
    """Draw the panels of a slice, true to scale: voxels that are longer than wide look so.

    Parameters
    ----------
    shown : ShownSlice
        The slice.
    document : EvaluationDocument
        Colours and voxel size.
    window : pair of slice, optional
        Rows and columns of the kept voxels; all when not given.

    Returns
    -------
    list of SlicePanel
        Image and errors are left out where there is no image or no reference.
    """
    window = window or (slice(None), slice(None))
    background = background_class(document)
    colors = [info.color for info in document.classes]
    prediction = shown.prediction[window]
    if shown.image is None:
        grey = np.full((*prediction.shape, 3), FLAT_GREY, np.uint8)
    else:
        grey = grey_to_rgb(shown.image[window], (0, 255))
    alpha = 0.75 if shown.image is not None else 1.0
    panels = [] if shown.image is None else [SlicePanel("image", grey)]
    if shown.reference is not None:
        reference = shown.reference[window]
        panels.append(SlicePanel("reference", overlay(grey, reference, colors, alpha=alpha, skip=background)))
    panels.append(SlicePanel("prediction", overlay(grey, prediction, colors, alpha=alpha, skip=background)))
    if shown.reference is not None:
        # The picture of errors takes class 0 as the background.
        truth, answer = (_background_first(plane, background) for plane in (reference, prediction))
        panels.append(SlicePanel("errors", error_overlay(faded(grey), truth, answer, UNMEASURED)))
    return [SlicePanel(panel.name, _true_to_scale(panel.picture, shown.axis, document)) for panel in panels]


def panel_legend(shown: ShownSlice, document: EvaluationDocument) -> list[tuple[str, str]]:
    """Names and colours of what the panels show."""
    background = background_class(document)
    legend = [(info.name, info.color) for index, info in enumerate(document.classes) if index != background]
    if shown.reference is not None:
        legend += [("added by the prediction", FALSE_POSITIVE), ("missed", FALSE_NEGATIVE)]
    return legend


def pixel_size(shown: ShownSlice, document: EvaluationDocument) -> tuple[float | None, str | None]:
    """Edge length of a pixel of the panels, and its unit; unknown without a voxel size."""
    if document.voxel_size is None:
        return (None, None) if shown.step == 1 else (float(shown.step), "voxels")
    rows, columns = _in_plane(shown.axis)
    return min(document.voxel_size[rows], document.voxel_size[columns]) * shown.step, document.voxel_size_unit


def _in_plane(axis: int) -> tuple[int, int]:
    rows, columns = (other for other in range(3) if other != axis)
    return rows, columns


def _background_first(labels: NDArray[Any], background: int) -> NDArray[Any]:
    """Swap the background class with class 0."""
    if background == 0:
        return labels
    swapped = labels.copy()
    swapped[labels == background], swapped[labels == 0] = 0, background
    return swapped


def _true_to_scale(picture: NDArray[np.uint8], axis: int, document: EvaluationDocument) -> NDArray[np.uint8]:
    """Repeat rows or columns where voxels are longer along them."""
    size = document.voxel_size
    if size is None:
        return picture
    lengths = [size[other] for other in _in_plane(axis)]
    for place, length in enumerate(lengths):
        pixels = round(picture.shape[place] * length / min(lengths))
        index = (np.arange(pixels) * picture.shape[place]) // pixels
        picture = picture.take(index, axis=place)
    return picture
