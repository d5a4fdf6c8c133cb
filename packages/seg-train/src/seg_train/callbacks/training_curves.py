"""The history as a picture: loss, Jaccard per class, learning rate."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from seg_common.atomic_files import atomic_write_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seg_common.schema.volume import ClassInfo
    from seg_train.history import Row


def draw_training_curves(path: Path, rows: Sequence[Row], classes: Sequence[ClassInfo], title: str) -> None:
    """Draw the history; training dashed, validation solid, the best epoch marked.

    Parameters
    ----------
    path : Path
        PNG file; replaced when it exists.
    rows : sequence of Row
        Rows of `history.csv`, at least one.
    classes : sequence of ClassInfo
        Names and colours by class index.
    title : str
        Text above.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7.5, 7.5), layout="constrained")
    FigureCanvasAgg(figure)
    loss, score, rate = figure.subplots(3, 1, sharex=True, height_ratios=(3, 4, 2))

    def column(name: str) -> tuple[list[float], list[float]]:
        """Epochs and values, without the epochs in which the value is undefined."""
        points = [(row["epoch"], row[name]) for row in rows]
        known = [(float(x), float(y)) for x, y in points if x is not None and y is not None]
        return [x for x, _ in known], [y for _, y in known]

    marker = "o" if len(rows) < 25 else None
    style = {"marker": marker, "markersize": 3.5, "linewidth": 1.6}
    loss.plot(*column("loss"), "--", color="#666666", label="training", **style)
    loss.plot(*column("validation_loss"), "-", color="#111111", label="validation", **style)
    loss.set_ylabel("loss")
    loss.legend(frameon=False)
    for info in classes:
        score.plot(*column(f"jaccard_{info.name}"), "--", color=info.color, alpha=0.6, **style)
        score.plot(*column(f"validation_jaccard_{info.name}"), "-", color=info.color, label=info.name, **style)
    epochs, means = column("validation_mean_jaccard")
    score.plot(epochs, means, "-", color="#111111", label="mean", **style)
    if means:
        best = max(range(len(means)), key=means.__getitem__)
        score.plot(epochs[best], means[best], "*", color="#111111", markersize=13)
        score.annotate(
            f"{means[best]:.3f}", (epochs[best], means[best]), (0, -16), textcoords="offset points", ha="center"
        )
    score.set_ylabel("Jaccard (dashed: training)")
    score.set_ylim(0, 1.02)
    score.legend(frameon=False, ncols=len(classes) + 1, loc="lower right")
    rate.plot(*column("learning_rate"), color="#111111", **style)
    rate.set_yscale("log")
    rate.set_ylabel("learning rate")
    rate.set_xlabel("epoch")
    rate.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (loss, score, rate):
        axes.grid(visible=True, alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    atomic_write_bytes(path, buffer.getvalue(), overwrite=True)
