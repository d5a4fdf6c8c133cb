"""Commands that make a volume, describe it and check its labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seg_common.cli_support import command_options, note, print_json, progress
from seg_data.cli.options import OVERWRITE, VOLUME, partition_options, partitioning_from


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--shape", nargs=3, type=int, default=(128, 192, 192), show_default=True, help="Voxels along Z Y X.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed makes another composite.")
@click.option("--fibre-fraction", type=float, default=0.165, show_default=True, help="Volume fraction of the fibres.")
@click.option("--pore-fraction", type=float, default=0.009, show_default=True, help="Volume fraction of the pores.")
@click.option("--noise", type=float, default=0.127, show_default=True, help="Noise, relative to the matrix.")
@click.option("--rings", type=float, default=0.028, show_default=True, help="Ring artefacts, relative to the matrix.")
@partition_options
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

    partitioning = partitioning_from(split, fractions, ranges) or AxisSplit("z", ())
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


@click.command()
@VOLUME
@click.option("--labels", "version", metavar="VERSION", help="Label version; the volume's first one when not given.")
@click.option("--dataset", help="Dataset of a file that is no volume yet and holds several.")
@click.option(
    "--axes", default="zyx", show_default=True, help="Order of the stored axes of a file that is no volume yet."
)
@click.option(
    "--picture", type=click.Path(path_type=Path, dir_okay=False), help="Write three orthogonal slices as PNG."
)
@click.option(
    "--at", nargs=3, type=int, metavar="Z Y X", help="Slices of the picture; those in the middle when not given."
)
@click.option("--fast", is_flag=True, help="Read no voxels: no grey levels.")
@OVERWRITE
@command_options(json_output=True)
def info(
    volume: Path,
    version: str | None,
    dataset: str | None,
    axes: str,
    picture: Path | None,
    at: tuple[int, int, int] | None,
    fast: bool,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Show what VOLUME is: shape, axes, voxel size, grey levels, labels, partitions; VOLUME may be any scan, too.

    A wrong guess of the axes is best seen in the picture: three orthogonal slices in their true proportions.

    \b
    Examples:
      seg-data info composite --picture composite.png
      seg-data info scan.raw --axes xyz --picture scan.png
    """
    from seg_common.atomic_files import refuse_existing
    from seg_data.grey_range import grey_range
    from seg_data.volume_description import description_lines
    from seg_data.volume_view import open_view

    if picture is not None:
        refuse_existing(picture, overwrite=overwrite)  # before the pass, which may take minutes
    with open_view(volume, version=version, dataset=dataset, axes=axes) as view:
        found = None
        if not fast:
            with progress(view.voxels, "reading voxels", quiet=quiet) as advance:
                found = grey_range(view.image, advance)
        data = view.describe(found)
        if picture is not None:
            view.write_picture(picture, at=at, overwrite=overwrite)
    if as_json:
        print_json(data)
    else:
        click.echo("\n".join(description_lines(data)))
    if picture is None:
        note(f"see three slices of it: seg-data info {volume} --picture {view.name}.png", quiet=quiet)
    else:
        note(f"wrote {picture}", quiet=quiet)


@click.command()
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
