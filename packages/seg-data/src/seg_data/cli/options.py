"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from seg_data.label_slices import Axis, LabelSlices
    from seg_data.partitions import Partitioning

VOLUME = click.argument("volume", type=click.Path(path_type=Path), default=".")
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace existing files.")


def each(parser: str) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], tuple[Any, ...]]:
    """Parse each value of an option with a function ``module.name`` of this package; a wrong form is a usage error."""
    parse_one = one(parser)

    def parse(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[Any, ...]:
        return tuple(parse_one(context, parameter, text) for text in texts)

    return parse


def one(parser: str) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """Parse the value of an option as `each` does; None when it is not given."""

    def parse(_context: click.Context, _parameter: click.Parameter, text: str | None) -> Any:
        from importlib import import_module

        from seg_common.errors import SegError

        if text is None:
            return None
        module, name = parser.split(".")
        try:
            return getattr(import_module(f"seg_data.{module}"), name)(text)
        except SegError as error:
            raise click.BadParameter(str(error)) from None

    return parse


def label_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what label files mean, and which hold single slices."""
    for decorate in (
        click.option(
            "--label-slice",
            "single_slices",
            multiple=True,
            metavar="INDEX=FILE",
            callback=each("label_slices.parse_label_slice"),
            help="One annotated slice, whatever its file is called; as often as needed.",
        ),
        click.option(
            "--first-slice",
            type=int,
            default=0,
            show_default=True,
            help="Number of slice 0 in the names of --label-slices: 1 where they count from one.",
        ),
        click.option(
            "--label-axis",
            type=click.Choice(["z", "y", "x"]),
            default="z",
            show_default=True,
            help="Axis that annotated slices are perpendicular to.",
        ),
        click.option(
            "--label-slices",
            "slice_files",
            metavar="PATH",
            help="Folder, or pattern in quotes, of TIFF or PNG files with one annotated slice each; the last number in a "
            "name is the slice. All other voxels are ignored.",
        ),
        click.option("--ignore", "ignored_label", type=int, metavar="VALUE", help="Label of voxels nobody annotated."),
        click.option(
            "--map",
            "mapping",
            multiple=True,
            metavar="OLD:NEW",
            callback=each("label_mapping.parse_mapping"),
            help="Class index for a value of the label file, for example 255:1; other values stay.",
        ),
        click.option(
            "--class", "class_names", multiple=True, metavar="NAME", help="Name of class 0, then of class 1, …"
        ),
        click.option(
            "--axes",
            default="zyx",
            show_default=True,
            help="Order of the axes as they are stored, for example xyz for Fortran-ordered data.",
        ),
    ):
        command = decorate(command)
    return command


def label_slices_from(
    slice_files: str | None, single_slices: tuple[Any, ...], label_axis: Axis, first_slice: int
) -> LabelSlices | None:
    """Find the annotated slices that `label_options` ask for."""
    from seg_data.label_slices import find_label_slices, numbered_slices

    if slice_files and single_slices:
        msg = "annotated slices are given by --label-slices or by --label-slice; choose one way."
        raise click.UsageError(msg)
    if slice_files:
        return find_label_slices(slice_files, label_axis, first_slice)
    return numbered_slices(single_slices, label_axis) if single_slices else None


def partition_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that cut a volume into partitions."""
    for decorate in (
        click.argument("fractions", nargs=-1, metavar="[NAME=FRACTION]...", callback=each("partitions.parse_fraction")),
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
            callback=each("partitions.parse_range"),
            help="A partition by its ranges, for example train=z:0:128 or test=z:0:64,y:0:200; instead of fractions.",
        ),
    ):
        command = decorate(command)
    return command


def partitioning_from(split: str, fractions: tuple[Any, ...], ranges: tuple[Any, ...]) -> Partitioning | None:
    """Make the partitioning that `partition_options` ask for."""
    from seg_data.partitions import DEFAULT_FRACTIONS, AxisSplit, PartitionRanges

    if fractions and (ranges or split == "none"):
        msg = "partitions are given by NAME=FRACTION or by --partition or not at all; choose one way."
        raise click.UsageError(msg)
    if ranges:
        return PartitionRanges(ranges)
    return None if split == "none" else AxisSplit(split, fractions or DEFAULT_FRACTIONS)
