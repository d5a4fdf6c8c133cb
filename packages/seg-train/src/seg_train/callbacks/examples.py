"""Classified crops: image, truth, prediction and errors, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.pictures.contact_sheet import Panel, contact_sheet, write_png
from seg_common.pictures.overlay import FALSE_NEGATIVE, FALSE_POSITIVE, error_overlay, faded, grey_to_rgb, overlay

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seg_common.schema.volume import ClassInfo
    from seg_train.batch_queue import Batch
    from seg_train.training_steps import TrainingSteps

EXAMPLE_CROPS = 4
PANEL_SIDE = 256


def draw_examples(
    path: Path,
    steps: TrainingSteps,
    batch: Batch,
    classes: Sequence[ClassInfo],
    ignored: int,
    title: str,
    *,
    panel_side: int = PANEL_SIDE,
) -> None:
    """Draw classified crops, always the same ones, so that pictures of different epochs can be compared.

    Parameters
    ----------
    path : Path
        PNG file; replaced when it exists.
    steps : TrainingSteps
        Gives the prediction.
    batch : Batch
        The crops; of 3D crops the middle slice is shown, of 2.5D crops the middle channel.
    classes : sequence of ClassInfo
        Names and colours by class index.
    ignored : int
        Label of voxels without weight.
    title : str
        Text above.
    panel_side : int
        Longest side of a panel in pixels, about.
    """
    predicted = steps.predict(batch.images).argmax(axis=-1)
    colors = [info.color for info in classes]
    panels = []
    for index, (image, truth, answer) in enumerate(zip(batch.images, batch.labels, predicted, strict=True)):
        middle = truth.shape[0] // 2
        in_space = truth.ndim == 3
        grey = image[middle, ..., 0] if in_space else image[..., image.shape[-1] // 2]
        reference, labels = (truth[middle], answer[middle]) if in_space else (truth, answer)
        picture = grey_to_rgb(grey)
        wrong = ((reference != labels) & (reference != ignored)).mean()
        panels += [
            Panel(picture, f"crop {index + 1}" if len(predicted) > 1 else "image"),
            Panel(overlay(picture, reference, colors), "reference"),
            Panel(overlay(picture, labels, colors), "prediction"),
            Panel(error_overlay(faded(picture), reference, labels, ignored), f"errors: {wrong:.1%}"),
        ]
    legend = [(info.name, info.color) for info in classes[1:]]
    legend += [("false positive", FALSE_POSITIVE), ("false negative", FALSE_NEGATIVE)]
    write_png(path, contact_sheet(panels, columns=4, title=title, legend=legend, panel_side=panel_side), overwrite=True)
