"""How charts look, and how they become files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg

from seg_common.pictures.chart_text import FAMILY, use_installed_fonts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE: dict[Any, Any] = {
    "font.family": FAMILY,
    "font.size": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "figure.facecolor": "white",
    "legend.frameon": False,
    "savefig.dpi": 150,
    "svg.hashsalt": "seg-data",  # equal data give equal files
}
INK, FAINT = "#1a1a1a", "#b0b0b0"
METADATA: dict[str, dict[str, str | None]] = {"png": {"Software": None}, "svg": {"Date": None}}


def chart_bytes(figure: Figure, suffix: str) -> bytes:
    """Draw a chart as a file; equal charts give equal bytes.

    Parameters
    ----------
    figure : Figure
        The chart, made in the context of `STYLE`.
    suffix : {"png", "svg"}
        Kind of file.

    Returns
    -------
    bytes
    """
    use_installed_fonts(figure)
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=suffix, metadata=METADATA[suffix])
    return buffer.getvalue()
