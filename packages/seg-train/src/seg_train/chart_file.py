"""How charts look, and how they become files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from seg_common.atomic_files import atomic_write_bytes
from seg_common.errors import OutputExistsError
from seg_common.pictures.chart_text import FAMILY, use_installed_fonts
from seg_train.errors import TrainingError

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

STYLE: dict[Any, Any] = {
    "font.family": FAMILY,
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.grid": True,
    "grid.alpha": 0.25,
    "figure.facecolor": "white",
    "legend.frameon": False,
    "savefig.dpi": 130,
    "svg.hashsalt": "seg-train",  # equal data give equal files
}
METADATA: dict[str, dict[str, str | None]] = {"png": {"Software": None}, "svg": {"Date": None}}


def require_chart_path(path: Path, *, overwrite: bool) -> None:
    """Refuse a chart's file name before anything is read or drawn.

    Raises
    ------
    TrainingError
        If it ends neither in ``.png`` nor in ``.svg``.
    OutputExistsError
        If the file exists and may not be replaced.
    """
    if path.suffix.lower().lstrip(".") not in METADATA:
        msg = f"a chart must be a .png or a .svg file; got {path}. Choose another --output."
        raise TrainingError(msg)
    if path.exists() and not overwrite:
        msg = f"a file is never overwritten unasked; {path} exists. Choose another --output or give --overwrite."
        raise OutputExistsError(msg)


def write_chart(path: Path, figure: Figure, *, overwrite: bool = False) -> None:
    """Write a chart atomically in the format that its suffix names; equal charts give equal bytes.

    Parameters
    ----------
    path : Path
        PNG or SVG file.
    figure : Figure
        The chart.
    overwrite : bool
        Whether an existing file may be replaced.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    suffix = path.suffix.lower().lstrip(".")
    buffer = io.BytesIO()
    with rc_context(STYLE):
        use_installed_fonts(figure)
        FigureCanvasAgg(figure)
        figure.savefig(buffer, format=suffix, metadata=METADATA[suffix])
    atomic_write_bytes(path, buffer.getvalue(), overwrite=overwrite)
