"""Confusion matrices: what became of each reference class, and of what each predicted class is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.pictures.chart_text import literal
from seg_eval.report.chart_style import INK, grid_of_axes, room, save_chart, shortened
from seg_eval.result_table import ABSENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.schema.evaluation import EvaluationDocument
    from seg_eval.report.picture import ReportPicture

MOST_WITH_NUMBERS = 8
"""Classes up to which each cell has room for its numbers."""
MOST_WITH_NAMES = 24
CELL_INK = "#101010"
"""Numbers on bright cells, which are bright on a dark page too."""


def draw_confusion(paths: EvaluationPaths, document: EvaluationDocument, *, overwrite: bool = False) -> ReportPicture:
    """Draw two matrices side by side, one in shares of the rows, one in shares of the columns.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write ``pictures/confusion``.
    document : EvaluationDocument
        With a confusion matrix.
    overwrite : bool
        Whether an earlier picture may be replaced.

    Returns
    -------
    ReportPicture
    """
    counts = np.array(document.confusion, np.int64)
    names = [info.name for info in document.classes]
    side = min(4.0, max(2.1, 0.85 * len(names)))  # no narrower than the title
    letters = 0.07 * max(room(shortened(name)) for name in names)
    size = (2 * side + 2 * (letters + 0.5) + 0.15, side + 0.95)
    figure, grid = grid_of_axes(1, 2, size, left=letters + 0.35, bottom=0.6, gaps=(0, letters + 0.5))
    panels = grid[0]
    recalls, precisions = _shares(counts, 1), _shares(counts, 0)
    _matrix(panels[0], counts, recalls, names, "share of each reference class")
    _matrix(panels[1], counts, precisions, names, "share of each predicted class")
    words = [
        f"{name}: {_found(recalls[k, k])} of the reference found, {_found(precisions[k, k])} of the prediction right"
        for k, name in enumerate(names[:MOST_WITH_NAMES])
    ]
    return save_chart(
        paths,
        figure,
        "confusion",
        "confusion",
        "Confusion matrices: what became of each reference class (rows add up to 100 %), and of what each predicted class is "
        "made (columns add up to 100 %).",
        f"Two confusion matrices. {'; '.join(words)}.",
        overwrite=overwrite,
    )


def _shares(counts: NDArray[np.int64], axis: int) -> NDArray[np.float64]:
    totals = counts.sum(axis=axis, keepdims=True)
    shares: NDArray[np.float64] = np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    return shares


def _found(share: float) -> str:
    """Say a share; of a class without a voxel there is none."""
    return ABSENT if np.isnan(share) else f"{share:.2%}"


def _matrix(
    axes: Any, counts: NDArray[np.int64], shares: NDArray[np.float64], names: Sequence[str], title: str
) -> None:
    axes.imshow(np.ma.masked_invalid(shares), cmap="Blues", vmin=0, vmax=1)
    if len(names) <= MOST_WITH_NUMBERS:
        for row, column in np.ndindex(*counts.shape):
            share = float(shares[row, column])
            axes.text(
                column,
                row,
                f"{_found(share)}\n{counts[row, column]:,}",
                ha="center",
                va="center",
                fontsize=7,
                color=INK if np.isnan(share) else "#ffffff" if share > 0.6 else CELL_INK,
            )
    if len(names) <= MOST_WITH_NAMES:
        axes.set_xticks(
            range(len(names)), [literal(shortened(name, 11)) for name in names], rotation=0 if len(names) < 5 else 90
        )
        axes.set_yticks(range(len(names)), [literal(shortened(name)) for name in names])
    axes.set_xlabel("predicted class")
    axes.set_ylabel("reference class")
    axes.set_title(title)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
