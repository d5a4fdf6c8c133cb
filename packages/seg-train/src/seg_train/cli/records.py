"""Say what was run: `seg-train summary` and `seg-train line`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seg_common.cli_support import command_options, print_json

if TYPE_CHECKING:
    from seg_common.schema.training_record import TrainingRecord

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


def _read_record(model: Path) -> TrainingRecord:
    from seg_common.model_paths import ModelPaths
    from seg_common.schema.training_record import TrainingRecord
    from seg_common.yaml_documents import read_document

    return read_document(ModelPaths.existing(model).metadata, TrainingRecord)
