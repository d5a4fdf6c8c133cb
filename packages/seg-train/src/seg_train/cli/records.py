"""Say what was run, or will be: summary, line, history, schedule, list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seg_common.cli_support import command_options, note, print_json

if TYPE_CHECKING:
    from seg_common.schema.training_record import TrainingRecord
    from seg_train.history_plot import HorizontalAxis

FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("model", type=FOLDER)
@command_options(json_output=True)
def summary(model: Path, quiet: bool, as_json: bool) -> None:  # noqa: ARG001 - the summary is the result
    """Say what was run, on what, and with what result.

    \b
    Example:
      seg-train summary model
    """
    from seg_train.summary import summarise

    record = _read_record(model)
    if as_json:
        print_json(record)
    else:
        click.echo(summarise(record))


@click.command()
@click.argument("model", type=FOLDER)
@click.option("--header", is_flag=True, help="Print the column names, too.")
@click.option("--decimal-comma", is_flag=True, help="Write 0,5 for 0.5.")
@command_options()
def line(model: Path, header: bool, decimal_comma: bool, quiet: bool) -> None:  # noqa: ARG001 - the line is the result
    """Print one tab-separated line for the experiments spreadsheet.

    \b
    Example:
      seg-train line model --header
    """
    from seg_train.summary import training_line

    click.echo(training_line(_read_record(model), header=header, decimal_comma=decimal_comma))


@click.command()
@click.argument("models", type=FOLDER, nargs=-1, required=True)
@click.option(
    "--x", type=click.Choice(["epoch", "batch", "crop", "voxel", "time"]), default="epoch", help="Horizontal axis."
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="COLUMN",
    help="Column of history.csv; loss and mean_jaccard by default.",
)
@click.option("--output", type=FOLDER, default=Path("history.png"), show_default=True, help="PNG or SVG file.")
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
@command_options()
def history(
    models: tuple[Path, ...], x: HorizontalAxis, metrics: tuple[str, ...], output: Path, overwrite: bool, quiet: bool
) -> None:
    """Draw the histories of one or several runs, with the learning rate below and the best epochs marked.

    \b
    Example:
      seg-train history model other_model --x time --metric jaccard_porosity
    """
    from seg_train.history_plot import METRICS, plot_histories

    plot_histories(models, output, x=x, metrics=metrics or METRICS, overwrite=overwrite)
    note(f"wrote {output}", quiet=quiet)


@click.command()
@click.argument("config", type=FOLDER, default=Path("train.yaml"))
@click.option("--output", type=FOLDER, default=Path("schedule.png"), show_default=True, help="PNG or SVG file.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a key of the configuration.")
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
@command_options()
def schedule(config: Path, output: Path, settings: tuple[str, ...], overwrite: bool, quiet: bool) -> None:
    """Draw the learning rate of a run before it is trained (CONFIG: train.yaml by default).

    \b
    Example:
      seg-train schedule train.yaml --set "learning_rate={kind: log, start: 0.01, end: 0.00001}"
    """
    from seg_train.configuration import load_config
    from seg_train.schedule_plot import plot_schedule

    loaded = load_config(config, settings)
    plot_schedule(loaded, output, overwrite=overwrite)
    if loaded.learning_rate.kind == "plateau":
        note("the learning rate depends on the validation; drawn is the range that it stays within", quiet=quiet)
    note(f"wrote {output}", quiet=quiet)


@click.command("list")
@click.argument("folder", type=FOLDER, default=Path())
@command_options(json_output=True)
def list_command(folder: Path, quiet: bool, as_json: bool) -> None:
    """List all runs below FOLDER (default: here), the best first.

    \b
    Example:
      seg-train list models
    """
    from seg_train.run_list import list_runs, runs_as_rows, runs_as_table

    runs = list_runs(folder)
    if as_json:
        print_json(runs_as_rows(runs))
    elif runs:
        click.echo(runs_as_table(runs))
    else:
        note(f"no model folder in {folder}", quiet=quiet)


def _read_record(model: Path) -> TrainingRecord:
    from seg_common.model_paths import ModelPaths
    from seg_common.schema.training_record import TrainingRecord
    from seg_common.yaml_documents import read_document

    return read_document(ModelPaths.existing(model).metadata, TrainingRecord)
