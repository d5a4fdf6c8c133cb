"""The learning rate of a run before it is trained, as a chart."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seg_common.pictures.chart_text import literal
from seg_common.schema.optimization import ComposedSchedule, PlateauSchedule
from seg_train.chart_file import STYLE, require_chart_path, write_chart
from seg_train.learning_rate import learning_rate, part_steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from seg_common.schema.training import TrainingConfig

MOST_POINTS = 2000


def plot_schedule(config: TrainingConfig, output: Path | str, *, overwrite: bool = False) -> None:
    """Draw the learning rate of every step of a run into a file.

    Parameters
    ----------
    config : TrainingConfig
        Its schedule, epochs and steps.
    output : path
        PNG or SVG file.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    SegError
        If the file's name is no chart's, or it exists and may not be replaced.
    """
    output = Path(output)
    require_chart_path(output, overwrite=overwrite)
    write_chart(output, draw_schedule(config), overwrite=overwrite)


def schedule_points(config: TrainingConfig) -> tuple[list[int], list[float]]:
    """Choose the steps that are drawn, with their learning rates.

    Parameters
    ----------
    config : TrainingConfig
        Its schedule, epochs and steps.

    Returns
    -------
    steps : list of int
        Rising: all steps, or as many evenly spread ones as a chart can show; always the first, the last, the first of the
        highest learning rate, and the first and last of each part of a composed schedule.
    rates : list of float
        Learning rate in each; the lowest that it can be, where it depends on the results.
    """
    total = config.epochs * config.steps_per_epoch
    schedule = config.learning_rate
    patience = schedule.patience if isinstance(schedule, PlateauSchedule) else total
    # The first validation is better than none; if it stays the best, the rate falls after each `patience` epochs from then on.
    most = [max(0, step // config.steps_per_epoch - 1) // patience for step in range(total)]
    rates = [learning_rate(schedule, step, total, most[step]) for step in range(total)]
    ends = {step for own in _parts(config) for step in (own[0], own[-1])}
    steps = sorted({*range(0, total, -(-total // MOST_POINTS)), rates.index(max(rates)), total - 1, *ends})
    return steps, [rates[step] for step in steps]


def _parts(config: TrainingConfig) -> list[range]:
    """Give the steps of each part of a composed schedule that has any; other schedules have no parts."""
    if not isinstance(config.learning_rate, ComposedSchedule):
        return []
    return [own for own in part_steps(config.learning_rate, config.epochs * config.steps_per_epoch) if own]


def draw_schedule(config: TrainingConfig) -> Figure:
    """Draw the learning rate over the steps, with the epochs above and the highest and last value marked.

    A rate that depends on the validation is drawn as the range that it stays within; parts of a composed schedule have a line
    between them.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    steps, rates = schedule_points(config)
    per_epoch = config.steps_per_epoch
    with rc_context(STYLE):
        figure = Figure(figsize=(8.5, 4.6), layout="constrained")
        axes = figure.subplots()
        axes.plot(steps, rates, color="#0072b2", marker="o" if len(steps) < 25 else None, markersize=3.5)
        if isinstance(config.learning_rate, PlateauSchedule):
            start = config.learning_rate.start
            axes.fill_between(steps, rates, start, color="#0072b2", alpha=0.15, linewidth=0)
            axes.axhline(start, color="#0072b2", linestyle="--")
            axes.set_title("depends on the validation: within the shaded range", loc="right", fontsize="small")
        for own in _parts(config)[1:]:
            axes.axvline(own.start - 0.5, color="#999999", linestyle=":", linewidth=1)
        if min(rates) > 0 and max(rates) > 20 * min(rates):
            axes.set_yscale("log")
        highest = max(range(len(rates)), key=rates.__getitem__)
        last = len(rates) - 1
        # On a logarithmic axis a falling line is steep at its end: a label above would lie on it.
        below = axes.get_yscale() == "log" and rates[last] < rates[max(last - 1, 0)]
        for index in sorted({highest, last}):
            axes.plot(steps[index], rates[index], "o", color="#d55e00")
            axes.annotate(
                f"{rates[index]:.3g}",
                (steps[index], rates[index]),
                (0, -16 if below and index == last else 8),
                textcoords="offset points",
                ha="center" if index < last else "right",
                color="#d55e00",
            )
        axes.margins(y=0.12)
        axes.set_ylim(bottom=None if axes.get_yscale() == "log" else 0)
        axes.set_xlabel(f"step of {steps[-1] + 1}")
        axes.set_ylabel("learning rate")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        above = axes.secondary_xaxis("top", functions=(partial(_scaled, 1 / per_epoch), partial(_scaled, per_epoch)))
        above.set_xlabel("complete epochs")
        above.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title(literal(f"{config.name}: {config.learning_rate.kind} schedule"), loc="left")
    return figure


def _scaled(factor: float, values: Any) -> Any:
    return factor * values
