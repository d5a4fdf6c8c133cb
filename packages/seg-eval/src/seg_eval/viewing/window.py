"""A napari window with the layers of an evaluation; the only module that imports napari."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seg_common.errors import MissingDependencyError
from seg_eval.viewing.layers import first_place, marker_size, view_layers, voxel_size

if TYPE_CHECKING:
    from seg_eval.viewing.opened_evaluation import OpenedEvaluation


def open_window(evaluation: OpenedEvaluation) -> Any:
    """Open a window that shows an evaluation, at the slice to look at first.

    Parameters
    ----------
    evaluation : OpenedEvaluation
        What was compared; its files stay open as long as the window.

    Returns
    -------
    napari.Viewer
        Not running yet: see `run`.

    Raises
    ------
    MissingDependencyError
        If napari is not installed.
    """
    viewer = _napari().Viewer()
    fill(viewer, evaluation)
    return viewer


def fill(viewer: Any, evaluation: OpenedEvaluation) -> None:
    """Add the layers of an evaluation to a viewer, or to the model of one, which needs neither screen nor OpenGL."""
    layer_class = _napari().layers.Layer
    for layer in view_layers(evaluation):
        viewer.add_layer(layer_class.create(layer.data, {**layer.options, "name": layer.name}, layer.kind))
    viewer.dims.axis_labels = ("z", "y", "x")
    size, unit = voxel_size(evaluation.document)
    # A marker is seen from the slices that it would cut if it were a ball.
    radius = tuple(marker_size(evaluation.document) / 2 * side for side in size)
    viewer.dims.margin_left = viewer.dims.margin_right = radius
    viewer.dims.point = tuple(place * side for place, side in zip(first_place(evaluation.document), size, strict=True))
    viewer.title = f"seg-eval view: {evaluation.folder.name}, lengths in {unit or 'voxels'}"


def run() -> None:
    """Hand over to the windows, until the last one is closed."""
    _napari().run()


def _napari() -> Any:
    try:
        return import_module("napari")
    except ImportError as error:
        msg = (
            f"seg-eval view needs napari; importing it failed: {error}. Install it with: pip install 'seg-eval[view]'."
        )
        raise MissingDependencyError(msg) from None
