"""Commands that bring a scan from any format into a volume folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seg_common.cli_support import command_options, print_json, progress
from seg_data.cli.options import OVERWRITE, each, partition_options, partitioning_from


@click.command(name="import")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--dataset", help="Dataset of the image inside an HDF5 file.")
@click.option("--labels", metavar="PATH[::DATASET]", help="Label volume of the same shape.")
@click.option("--class", "class_names", multiple=True, metavar="NAME", help="Name of class 0, then of class 1, …")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="OLD:NEW",
    callback=each("label_mapping.parse_mapping"),
    help="Class index for a value of the label file, for example 255:1; other values stay.",
)
@click.option("--ignore", "ignored_label", type=int, metavar="VALUE", help="Label of voxels that nobody annotated.")
@click.option("--voxel-size", nargs=3, type=float, metavar="Z Y X", help="Edge lengths of a voxel; needs --unit.")
@click.option("--unit", "voxel_size_unit", help="Unit of the voxel size, for example um.")
@click.option("--name", help="Name in tables and reports; that of the folder when not given.")
@partition_options
@OVERWRITE
@command_options(json_output=True)
def import_command(
    source: Path,
    out: Path,
    split: str,
    fractions: tuple[Any, ...],
    ranges: tuple[Any, ...],
    overwrite: bool,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Convert a scan (HDF5, TIFF, npy or raw) and its labels to a volume in the folder OUT.

    Raw files need a sidecar: scan.raw.yaml with shape, dtype and byte order, or PyHST's scan.raw.info.

    \b
    Examples:
      seg-data import scan.tif composite --labels labels.tif --map 255:1 --class matrix --class fibre
      seg-data import scan.h5 composite --dataset ct --voxel-size 1.3 1.3 1.3 --unit um
      seg-data import scan.raw composite --split y train=0.5 validation=0.125 test=0.375
      seg-data import scan.npy composite --partition train=z:0:128 --partition test=z:160:256
    """
    from seg_common.volume.open_array import open_array
    from seg_data.volume_import import ImportOptions, import_volume

    partitioning = partitioning_from(split, fractions, ranges)
    with open_array(source, options["dataset"]) as reader:
        slices = reader.shape[0] * (3 if options["labels"] else 1)
    with progress(slices, "importing slices", quiet=quiet) as advance:
        path = import_volume(
            source, out, ImportOptions(partitioning=partitioning, **options), overwrite=overwrite, advance=advance
        )
    if as_json:
        print_json({"volume": str(path)})
    else:
        click.echo(f"{path}: imported {source}")
