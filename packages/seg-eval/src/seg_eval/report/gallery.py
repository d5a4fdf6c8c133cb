"""The largest error blobs, each in the slice through its centre."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from PIL import Image

from seg_common.pictures.chart_text import literal
from seg_eval.report.chart_style import CSS_DPI, INK, STYLE, save_png, save_vectors
from seg_eval.report.page_picture import webp_uri
from seg_eval.report.panel_axes import draw_bar
from seg_eval.report.panels import panel_legend, pixel_size, slice_panels
from seg_eval.report.picture import ReportPicture
from seg_eval.report.slice_choice import AXES, middle_voxel
from seg_eval.report.words import voxels_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.schema.evaluation import BlobBox, EvaluationDocument
    from seg_eval.report.shown_slices import ShownSlice

SHOWN_BLOBS = 6
LEAST_SIDE = 48
"""Voxels around a blob that are shown at the least."""
MARGIN = 1.5
"""Shown side / longest side of the blob's box within the slice."""
PANEL = 1.75
"""Inches."""


def draw_gallery(
    paths: EvaluationPaths, document: EvaluationDocument, slices: Sequence[ShownSlice], *, overwrite: bool = False
) -> list[ReportPicture]:
    """Draw one row of panels for each of the largest error blobs.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write ``pictures/worst_blobs``.
    document : EvaluationDocument
        With error blobs, largest first.
    slices : sequence of ShownSlice
        Those across z at the blobs' centres.
    overwrite : bool
        Whether an earlier picture may be replaced.

    Returns
    -------
    list of ReportPicture
        One, or none when there is no error or its slice was not kept.
    """
    pooled = document.error_blobs_pooled
    rows = []
    for number, blob in enumerate([] if pooled is None else pooled.largest[:SHOWN_BLOBS], 1):
        shown = slice_of(blob, slices)
        if shown is not None:
            rows.append((number, blob, shown))
    if not rows:
        return []
    with rc_context(STYLE):
        figure = _figure(rows, document)
        path = paths.pictures / "worst_blobs.png"
        save_png(path, figure, overwrite=overwrite)
        save_vectors(path, figure, overwrite=overwrite)
    with Image.open(path) as picture:
        uri = webp_uri(picture.convert("RGB"))
    words = [f"{number}: {place_in_words(blob)}, {voxels_in_words(blob.voxels)}" for number, blob, _ in rows]
    return [
        ReportPicture(
            section="gallery",
            path=path,
            caption="The largest error blobs, each in the slice across z through its centre.",
            alt=f"Panels of the largest error blobs, one row each. {'; '.join(words)}.",
            width=round(figure.get_figwidth() * CSS_DPI),
            uri=uri,
        )
    ]


def slice_of(blob: BlobBox, slices: Sequence[ShownSlice]) -> ShownSlice | None:
    """Find the slice across z through the centre of a blob."""
    voxel = middle_voxel(blob)
    return next((one for one in slices if voxel is not None and (one.axis, one.index) == (0, voxel[0])), None)


def place_in_words(blob: BlobBox) -> str:
    """Say where the centre of a blob is, in the volume's coordinates."""
    if blob.centroid is None:
        return str(blob.box)
    return ", ".join(f"{axis} {place:.0f}" for axis, place in zip(AXES, blob.centroid, strict=True))


def _window(blob: BlobBox, shown: ShownSlice, document: EvaluationDocument) -> tuple[slice, slice]:
    """Rows and columns of the slice around a blob, inside the region."""
    side = max(LEAST_SIDE, MARGIN * max(blob.box.shape[1:])) / shown.step
    parts = []
    for axis, length in zip((1, 2), shown.prediction.shape, strict=True):
        middle = (blob.box.start[axis] + blob.box.shape[axis] / 2 - document.region.start[axis]) / shown.step
        wide = min(length, round(side))
        first = min(max(0, round(middle - side / 2)), length - wide)
        parts.append(slice(first, first + wide))
    return parts[0], parts[1]


def _figure(rows: Sequence[tuple[int, BlobBox, ShownSlice]], document: EvaluationDocument) -> Figure:
    drawn = [slice_panels(shown, document, _window(blob, shown, document)) for _, blob, shown in rows]
    columns = len(drawn[0])
    title, legend = 0.3, 0.35
    width, height = columns * PANEL, len(rows) * (PANEL + title) + legend
    figure = Figure(figsize=(width, height))
    for row, ((number, blob, shown), panels) in enumerate(zip(rows, drawn, strict=True)):
        top = height - row * (PANEL + title)
        figure.text(0.04 / width, (top - 0.12) / height, _heading(number, blob), fontsize=8)
        for column, panel in enumerate(panels):
            box = (column * PANEL + 0.04, top - title - PANEL + 0.08, PANEL - 0.08, PANEL - 0.08)
            axes = figure.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))
            axes.imshow(panel.picture, interpolation="none", aspect="equal")
            axes.set_axis_off()
            if row == 0:
                axes.set_title(panel.name, fontsize=7, pad=2)
            if column == 0:
                draw_bar(axes, panel, *pixel_size(shown, document))
    handles = [
        Patch(facecolor=color, edgecolor=INK, label=literal(name)) for name, color in panel_legend(rows[0][2], document)
    ]
    figure.legend(handles=handles, loc="lower center", ncols=5, fontsize=7)
    return figure


def _heading(number: int, blob: BlobBox) -> str:
    edge = ", at the border of the region" if blob.touches_border else ""
    return f"{number}   {place_in_words(blob)}   {voxels_in_words(blob.voxels)}{edge}"
