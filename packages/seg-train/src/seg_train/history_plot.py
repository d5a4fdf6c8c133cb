"""Histories of one or several runs as one chart: scores above, learning rate below, the best epochs marked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from seg_common.model_paths import ModelPaths
from seg_common.pictures.chart_text import literal
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document
from seg_train.chart_file import STYLE, require_chart_path, write_chart
from seg_train.errors import TrainingError
from seg_train.history import Row, read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HorizontalAxis = Literal["epoch", "batch", "crop", "voxel", "time"]
COLUMNS: dict[HorizontalAxis, str] = {
    "epoch": "epoch",
    "batch": "step",
    "crop": "crops",
    "voxel": "voxels",
    "time": "seconds",
}
"""Column of a row behind each horizontal axis."""
METRICS = ("loss", "mean_jaccard")
RUN_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Okabe and Ito's colours, told apart by colour-blind readers, too."""
TIME_UNITS = (("days", 2 * 86400.0, 86400.0), ("hours", 2 * 3600.0, 3600.0), ("minutes", 120.0, 60.0))
"""Unit, least duration in seconds that is told in it, its seconds."""


@dataclass(frozen=True)
class RunHistory:
    """Rows of one run."""

    name: str
    """Name in the legend."""
    rows: list[Row]
    """Rows of `history.csv`, with the seconds from the beginning to each epoch's end as ``seconds``."""

    def column(self, x: HorizontalAxis, name: str) -> tuple[list[float], list[float]]:
        """Points of one curve, without the epochs in which either value is undefined."""
        points = [(row.get(COLUMNS[x]), row.get(name)) for row in self.rows]
        known = [(float(a), float(b)) for a, b in points if a is not None and b is not None]
        return [a for a, _ in known], [b for _, b in known]


def read_run_history(model: Path | str) -> RunHistory:
    """Read the history of a run, finished or not.

    Parameters
    ----------
    model : path
        Model folder.

    Returns
    -------
    RunHistory

    Raises
    ------
    ModelFolderError
        If it is no model folder.
    TrainingError
        If no epoch is complete yet.
    """
    paths = ModelPaths.existing(Path(model))
    rows = read_rows(paths.history)
    if not rows:
        msg = f"a history needs one complete epoch; {model} has none. Train it with seg-train resume."
        raise TrainingError(msg)
    timing = read_rows(paths.timing)
    durations = [(row.get("training_seconds") or 0) + (row.get("validation_seconds") or 0) for row in timing]
    ends = dict(zip((row["epoch"] for row in timing), accumulate(durations), strict=True))
    rows = [{**row, "seconds": ends.get(row["epoch"])} for row in rows]
    return RunHistory(read_document(paths.metadata, TrainingRecord).config.name, rows)


def plot_histories(
    models: Sequence[Path | str],
    output: Path | str,
    *,
    x: HorizontalAxis = "epoch",
    metrics: Sequence[str] = METRICS,
    overwrite: bool = False,
) -> None:
    """Draw the histories of model folders into one file.

    Parameters
    ----------
    models : sequence of path
        Model folders; the label of each run is its name, or its folder where names are equal.
    output : path
        PNG or SVG file.
    x : {"epoch", "batch", "crop", "voxel", "time"}
        What runs to the right: epochs, steps, crops, voxels that the weights have seen, or the time of training and
        validation.
    metrics : sequence of str
        Columns of `history.csv`, one panel each.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    SegError
        If a folder, a metric or the file's name does not allow it; nothing is written then.
    """
    output = Path(output)
    require_chart_path(output, overwrite=overwrite)
    runs = [read_run_history(model) for model in models]
    names = [run.name for run in runs]
    runs = [
        run if names.count(run.name) == 1 else RunHistory(f"{run.name} ({model})", run.rows)
        for run, model in zip(runs, models, strict=True)
    ]
    write_chart(output, draw_histories(runs, x=x, metrics=metrics), overwrite=overwrite)


def draw_histories(runs: Sequence[RunHistory], *, x: HorizontalAxis, metrics: Sequence[str]) -> Figure:
    """Draw runs in one chart; training dashed, validation solid, the best validation value marked.

    Parameters
    ----------
    runs : sequence of RunHistory
        At least one.
    x, metrics
        See `plot_histories`.

    Returns
    -------
    Figure

    Raises
    ------
    TrainingError
        If no run has a metric.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    known = sorted({key.removeprefix("validation_") for run in runs for key in run.rows[0] if _is_metric(run, key)})
    for name in metrics:
        if name not in known:
            msg = f"a metric must be a column of history.csv; got {name!r}. There are: {', '.join(known)}."
            raise TrainingError(msg)
    with rc_context(STYLE):
        figure = Figure(figsize=(8.5, 1.8 + 2.9 * len(metrics) + 0.22 * len(runs)), layout="constrained")
        *panels, rate = figure.subplots(len(metrics) + 1, 1, sharex=True, height_ratios=[3] * len(metrics) + [2])
        label, unit = _axis_label(runs, x)
        for axes, name in zip(panels, metrics, strict=True):
            _draw_metric(axes, runs, x, unit, name)
        for run, color in _colored(runs):
            at, values = run.column(x, "learning_rate")
            rate.plot([a / unit for a in at], values, color=color, **_marks(run))
        rates = [value for run in runs for value in run.column(x, "learning_rate")[1]]
        if rates and min(rates) > 0:
            rate.set_yscale("log")
        rate.set_ylabel("learning rate")
        rate.set_xlabel(label)
        _name_runs(figure, runs)
    return figure


def _draw_metric(axes: Axes, runs: Sequence[RunHistory], x: HorizontalAxis, unit: float, name: str) -> None:
    """Draw one metric of all runs and mark the least loss, or the greatest score, on the validation region."""
    for run, color in _colored(runs):
        at, values = run.column(x, name)
        axes.plot([a / unit for a in at], values, "--", color=color, alpha=0.7, **_marks(run))
        at, values = run.column(x, f"validation_{name}")
        axes.plot([a / unit for a in at], values, "-", color=color, **_marks(run))
        if values:
            falls = name.endswith("loss")
            best = (min if falls else max)(range(len(values)), key=values.__getitem__)
            axes.plot(at[best] / unit, values[best], "*", color=color, markersize=14, markeredgecolor="white")
            offset = (0, 10) if falls else (0, -17)
            axes.annotate(
                f"{values[best]:.4g}",
                (at[best] / unit, values[best]),
                offset,
                textcoords="offset points",
                ha="center",
                color=color,
                fontsize="small",
                bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.5},
            )
    axes.margins(y=0.12)
    axes.set_ylabel(literal(name.replace("_", " ")))


def _name_runs(figure: Figure, runs: Sequence[RunHistory]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=color, label=literal(run.name)) for run, color in _colored(runs)]
    handles += [
        Line2D([], [], color="#555555", linestyle="--", label="training"),
        Line2D([], [], color="#555555", label="validation"),
        Line2D([], [], color="#555555", marker="*", linestyle="none", markersize=10, label="best on validation"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3)


def _colored(runs: Sequence[RunHistory]) -> list[tuple[RunHistory, str]]:
    return [(run, RUN_COLORS[index % len(RUN_COLORS)]) for index, run in enumerate(runs)]


def _marks(run: RunHistory) -> dict[str, Any]:
    """Give points to short curves; one epoch alone would not be seen without them."""
    return {"marker": "o" if len(run.rows) < 25 else None, "markersize": 3.5, "linewidth": 1.6}


def _is_metric(run: RunHistory, key: str) -> bool:
    return f"validation_{key.removeprefix('validation_')}" in run.rows[0]


def _axis_label(runs: Sequence[RunHistory], x: HorizontalAxis) -> tuple[str, float]:
    """Label of the horizontal axis, and by what its values are divided."""
    if x != "time":
        return {"epoch": "epoch", "batch": "batches", "crop": "crops", "voxel": "voxels"}[x], 1.0
    longest = max((end for run in runs for end in run.column(x, "seconds")[0]), default=0.0)
    name, seconds = next(((unit, size) for unit, least, size in TIME_UNITS if longest >= least), ("seconds", 1.0))
    return f"{name} of training and validation", seconds
