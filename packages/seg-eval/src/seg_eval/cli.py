"""The command `seg-eval`: evaluate a model on a volume, score label volumes, print a row for the spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seg_common.cli_support import command_options, print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from seg_eval.evaluation_folder import Evaluation

CONNECTIVITY = click.IntRange(1, 3)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seg-eval")
def main() -> None:
    """Predict whole volumes and measure how good the prediction is."""


def _named_paths(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Split NAME=LABELS."""
    named = {}
    for value in values:
        name, equals, path = value.partition("=")
        if not (name and equals and path):
            msg = f"it is given as NAME=LABELS; got {value!r}"
            raise click.BadParameter(msg)
        if name in named:
            msg = f"names must be unique; got {name!r} twice"
            raise click.BadParameter(msg)
        named[name] = path
    return named


def shared_options(body: Callable[..., None]) -> Callable[..., None]:
    """Add what `volume` and `score` have in common."""
    options = (
        click.option(
            "--connectivity",
            type=CONNECTIVITY,
            default=3,
            show_default=True,
            help="Neighbours of a voxel in a blob: 1 for 6, 2 for 18, 3 for 26.",
        ),
        click.option(
            "--block-megabytes",
            type=click.IntRange(1),
            default=256,
            show_default=True,
            help="Memory for one block of the volume; no result depends on it.",
        ),
        click.option(
            "--baseline",
            "other_labels",
            multiple=True,
            metavar="NAME=LABELS",
            callback=_named_paths,
            help="Labels of another method to judge on the same voxels; repeat the option.",
        ),
        click.option("--overwrite", is_flag=True, help="Replace an output folder that an earlier run wrote."),
    )
    for option in reversed(options):
        body = option(body)
    return body


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--volume", type=click.Path(path_type=Path), help="A volume.yaml or its folder; default: as trained.")
@click.option("--partition", help='Partition, or "whole"; default: validation, else the whole volume.')
@click.option(
    "--aggregation",
    type=click.Choice(["mean", "gaussian"]),
    default="gaussian",
    show_default=True,
    help="How overlapping tiles are blended.",
)
@click.option(
    "--tile-shape",
    type=click.IntRange(1),
    nargs=3,
    metavar="Z Y X",
    help="Network input, the halo included; Z is 1 for 2D and 2.5D.",
)
@click.option(
    "--halo", type=click.IntRange(0), nargs=3, metavar="Z Y X", help="Border of a tile that is read and discarded."
)
@click.option(
    "--overlap", type=click.FloatRange(0, 1, max_open=True), help="Smallest share of a tile that its neighbour has too."
)
@click.option("--batch-size", type=click.IntRange(1), help="Tiles per call of the network.")
@click.option(
    "--weights",
    type=click.Choice(["best", "last"]),
    default="best",
    show_default=True,
    help="Weights of the best epoch, or of the last.",
)
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
@shared_options
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


@main.command()
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
@shared_options
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


@main.command()
@click.argument("evaluation", type=click.Path(path_type=Path))
@click.option("--header", is_flag=True, help="Print the column names first.")
@click.option("--decimal-comma", is_flag=True, help="Write numbers with a comma.")
@command_options(json_output=True)
def line(evaluation: Path, header: bool, decimal_comma: bool, quiet: bool, as_json: bool) -> None:  # noqa: ARG001 - the row is the result
    """Print one tab-separated row about an EVALUATION, to paste into a spreadsheet.

    EVALUATION is an evaluation.json or the folder that holds it.

    \b
    Example:
      seg-eval line model/evaluations/phantom_test_gaussian --header
    """
    from seg_common.results_log import spreadsheet_line
    from seg_eval.results_row import read_evaluation, results_row

    row = results_row(read_evaluation(evaluation))
    if as_json:
        print_json(row)
    else:
        click.echo(spreadsheet_line(row, header=header, decimal_comma=decimal_comma))


def _print_evaluation(evaluation: Evaluation, *, as_json: bool) -> None:
    from seg_eval.result_table import result_table

    if as_json:
        print_json(evaluation.document)
        return
    click.echo(result_table(evaluation.document))
    click.echo(f"\nreport: {evaluation.paths.report}")
