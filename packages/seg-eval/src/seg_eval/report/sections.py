"""Orthogonal sections through the middle of the region: image, reference, prediction, errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from seg_common.pictures.chart_text import literal
from seg_common.pictures.contact_sheet import Panel, contact_sheet, write_png
from seg_common.pictures.scale_bar import with_scale_bar
from seg_eval.report.chart_style import INK, STYLE, save_vectors
from seg_eval.report.page_picture import webp_uri
from seg_eval.report.panel_axes import draw_bar
from seg_eval.report.panels import panel_legend, pixel_size, slice_panels
from seg_eval.report.picture import ReportPicture
from seg_eval.report.slice_choice import AXES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.schema.evaluation import EvaluationDocument
    from seg_eval.report.panels import SlicePanel
    from seg_eval.report.shown_slices import ShownSlice

LONGEST_SIDE = 512
"""Pixels of a panel; smaller sections are enlarged by whole numbers."""
COLUMNS = {1: 1, 2: 2, 3: 3, 4: 2}
"""Panels side by side: all four in one row would be too small to see single wrong voxels on a page."""


def draw_sections(
    paths: EvaluationPaths, document: EvaluationDocument, slices: Sequence[ShownSlice], *, overwrite: bool = False
) -> list[ReportPicture]:
    """Draw one picture per axis; the one across z is the headline.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write: ``pictures/overlay``, ``pictures/section_y`` and ``pictures/section_x``, each as PNG, SVG and PDF.
    document : EvaluationDocument
        Classes, colours, voxel size.
    slices : sequence of ShownSlice
        The first of each axis is drawn.
    overwrite : bool
        Whether pictures of an earlier report may be replaced.

    Returns
    -------
    list of ReportPicture
        In the order z, y, x.
    """
    pictures = []
    for axis, name in enumerate(AXES):
        shown = next((one for one in slices if one.axis == axis), None)
        if shown is None:
            continue
        panels = slice_panels(shown, document)
        sheet = _sheet(shown, panels, document)
        path = paths.pictures / ("overlay.png" if axis == 0 else f"section_{name}.png")
        write_png(path, sheet, overwrite=overwrite)
        with rc_context(STYLE):
            save_vectors(path, _figure(shown, panels, document), overwrite=overwrite)
        names = ", ".join(panel.name for panel in panels)
        pictures.append(
            ReportPicture(
                section="sections",
                path=path,
                caption=f"Section across {name} at {name} = {shown.index}, the middle of the region.",
                alt=f"Section across {name} at {shown.index} with the panels {names}. {_in_words(shown, document)}",
                width=sheet.width,
                uri=webp_uri(sheet),
            )
        )
    return pictures


def _sheet(shown: ShownSlice, panels: Sequence[SlicePanel], document: EvaluationDocument) -> Image:
    first = panels[0].picture
    longest = max(first.shape[:2])
    factor = max(1, LONGEST_SIDE // longest)
    marked = with_scale_bar(first, *pixel_size(shown, document), minimum_side=factor * min(first.shape[:2]))
    side = max(LONGEST_SIDE, min(longest, 2 * LONGEST_SIDE))
    return contact_sheet(
        [Panel(marked, panels[0].name), *(Panel(panel.picture, panel.name) for panel in panels[1:])],
        columns=COLUMNS[len(panels)],
        title=f"{_title(document)}, {AXES[shown.axis]} = {shown.index}",
        legend=panel_legend(shown, document),
        panel_side=side,
    )


def _figure(shown: ShownSlice, panels: Sequence[SlicePanel], document: EvaluationDocument) -> Figure:
    """Draw the panels in a row, as papers want them: voxels as they are, and letters, bar and legend to be edited."""
    height, width = panels[0].picture.shape[:2]
    panel_width = 1.9
    panel_height = min(4.0, max(0.4, panel_width * height / width))
    figure = Figure(figsize=(panel_width * len(panels) + 0.1, panel_height + 0.75))
    total = figure.get_figheight()
    for place, panel in enumerate(panels):
        left = (0.05 + panel_width * place) / figure.get_figwidth()
        axes = figure.add_axes((left, 0.5 / total, (panel_width - 0.1) / figure.get_figwidth(), (total - 0.75) / total))
        axes.imshow(panel.picture, interpolation="none")
        axes.set_title(f"({'abcd'[place]}) {panel.name}", fontsize=8)
        axes.set_axis_off()
        if place == 0:
            draw_bar(axes, panel, *pixel_size(shown, document))
    handles = [
        Patch(facecolor=color, edgecolor=INK, label=literal(name)) for name, color in panel_legend(shown, document)
    ]
    figure.legend(handles=handles, loc="lower center", ncols=4, fontsize=7, frameon=False)
    return figure


def _title(document: EvaluationDocument) -> str:
    name = document.volume.name if document.volume is not None else "label volumes"
    return f"{name}, {document.partition}" if document.partition else name


def _in_words(shown: ShownSlice, document: EvaluationDocument) -> str:
    shares = [f"{info.name} {share:.1%}" for info, share in zip(document.classes, shown.predicted_shares, strict=True)]
    return f"Predicted in this section: {', '.join(shares)}."
