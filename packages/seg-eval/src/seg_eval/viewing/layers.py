"""The layers that a viewer is to show, described without one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from seg_common.pictures.overlay import grey_limits
from seg_eval.viewing.lazy_volume import LazyVolume

if TYPE_CHECKING:
    from seg_common.geometry.box import Box
    from seg_common.schema.evaluation import EvaluationDocument
    from seg_eval.viewing.opened_evaluation import OpenedEvaluation

UNKNOWN_COLOR = (0.0, 0.0, 0.0, 0.0)
LABEL_OPACITY = 0.5


@dataclass(frozen=True)
class ViewLayer:
    """One layer."""

    kind: Literal["image", "labels", "points"]
    """What the viewer calls it."""
    name: str
    """Its name in the list of layers."""
    data: Any
    """A `LazyVolume`, or an array of points (n, 3) in voxels, axes (z, y, x)."""
    options: dict[str, Any] = field(default_factory=dict)
    """What the layer's type is told beside, by napari's names."""


def view_layers(evaluation: OpenedEvaluation) -> list[ViewLayer]:
    """Describe what there is to see, from back to front.

    Parameters
    ----------
    evaluation : OpenedEvaluation
        What was compared.

    Returns
    -------
    list of ViewLayer
        Grey levels, reference and prediction (class index plus one in the colours of the classes, 0 where unknown),
        errors in the colour of what was predicted, and the largest errors as points. All share the volume's coordinates,
        scaled by the voxel size, so that places read as in the report.
    """
    document, region = evaluation.document, evaluation.region
    colors: dict[int | None, Any] = {None: UNKNOWN_COLOR, 0: UNKNOWN_COLOR}
    colors |= {index: info.color for index, info in enumerate(document.classes, start=1)}
    names = np.array(["unknown", *(info.name for info in document.classes)])
    placed = {"scale": voxel_size(document)[0], "translate": _translate(document), "projection_mode": "none"}
    layers = []
    if evaluation.image is not None:
        image = evaluation.image
        grey = LazyVolume(region, image.reader.dtype, image.read)
        limits = grey_limits(grey[region.shape[0] // 2])
        layers.append(ViewLayer("image", "volume", grey, {**placed, "colormap": "gray", "contrast_limits": limits}))
    for name, labels in (("reference", evaluation.reference), ("prediction", evaluation.prediction)):
        if labels is not None:

            def read(box: Box, labels: Any = labels) -> Any:
                return evaluation.codes(labels, box)

            layers.append(_label_layer(name, region, read, {**placed, "visible": name == "prediction"}, colors, names))
    if evaluation.reference is not None:
        # Over the prediction in the same colours, only what hides it stands out.
        layers.append(_label_layer("error", region, evaluation.wrong_codes, {**placed, "opacity": 1.0}, colors, names))
    points = _largest_errors(document)
    if points is not None:
        layers.append(points)
    return layers


def first_place(document: EvaluationDocument) -> tuple[float, float, float]:
    """Where to look first: the slices with the largest share of errors or the most doubt, else the middle; in voxels."""
    middle = [a + (n - 1) // 2 for a, n in zip(document.region.start, document.region.shape, strict=True)]
    place = dict(zip("zyx", middle, strict=True))
    for reason in ("most_uncertain_slice", "worst_slice"):
        place |= {one.axis: one.index for one in document.notable_slices if one.reason == reason}
    return place["z"], place["y"], place["x"]


def _label_layer(
    name: str, region: Box, read: Any, placed: dict[str, Any], colors: dict[Any, Any], names: np.ndarray[Any, Any]
) -> ViewLayer:
    options = {"opacity": LABEL_OPACITY, **placed, "colormap": colors, "features": {"class": names}}
    return ViewLayer("labels", name, LazyVolume(region, np.uint8, read), options)


def _largest_errors(document: EvaluationDocument) -> ViewLayer | None:
    """Centres of the largest error blobs, with their sizes."""
    pooled = document.error_blobs_pooled
    blobs = [] if pooled is None else [blob for blob in pooled.largest if blob.centroid is not None]
    if not blobs:
        return None
    sizes = [blob.voxels for blob in blobs]
    options = {
        "scale": voxel_size(document)[0],
        "features": {
            "voxels": sizes,
            "box": [str(blob.box) for blob in blobs],
            "label": [f"{size} voxel{'' if size == 1 else 's'}" for size in sizes],
        },
        "text": {"string": "{label}", "color": "yellow", "anchor": "upper_left"},
        "face_color": "transparent",
        "border_color": "yellow",
        "size": marker_size(document),
        "projection_mode": "all",  # markers that are as near to the shown slice as `window.fill` says
    }
    return ViewLayer("points", "largest errors", np.array([blob.centroid for blob in blobs]), options)


def marker_size(document: EvaluationDocument) -> float:
    """Diameter, in voxels, of the circles around the largest errors."""
    return max(3.0, min(document.region.shape[1:]) / 40)


def voxel_size(document: EvaluationDocument) -> tuple[tuple[float, float, float], str | None]:
    """Edge lengths (z, y, x) of a voxel and their unit; voxels and None where nobody knows."""
    if document.voxel_size is not None:
        return document.voxel_size, document.voxel_size_unit
    if document.volume is not None and document.volume.voxel_size is not None:
        return document.volume.voxel_size, document.volume.voxel_size_unit
    return (1.0, 1.0, 1.0), None


def _translate(document: EvaluationDocument) -> tuple[float, ...]:
    return tuple(start * side for start, side in zip(document.region.start, voxel_size(document)[0], strict=True))
