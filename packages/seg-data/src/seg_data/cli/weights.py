"""Commands that weigh voxels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seg_common.cli_support import command_options, note, print_json, progress
from seg_data.cli.options import OVERWRITE, VOLUME

if TYPE_CHECKING:
    from seg_common.schema.voxel_weights import WeightRecipe
    from seg_common.volume.opened_volume import Volume


@click.command(name="weights")
@VOLUME
@click.option("--name", required=True, help="Name of the weights in the volume.")
@click.option("--labels", "version", metavar="VERSION", help="Label version; the volume's first one when not given.")
@click.option(
    "--class-frequency", "alpha", type=float, metavar="ALPHA", help="Weigh by (1 / share of the class)^ALPHA."
)
@click.option(
    "--frequency-partition",
    metavar="NAME",
    help="Where shares are counted: a partition, or whole. [default: train, or whole without one]",
)
@click.option("--interface", type=click.Choice(["boost", "reduce"]), help="More or less weight near other classes.")
@click.option("--boost", type=float, default=10.0, show_default=True, help="Largest factor at the interface.")
@click.option("--sigma", type=float, help="Distance over which that falls, in the volume's unit; voxels without one.")
@click.option("--max-distance", type=float, help="Distances are clipped here.  [default: 4 sigma]")
@click.option(
    "--ignore-border",
    "border",
    type=float,
    metavar="VOXELS",
    help="No weight this near a border, in shortest voxel edges.",
)
@click.option(
    "--border-of",
    type=click.Choice(["interface", "ignored", "faces"]),
    multiple=True,
    default=("interface",),
    show_default=True,
    help="The borders: other classes, ignored voxels, the faces of the volume; may be repeated.",
)
@click.option("--dtype", type=click.Choice(["float32", "float16"]), default="float32", show_default=True)
@click.option(
    "--picture", type=click.Path(path_type=Path, dir_okay=False), help="Write a slice with its weights as PNG."
)
@OVERWRITE
@command_options(json_output=True)
def weights_command(
    volume: Path,
    name: str,
    version: str | None,
    dtype: Any,
    picture: Path | None,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Compute how much each voxel of VOLUME counts in the loss, and name the weights in its volume.yaml.

    The factors are multiplied: class frequency, distance to the nearest other class, nothing in a border. Ignored voxels
    weigh 0. Writes weights_NAME.h5 beside the volume, and how it was made to weights_NAME.yaml.

    \b
    Examples:
      seg-data weights composite --name balanced --class-frequency 0.5
      seg-data weights composite --name contours --class-frequency 1 --interface boost --sigma 2.6
      seg-data weights composite --name certain --ignore-border 1 --border-of interface --picture certain.png
    """
    from seg_common.atomic_files import atomic_write_bytes, refuse_existing
    from seg_common.volume.open_array import open_array
    from seg_common.volume.opened_volume import open_volume
    from seg_data.weight_maps.write import steps_of, write_weights

    if picture is not None:
        refuse_existing(picture, overwrite=overwrite)
    with open_volume(volume, version) as opened:
        recipe = _recipe(opened, quiet=quiet, **options)
        with progress(steps_of(opened, recipe), "weighing voxels", quiet=quiet) as advance:
            record = write_weights(opened, name, recipe, dtype=dtype, overwrite=overwrite, advance=advance)
        file = opened.path.parent / record.weights.path
        if picture is not None:
            from seg_data.weight_maps.picture import weights_picture

            with open_array(file, record.weights.dataset) as weights:
                atomic_write_bytes(picture, weights_picture(opened, weights, name), overwrite=overwrite)
    if as_json:
        print_json(record)
    else:
        width = max(len("class"), *(len(info.name) for info in record.classes))
        click.echo(f"{'class':{width}}        voxels     factor  mean weight     weigh 0")
        for info in record.classes:
            mean = "-" if info.mean is None else f"{info.mean:.4g}"
            click.echo(f"{info.name:{width}}  {info.voxels:12d}  {info.factor:9.4g}  {mean:>11}  {info.zeros:10d}")
    for warning in record.warnings:
        note(f"warning: {warning}", quiet=quiet)
    note(f"wrote {file} and named it {name!r} in {opened.path}", quiet=quiet)


def _recipe(
    volume: Volume,
    *,
    alpha: float | None,
    frequency_partition: str | None,
    interface: str | None,
    boost: float,
    sigma: float | None,
    max_distance: float | None,
    border: float | None,
    border_of: tuple[str, ...],
    quiet: bool,
) -> WeightRecipe:
    """Make the recipe that the options ask for."""
    from seg_common.schema.voxel_weights import WeightRecipe

    if alpha is None and interface is None and border is None:
        msg = "weights need a factor, or every voxel weighs 1; give --class-frequency, --interface or --ignore-border."
        raise click.UsageError(msg)
    if (interface is None) != (sigma is None):
        msg = "--interface and --sigma belong together; give both or neither."
        raise click.UsageError(msg)
    factors: dict[str, Any] = {}
    if alpha is not None:
        if frequency_partition is None:
            frequency_partition = "train" if "train" in volume.document.partitions else "whole"
            note(f"class shares are counted in: {frequency_partition}", quiet=quiet)
        counted = None if frequency_partition == "whole" else frequency_partition
        factors["class_frequency"] = {"alpha": alpha, "partition": counted}
    if interface is not None:
        factors["interface"] = {"mode": interface, "boost": boost, "sigma": sigma, "max_distance": max_distance}
        if volume.document.voxel_size is None:
            note("the volume has no voxel size: distances are in voxels", quiet=quiet)
    if border is not None:
        factors["border"] = {"voxels": border, "of": list(dict.fromkeys(border_of))}
    return WeightRecipe.model_validate(factors)
