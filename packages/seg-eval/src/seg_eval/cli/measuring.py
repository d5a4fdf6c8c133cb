"""Measure a prediction: volume, score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seg_common.cli_support import command_options, print_json
from seg_eval.cli.options import measure_options
from seg_eval.cli.prediction_options import prediction_options

if TYPE_CHECKING:
    from seg_eval.evaluation_folder import Evaluation


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--volume", type=click.Path(path_type=Path), help="A volume.yaml or its folder; default: as trained.")
@click.option("--partition", help='Partition, or "whole"; default: validation, else the whole volume.')
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
    _print_evaluation(evaluation, as_json=as_json)


@click.command()
@click.argument("reference")
@click.argument("prediction")
@click.option("--class", "class_names", multiple=True, metavar="NAME", help="Class names in order; repeat the option.")
@click.option(
    "--volume",
    type=click.Path(path_type=Path),
    help="A volume.yaml or its folder: classes, colours, voxel size, and the image for pictures.",
)
@click.option("--ignored-label", type=int, help="Reference value of voxels that do not count.")
@click.option(
    "--probabilities",
    metavar="PATH",
    help="Probabilities behind PREDICTION (z, y, x, class), as PATH::DATASET or npy: calibration and curves.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), default="evaluation", show_default=True, help="Folder to write."
)
@measure_options
@command_options(json_output=True)
def score(
    reference: str,
    prediction: str,
    class_names: tuple[str, ...],
    volume: Path | None,
    ignored_label: int | None,
    probabilities: str | None,
    output: Path,
    connectivity: Any,
    block_megabytes: int,
    other_labels: dict[str, str],
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Measure the label volume PREDICTION against REFERENCE, whatever tool made them.

    Both are given as PATH or PATH::DATASET. TensorFlow is not needed.

    \b
    Example:
      seg-eval score truth.h5::labels other_tool.tif --class matrix --class pore
    """
    from seg_eval.score import score_labels

    evaluation = score_labels(
        reference,
        prediction,
        output=output,
        class_names=class_names,
        volume=volume,
        ignored_label=ignored_label,
        probabilities=probabilities,
        other_labels=other_labels,
        connectivity=connectivity,
        block_bytes=block_megabytes * 2**20,
        overwrite=overwrite,
        quiet=quiet,
    )
    _print_evaluation(evaluation, as_json=as_json)


def _print_evaluation(evaluation: Evaluation, *, as_json: bool) -> None:
    from seg_eval.result_table import result_table

    if as_json:
        print_json(evaluation.document)
        return
    click.echo(result_table(evaluation.document))
    click.echo(f"\nreport: {evaluation.paths.report}")
