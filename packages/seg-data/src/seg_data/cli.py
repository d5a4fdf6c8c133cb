"""The command `seg-data`: make, import and check volumes, and look at the crops drawn from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seg_common.cli_support import command_options, note, print_json, progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from seg_data.partitions import Partitioning

Parsed = TypeVar("Parsed")
VOLUME = click.argument("volume", type=click.Path(path_type=Path), default=".")
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace existing files.")


def _each(parser: str) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], tuple[Any, ...]]:
    """Parse each value of an option with a function ``module.name`` of this package; a wrong form is a usage error."""

    def parse(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[Any, ...]:
        from importlib import import_module

        from seg_common.errors import SegError

        if not texts:
            return ()
        module, name = parser.split(".")
        function = getattr(import_module(f"seg_data.{module}"), name)
        try:
            return tuple(function(text) for text in texts)
        except SegError as error:
            raise click.BadParameter(str(error)) from None

    return parse


def _partition_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that cut a volume into partitions."""
    for decorate in (
        click.argument(
            "fractions", nargs=-1, metavar="[NAME=FRACTION]...", callback=_each("partitions.parse_fraction")
        ),
        click.option(
            "--split",
            type=click.Choice(["z", "y", "x", "none"]),
            default="z",
            show_default=True,
            help="Axis along which the partitions NAME=FRACTION follow each other; train=0.5 validation=0.125 test=0.375 "
            "when none is given.",
        ),
        click.option(
            "--partition",
            "ranges",
            multiple=True,
            metavar="NAME=AXIS:START:STOP",
            callback=_each("partitions.parse_range"),
            help="A partition by its ranges, for example train=z:0:128 or test=z:0:64,y:0:200; instead of fractions.",
        ),
    ):
        command = decorate(command)
    return command


def _partitioning(split: str, fractions: tuple[Any, ...], ranges: tuple[Any, ...]) -> Partitioning | None:
    from seg_data.partitions import DEFAULT_FRACTIONS, AxisSplit, PartitionRanges

    if fractions and (ranges or split == "none"):
        msg = "partitions are given by NAME=FRACTION or by --partition or not at all; choose one way."
        raise click.UsageError(msg)
    if ranges:
        return PartitionRanges(ranges)
    return None if split == "none" else AxisSplit(split, fractions or DEFAULT_FRACTIONS)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seg-data")
def main() -> None:
    """Make, import and check volumes, and look at the crops drawn from them."""


@main.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--shape", nargs=3, type=int, default=(128, 192, 192), show_default=True, help="Voxels along Z Y X.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed makes another composite.")
@click.option("--fibre-fraction", type=float, default=0.165, show_default=True, help="Volume fraction of the fibres.")
@click.option("--pore-fraction", type=float, default=0.009, show_default=True, help="Volume fraction of the pores.")
@click.option("--noise", type=float, default=0.127, show_default=True, help="Noise, relative to the matrix.")
@click.option("--rings", type=float, default=0.028, show_default=True, help="Ring artefacts, relative to the matrix.")
@_partition_options
@OVERWRITE
@command_options(json_output=True)
def phantom(
    out: Path,
    shape: tuple[int, int, int],
    seed: int,
    split: str,
    fractions: tuple[Any, ...],
    ranges: tuple[Any, ...],
    overwrite: bool,
    quiet: bool,
    as_json: bool,
    **recipe: float,
) -> None:
    """Make a synthetic glass-fibre composite with pores, exact labels and partitions, in the folder OUT.

    \b
    Example:
      seg-data phantom composite --shape 128 192 192 --seed 1
    """
    from seg_data.partitions import AxisSplit
    from seg_data.phantoms.composite import CLASS_NAMES, make_phantom
    from seg_data.phantoms.folder import write_phantom
    from seg_data.volume_folder import refuse_existing_folder

    partitioning = _partitioning(split, fractions, ranges) or AxisSplit("z", ())
    partitioning.boxes(shape)
    refuse_existing_folder(out, overwrite=overwrite)
    note(f"making a composite of shape {shape} (z, y, x)", quiet=quiet)
    made = make_phantom(shape, seed, **recipe)
    with progress(2 * shape[0], "writing slices", quiet=quiet) as advance:
        path = write_phantom(made, out, partitioning, overwrite=overwrite, advance=advance)
    result = dict(zip(CLASS_NAMES, made.fractions, strict=True))
    if as_json:
        print_json({"volume": str(path), "class_fractions": result})
    else:
        click.echo(f"{path}: " + ", ".join(f"{name} {100 * share:.2f} %" for name, share in result.items()))


@main.command(name="import")
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
    callback=_each("label_mapping.parse_mapping"),
    help="Class index for a value of the label file, for example 255:1; other values stay.",
)
@click.option("--ignore", "ignored_label", type=int, metavar="VALUE", help="Label of voxels that nobody annotated.")
@click.option("--voxel-size", nargs=3, type=float, metavar="Z Y X", help="Edge lengths of a voxel; needs --unit.")
@click.option("--unit", "voxel_size_unit", help="Unit of the voxel size, for example um.")
@click.option("--name", help="Name in tables and reports; that of the folder when not given.")
@_partition_options
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

    partitioning = _partitioning(split, fractions, ranges)
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


@main.command()
@VOLUME
@command_options(json_output=True)
def info(volume: Path, quiet: bool, as_json: bool) -> None:  # noqa: ARG001 - the description is the result
    """Show what VOLUME is: files, shape, dtype, voxel size, classes, partitions.

    \b
    Example:
      seg-data info composite
    """
    from seg_common.volume.opened_volume import open_volume
    from seg_data.volume_description import describe, description_lines

    with open_volume(volume) as opened:
        if as_json:
            print_json(describe(opened))
        else:
            click.echo("\n".join(description_lines(opened)))


@main.command()
@VOLUME
@command_options(json_output=True)
def check(volume: Path, quiet: bool, as_json: bool) -> None:
    """Count the label values of VOLUME; wrong ones are an error that proposes a mapping.

    VOLUME is a volume.yaml, the folder that holds it, or a label file PATH[::DATASET] that is to be imported.

    \b
    Examples:
      seg-data check composite
      seg-data check labels.h5::mask
    """
    from seg_data.label_check import check_any, report_table

    with progress(100, "counting labels", quiet=quiet) as advance:
        reports = check_any(str(volume), advance_percent=advance)
    if as_json:
        print_json({name: report.as_data() for name, report in reports.items()})
    else:
        click.echo(report_table(reports))
    for report in reports.values():
        report.require_classes()


@main.command(name="preview-crops")
@VOLUME
@click.option("--config", type=click.Path(path_type=Path), help="A crop or training configuration; defaults without.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), default="crops-preview", show_default=True)
@click.option("--partition", help="Draw from this partition instead of the configuration's.")
@click.option("--seed", type=int, help="Seed of the crop stream instead of the configuration's.")
@click.option("--count", type=click.IntRange(min=1), default=24, show_default=True, help="Most crops on the sheet.")
@click.option("--cycles", type=click.IntRange(min=1), default=1, show_default=True, help="Cycles that are measured.")
@OVERWRITE
@command_options(json_output=True)
def preview_command(
    volume: Path,
    config: Path | None,
    output: Path,
    partition: str | None,
    seed: int | None,
    count: int,
    cycles: int,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Draw crops of VOLUME: a contact sheet, and a table of what the crops cover.

    Writes crops.png, coverage.csv and crops.yaml. Positions, crop shape and rejection come from the configuration.

    \b
    Example:
      seg-data preview-crops composite --config train.yaml --output preview
    """
    from seg_common.volume.opened_volume import open_volume
    from seg_data.crop_sampler import make_sampler
    from seg_data.crops_config import load_crops
    from seg_data.preview import coverage_table, preview_crops

    with open_volume(volume) as opened:
        crops, stream_seed = load_crops(config, opened, partition=partition, seed=seed)
        sampler = make_sampler(opened, crops, stream_seed)
        preview = preview_crops(sampler, output, count=count, cycles=cycles, overwrite=overwrite)
    if as_json:
        print_json(preview.record)
    else:
        click.echo(coverage_table(preview.record))
        note(f"wrote {preview.folder}/crops.png, coverage.csv and crops.yaml", quiet=quiet)
