"""Predict a volume, and measure the prediction: volume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seg_common.cli_support import command_options
from seg_eval.cli.finished import print_evaluation
from seg_eval.cli.options import OPEN, measure_options
from seg_eval.cli.prediction_options import PARTITION, VOLUME, prediction_options


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@VOLUME(help="A volume.yaml or its folder; default: as trained.")
@PARTITION(help='Partition, or "whole"; default: validation, else the whole volume.')
@prediction_options
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Folder to write; default: MODEL/evaluations/<volume>_<partition>_<aggregation>.",
)
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    metavar="EVALUATION",
    help="Correct the fractions of a volume without labels with the confusion of this evaluation.",
)
@measure_options
@OPEN
@command_options(json_output=True)
def volume(
    model: Path,
    volume: Path | None,
    partition: str | None,
    output: Path | None,
    calibration: Path | None,
    connectivity: Any,
    block_megabytes: int,
    other_labels: dict[str, str],
    overwrite: bool,
    open_report: bool,
    quiet: bool,
    as_json: bool,
    **prediction: Any,
) -> None:
    """Predict a region of a volume with a trained MODEL, measure it, and write a report.

    Without reference labels, only volume fractions and blobs are reported.

    \b
    Example:
      seg-eval volume model --partition test
    """
    from seg_eval.evaluate import evaluate_volume
    from seg_eval.prediction.options import PredictionOptions

    evaluation = evaluate_volume(
        model,
        volume,
        partition=partition,
        output=output,
        options=PredictionOptions(**prediction, block_bytes=block_megabytes * 2**20),
        connectivity=connectivity,
        calibration=calibration,
        other_labels=other_labels,
        overwrite=overwrite,
        quiet=quiet,
    )
    print_evaluation(evaluation, as_json=as_json, open_report=open_report)
