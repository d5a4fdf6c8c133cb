"""Commands that bring scans and labels from any format into a volume folder, and out of it."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seg_common.cli_support import command_options, note, print_json, progress
from seg_data.cli.options import (
    OVERWRITE,
    label_options,
    label_slices_from,
    one,
    partition_options,
    partitioning_from,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_data.label_slices import Axis
    from seg_data.partitions import PartitionRange


@click.command(name="import")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--dataset", help="Dataset of the image inside a file that holds several.")
@click.option("--labels", metavar="PATH[::DATASET]", help="Label volume of the same shape.")
@label_options
@click.option(
    "--voxel-size", nargs=3, type=float, metavar="Z Y X", help="Edge lengths of a voxel; the file's if not given."
)
@click.option("--unit", "voxel_size_unit", help="Unit of the voxel size, for example um.")
@click.option("--name", help="Name in tables and reports; that of the folder when not given.")
@partition_options
@click.option("--restart", is_flag=True, help="Throw away what a killed import has finished.")
@OVERWRITE
@command_options(json_output=True)
def import_command(
    source: Path,
    out: Path,
    slice_files: str | None,
    single_slices: tuple[Any, ...],
    label_axis: Axis,
    first_slice: int,
    split: str,
    fractions: tuple[Any, ...],
    ranges: tuple[Any, ...],
    restart: bool,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Convert a scan of any known format, and its labels, to a volume in the folder OUT.

    An import that was killed goes on when the same command is run again. Raw files need a sidecar: scan.raw.yaml with
    shape, dtype and byte order, or PyHST's scan.raw.info.

    \b
    Examples:
      seg-data import scan.tif composite --labels labels.tif --map 255:1 --class matrix --class fibre
      seg-data import scan.h5 composite --dataset ct --voxel-size 1.3 1.3 1.3 --unit um
      seg-data import scan.tif composite --label-slices annotated/ --class matrix --class fibre
      seg-data import scan.raw composite --axes xyz --split y train=0.5 validation=0.125 test=0.375
      seg-data import scan.npy composite --partition train=z:0:128 --partition test=z:160:256
    """
    from seg_data.label_slices import listed_slices
    from seg_data.volume_import import ImportOptions, import_volume

    slices = label_slices_from(slice_files, single_slices, label_axis, first_slice)
    settings = ImportOptions(partitioning=partitioning_from(split, fractions, ranges), label_slices=slices, **options)
    with _told_how_to_continue(out, quiet=quiet), progress(100, "importing, percent", quiet=quiet) as advance:
        path = import_volume(
            source,
            out,
            settings,
            overwrite=overwrite,
            restart=restart,
            advance_percent=advance,
            notify=lambda line: note(f"note: {line}", quiet=quiet),
        )
    if as_json:
        print_json({"volume": str(path), "annotated_slices": None if slices is None else slices.indices})
    else:
        annotated = "" if slices is None else f", annotated in {slices.axis} {listed_slices(slices.indices)}"
        click.echo(f"{path}: imported {source}{annotated}")


@click.command(name="add-labels")
@click.argument("volume", type=click.Path(path_type=Path))
@click.argument("name")
@click.argument("labels", metavar="[PATH[::DATASET]]", required=False)
@label_options
@OVERWRITE
@command_options(json_output=True)
def add_labels_command(
    volume: Path,
    name: str,
    labels: str | None,
    slice_files: str | None,
    single_slices: tuple[Any, ...],
    label_axis: Axis,
    first_slice: int,
    axes: str,
    class_names: tuple[str, ...],
    mapping: tuple[tuple[int, int], ...],
    ignored_label: int | None,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Add a label version NAME to VOLUME, from a label volume or from annotated slices.

    The first version of a volume is used unless another is asked for by its name.

    \b
    Examples:
      seg-data add-labels composite expert-2 labels.tif --map 255:1
      seg-data add-labels composite sparse --label-slices annotated/ --label-axis y
    """
    from seg_data.label_check import report_table
    from seg_data.label_import import LabelOrigin
    from seg_data.label_versions import add_labels

    source = label_slices_from(slice_files, single_slices, label_axis, first_slice) or labels
    if source is None or (labels is not None and source != labels):
        msg = "labels are a label volume PATH[::DATASET] or annotated slices; give one of the two."
        raise click.UsageError(msg)
    with progress(100, "adding labels, percent", quiet=quiet) as advance:
        report = add_labels(
            volume,
            name,
            LabelOrigin(source, axes, mapping, ignored_label),
            class_names=class_names,
            overwrite=overwrite,
            advance_percent=advance,
        )
    if as_json:
        print_json({name: report.as_data()})
    else:
        click.echo(report_table({name: report}))


@click.command(name="export")
@click.argument("volume", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--what", default="image", show_default=True, help="image, labels, labels:VERSION or weights:NAME.")
@click.option("--partition", help="Write this partition alone.")
@click.option(
    "--box",
    "ranges",
    metavar="AXIS:START:STOP[,…]",
    callback=one("partitions.parse_part"),
    help="Write these voxels alone, for example z:0:128,y:0:200.",
)
@click.option("--compressed", is_flag=True, help="Compress the voxels, where the format can; no voxel changes.")
@OVERWRITE
@command_options(json_output=True)
def export_command(
    volume: Path,
    out: Path,
    what: str,
    partition: str | None,
    ranges: PartitionRange | None,
    compressed: bool,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write the image, labels or weights of VOLUME to the file OUT, for other programs.

    The suffix of OUT names the format: .tif (ImageJ), .raw (with a YAML sidecar), .nrrd, .mha, .xdmf (ParaView), .zarr
    (OME-Zarr), .h5 or .npy. Voxels keep their values and their dtype.

    \b
    Examples:
      seg-data export composite composite.xdmf
      seg-data export composite labels.tif --what labels:reference --partition test --compressed
    """
    from seg_common.volume.opened_volume import open_volume
    from seg_data.volume_export import export_volume, kept_voxel_size

    if partition is not None and ranges is not None:
        msg = "the part to write is a --partition or a --box; choose one way."
        raise click.UsageError(msg)
    with open_volume(volume) as opened:
        document = opened.document
        voxels = (opened.box if partition is None else opened.partition(partition)).voxels
    if ranges is not None:
        voxels = ranges.box(document.shape).voxels
    with progress(voxels, "exporting voxels", quiet=quiet) as advance:
        part = ranges if partition is None else partition
        box = export_volume(volume, out, what, part=part, compressed=compressed, overwrite=overwrite, advance=advance)
    if as_json:
        print_json({"path": str(out), "box": str(box), "shape": list(box.shape)})
    else:
        click.echo(f"{out}: exported {what} of {volume}, {box}")
    size, unit = kept_voxel_size(out)
    if document.voxel_size is not None and (size is None or unit is None):
        lost = "voxel size" if size is None else "unit of the voxel size"
        told = " ".join(f"{length:g}" for length in document.voxel_size)
        note(f"note: {out.suffix} keeps no {lost}; here it is {told} {document.voxel_size_unit} (z y x)", quiet=quiet)


@contextmanager
def _told_how_to_continue(out: Path, *, quiet: bool) -> Iterator[None]:
    """Say, when an import is interrupted, where its finished pieces are."""
    try:
        yield
    except (KeyboardInterrupt, OSError):
        from seg_data.import_journal import ImportJournal

        folder = ImportJournal(out).folder
        if folder.is_dir():
            note(f"finished pieces are kept in {folder}; run the same command again to go on.", quiet=quiet)
        raise
