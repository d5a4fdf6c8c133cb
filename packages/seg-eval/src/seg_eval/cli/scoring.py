"""Measure the labels of any tool: score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seg_common.cli_support import command_options
from seg_eval.cli.finished import print_evaluation
from seg_eval.cli.options import OPEN, measure_options

if TYPE_CHECKING:
    from seg_common.geometry.box import Index3
    from seg_common.volume.voxel_sizes import VoxelSize


def _mapping(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> dict[int, int]:
    """Parse each OLD=NEW; a value that is given twice is a usage error."""
    from seg_common.errors import SegError
    from seg_eval.scoring.scored_labels import parse_mapping

    mapping: dict[int, int] = {}
    for text in texts:
        try:
            old, new = parse_mapping(text)
        except SegError as error:
            raise click.BadParameter(str(error)) from None
        if mapping.setdefault(old, new) != new:
            msg = f"a value becomes one class; got {old} for {mapping[old]} and for {new}"
            raise click.BadParameter(msg)
    return mapping


@click.command()
@click.argument("reference")
@click.argument("prediction")
@click.option(
    "--class",
    "class_names",
    multiple=True,
    metavar="NAME[=#RRGGBB]",
    help="Class names in order, each with its colour if you like; repeat the option.",
)
@click.option(
    "--map-reference",
    multiple=True,
    metavar="OLD=NEW",
    callback=_mapping,
    help="Class index for a value of REFERENCE, for example 255=1; other values stay. Repeat the option.",
)
@click.option(
    "--map-prediction",
    multiple=True,
    metavar="OLD=NEW",
    callback=_mapping,
    help="The same for PREDICTION.",
)
@click.option(
    "--ignored-label",
    "ignored_labels",
    type=int,
    multiple=True,
    help="Reference value of voxels that do not count; repeat the option for several.",
)
@click.option(
    "--volume",
    type=click.Path(path_type=Path),
    help="A volume.yaml or its folder: classes, colours, partitions, voxel size, and the image for pictures.",
)
@click.option("--partition", help="Score this partition of --volume alone.")
@click.option(
    "--region",
    metavar="Z0:Z1,Y0:Y1,X0:X1",
    help="Score these voxels alone, ends exclusive; an end left away is that of the volume.",
)
@click.option(
    "--prediction-start",
    type=click.IntRange(0),
    nargs=3,
    metavar="Z Y X",
    help="Where the first voxel of PREDICTION lies, if it covers only a part of REFERENCE.",
)
@click.option(
    "--voxel-size",
    type=float,
    nargs=3,
    metavar="Z Y X",
    help="Edge lengths of a voxel; default: those of --volume or of the files.",
)
@click.option("--unit", "voxel_size_unit", help="Unit of the voxel size, for example um.")
@click.option(
    "--probabilities",
    metavar="PATH",
    help="Probabilities behind PREDICTION (z, y, x, class), as PATH::DATASET (HDF5, Zarr) or npy: calibration and curves.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), default="evaluation", show_default=True, help="Folder to write."
)
@measure_options
@OPEN
@command_options(json_output=True)
def score(
    reference: str,
    prediction: str,
    class_names: tuple[str, ...],
    map_reference: dict[int, int],
    map_prediction: dict[int, int],
    ignored_labels: tuple[int, ...],
    volume: Path | None,
    partition: str | None,
    region: str | None,
    prediction_start: Index3 | None,
    voxel_size: VoxelSize | None,
    voxel_size_unit: str | None,
    probabilities: str | None,
    output: Path,
    connectivity: Any,
    block_megabytes: int,
    other_labels: dict[str, str],
    overwrite: bool,
    open_report: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Measure the label volume PREDICTION against REFERENCE, whatever tool made them.

    Both are given as PATH or PATH::DATASET, in any format: HDF5, Zarr, TIFF, NRRD, MetaImage, NumPy, raw with a sidecar.
    TensorFlow is not needed.

    \b
    Examples:
      seg-eval score truth.h5::labels other_tool.tif --class matrix --class pore
      seg-eval score truth.nrrd answer.mha --map-prediction 255=1 --ignored-label 9 --ignored-label 10
      seg-eval score truth.zarr part.npy --prediction-start 128 0 0 --voxel-size 1.3 1.3 1.3 --unit um
    """
    from seg_eval.score import score_labels

    evaluation = score_labels(
        reference,
        prediction,
        output=output,
        class_names=class_names,
        volume=volume,
        region=region,
        partition=partition,
        prediction_start=prediction_start,
        map_reference=map_reference,
        map_prediction=map_prediction,
        ignored_labels=ignored_labels,
        voxel_size=voxel_size,
        voxel_size_unit=voxel_size_unit,
        probabilities=probabilities,
        other_labels=other_labels,
        connectivity=connectivity,
        block_bytes=block_megabytes * 2**20,
        overwrite=overwrite,
        quiet=quiet,
    )
    print_evaluation(evaluation, as_json=as_json, open_report=open_report)
