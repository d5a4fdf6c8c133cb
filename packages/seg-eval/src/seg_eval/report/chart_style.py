"""How charts look, and the files that each becomes: PNG, SVG and PDF, and an SVG for the page that follows light and dark."""

from __future__ import annotations

import base64
import io
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from seg_common.atomic_files import atomic_write_bytes
from seg_common.pictures.chart_text import FAMILY, legible, use_installed_fonts
from seg_eval.report.picture import ReportPicture

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.evaluation_paths import EvaluationPaths

INK = "#1a1a1b"
"""Text, axes of the reference and edges; light on a dark page."""
SOFT = "#55555a"
"""Frames and ticks."""
FAINT = "#d0d0d4"
"""Grid lines and chance levels."""
ACCENT = "#0b5cae"
"""The prediction."""
SECOND = "#b34700"
"""What is neither reference nor prediction: false positives, the other volume."""
DARK = {INK: "#e6e9ee", SOFT: "#9aa4b2", FAINT: "#454e5c", ACCENT: "#7db7f5", SECOND: "#ff9d5c"}
"""The same on a dark page. These colours are used for nothing else, so that they can be told from those of classes."""

STYLE: dict[Any, Any] = {
    "font.family": FAMILY,
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "hatch.linewidth": 0.7,
    "figure.facecolor": "white",
    "axes.facecolor": "none",
    "svg.hashsalt": "seg-eval",  # equal figures are equal files
    "pdf.fonttype": 42,  # letters stay letters, as journals ask
}
DPI = 160
CSS_DPI = 96
MOST_CLASSES = 8
"""Classes that a figure shows one by one; the tables have all."""


def grid_of_axes(
    rows: int,
    columns: int,
    size: tuple[float, float],
    *,
    left: float = 0.6,
    right: float = 0.15,
    top: float = 0.3,
    bottom: float = 0.45,
    gaps: tuple[float, float] = (0.45, 0.5),
    **shared: Any,
) -> tuple[Figure, NDArray[Any]]:
    """Make a figure with axes in rows and columns; all lengths are inches.

    Parameters
    ----------
    rows, columns : int
        Axes.
    size : (width, height)
        Of the figure.
    left, right, top, bottom : float
        Margins. They are given because a layout that is computed takes as long as all the rest of the drawing.
    gaps : (float, float)
        Between rows, and between columns.
    **shared
        ``sharex``, ``sharey`` of `Figure.subplots`.

    Returns
    -------
    figure : Figure
    axes : ndarray of Axes, shape (rows, columns)
    """
    width, height = size
    figure = Figure(figsize=size)
    across = (width - left - right - (columns - 1) * gaps[1]) / columns
    down = (height - top - bottom - (rows - 1) * gaps[0]) / rows
    places = {
        "left": left / width,
        "right": 1 - right / width,
        "top": 1 - top / height,
        "bottom": bottom / height,
        "wspace": gaps[1] / across,
        "hspace": gaps[0] / down,
    }
    return figure, figure.subplots(rows, columns, squeeze=False, gridspec_kw=places, **shared)


def shortened(name: str, letters: int = 22) -> str:
    """Cut a long name, so that it stays inside its margin; see `room`."""
    name = legible(name)
    if room(name) <= letters:
        return name
    return f"{name[: bisect_right(range(len(name)), letters - 1, key=lambda end: room(name[:end])) - 1]}…"


def room(name: str) -> int:
    """Letters that take as much room as a name: Chinese, Japanese and Korean ones take that of two."""
    return sum(2 if east_asian_width(letter) in ("W", "F") else 1 for letter in name)


def save_chart(
    paths: EvaluationPaths, figure: Figure, name: str, section: str, caption: str, alt: str, *, overwrite: bool = False
) -> ReportPicture:
    """Write a figure as PNG, SVG and PDF below ``pictures/``.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write.
    figure : Figure
        The figure.
    name : str
        Name of the files, without suffix.
    section : str
        Part of the report.
    caption, alt : str
        Text below it, and what it shows in words.
    overwrite : bool
        Whether pictures of an earlier report may be replaced.

    Returns
    -------
    ReportPicture
        With an SVG of its own for the page.
    """
    path = paths.pictures / f"{name}.png"
    save_png(path, figure, overwrite=overwrite)
    svg = save_vectors(path, figure, overwrite=overwrite)
    width = round(figure.get_figwidth() * CSS_DPI)
    return ReportPicture(section, path, caption, alt, width, uri=themed_uri(svg))


# The canvases are asked directly: Figure.savefig draws everything twice. No date and no version in the files: equal figures
# are equal files.


def save_png(path: Path, figure: Figure, *, overwrite: bool = False) -> None:
    """Write a figure as PNG on white."""
    buffer = io.BytesIO()
    use_installed_fonts(figure)
    figure.set_dpi(DPI)
    canvas: Any = FigureCanvasAgg(figure)  # its methods are not typed
    canvas.print_png(buffer, metadata={"Software": None})
    atomic_write_bytes(path, buffer.getvalue(), overwrite=overwrite)


def save_vectors(path: Path, figure: Figure, *, overwrite: bool = False) -> str:
    """Write a figure as SVG and PDF beside its PNG file, without a background; give the SVG."""
    svg, pdf = io.StringIO(), io.BytesIO()
    use_installed_fonts(figure)
    figure.set_facecolor("none")
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(svg, metadata={"Date": None, "Creator": None})
    canvas = FigureCanvasPdf(figure)
    canvas.print_pdf(pdf, metadata={"CreationDate": None, "Creator": None, "Producer": None})
    atomic_write_bytes(path.with_suffix(".svg"), svg.getvalue().encode(), overwrite=overwrite)
    atomic_write_bytes(path.with_suffix(".pdf"), pdf.getvalue(), overwrite=overwrite)
    return svg.getvalue()


def themed_uri(svg: str) -> str:
    """Let an SVG follow the colour scheme of the page that holds it, as a data URI."""
    light = "".join(f"--c{place}:{color};" for place, color in enumerate(DARK))
    dark = "".join(f"--c{place}:{color};" for place, color in enumerate(DARK.values()))
    style = f"<style>:root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"
    for place, color in enumerate(DARK):
        svg = svg.replace(color, f"var(--c{place})")
    svg = re.sub(r"(<svg [^>]*>)", lambda tag: tag[1] + style, svg, count=1)
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
