"""Options that say how a volume is to be predicted; their names are those of `PredictionOptions`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable


def _overlap_shares(
    _: click.Context, __: click.Parameter, value: str | None
) -> float | tuple[float, float, float] | None:
    """Read one share, or three separated by commas."""
    if value is None:
        return None
    try:
        shares = [float(word) for word in value.split(",")]
    except ValueError:
        shares = []
    if len(shares) not in (1, 3) or not all(0 <= share < 1 for share in shares):
        msg = f"it is one share in [0, 1), or three with commas between, such as 0.25,0.5,0.5; got {value!r}"
        raise click.BadParameter(msg)
    return shares[0] if len(shares) == 1 else (shares[0], shares[1], shares[2])


def _number_of_symmetries(_: click.Context, __: click.Parameter, value: str | None) -> int | str | None:
    """Read a number, or ``all`` or ``none``."""
    if value is None:
        return None
    if value in ("all", "none"):
        return 1 if value == "none" else value
    if not value.isdecimal() or int(value) < 1:
        msg = f"it is a number of at least 1, all or none; got {value!r}"
        raise click.BadParameter(msg)
    return int(value)


def _bytes(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """Read a size such as 800M or 4.5G; powers of 1024."""
    if value is None:
        return None
    number, unit = (value[:-1], value[-1].upper()) if value[-1:].upper() in ("M", "G") else (value, "")
    try:
        size = float(number) if unit else -1.0
    except ValueError:
        size = -1.0
    if not 0 < size < float("inf"):
        msg = f"it is a number with M or G for MiB or GiB, such as 800M or 4.5G; got {value!r}"
        raise click.BadParameter(msg)
    return int(size * (2**20 if unit == "M" else 2**30))


def _kinds(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Split words with commas between."""
    return () if value is None else tuple(word.strip() for word in value.split(","))


# Options that several commands have: what each leaves open is the default and the help.
VOLUME = partial(click.option, "--volume", type=click.Path(path_type=Path))
PARTITION = partial(click.option, "--partition")
AGGREGATION = partial(
    click.option, "--aggregation", type=click.Choice(["mean", "gaussian", "hann", "centre", "max", "vote"])
)
OVERLAP = click.option(
    "--overlap",
    callback=_overlap_shares,
    metavar="SHARE[,SHARE,SHARE]",
    help="Smallest share of a tile that its neighbour has too: of all axes, or of Z,Y,X.",
)
BATCH_SIZE = click.option("--batch-size", type=click.IntRange(1), help="Tiles per call of the network.")
SYMMETRIES = partial(
    click.option,
    "--symmetries",
    callback=_number_of_symmetries,
    metavar="N|all|none",
    help="Mirror and turn each tile, and average the answers.",
)
ALONG = click.option(
    "--along",
    type=click.Choice(["z", "y", "x", "all"]),
    help="Axis across which the slices of a 2D or 2.5D network lie, or the mean of all three; default: as trained.",
)
WEIGHTS = partial(
    click.option,
    "--weights",
    type=click.Choice(["best", "last"]),
    help="Weights of the best epoch, or of the last.",
)
MAX_MEMORY = click.option(
    "--max-memory",
    callback=_bytes,
    metavar="SIZE",
    help="Memory of the whole process, such as 4G; default: what the network takes and --block-megabytes.",
)
RESTART = click.option(
    "--restart", is_flag=True, help="Throw away what an interrupted run has finished, and begin anew."
)


def prediction_options(body: Callable[..., None]) -> Callable[..., None]:
    """Add what a command has that runs a network over a volume."""
    options = (
        AGGREGATION(default="gaussian", show_default=True, help="How the answers of overlapping tiles become one."),
        click.option(
            "--tile-shape",
            type=click.IntRange(1),
            nargs=3,
            metavar="Z Y X",
            help="Network input, the halo included; for 2D and 2.5D 1, rows and columns of a slice.",
        ),
        click.option(
            "--halo",
            type=click.IntRange(0),
            nargs=3,
            metavar="Z Y X",
            help="Border of a tile that is read and discarded.",
        ),
        OVERLAP,
        BATCH_SIZE,
        SYMMETRIES(default="none", show_default=True),
        ALONG,
        click.option(
            "--with",
            "with_models",
            type=click.Path(path_type=Path),
            multiple=True,
            metavar="MODEL",
            help="Another model, to average with; repeat the option.",
        ),
        WEIGHTS(default="best", show_default=True),
        MAX_MEMORY,
        click.option(
            "--save",
            callback=_kinds,
            metavar="KIND[,KIND]",
            help="Save more than the labels: probabilities, entropy, errors, confusion.",
        ),
        click.option(
            "--probability-type",
            type=click.Choice(["uint8", "uint16", "float16"]),
            default="uint8",
            show_default=True,
            help="Type of saved probabilities.",
        ),
        click.option(
            "--save-format",
            type=click.Choice(["hdf5", "zarr"]),
            default="hdf5",
            show_default=True,
            help="Format of the labels and of saved arrays: HDF5 files, or folders of Zarr.",
        ),
        RESTART,
    )
    for option in reversed(options):
        body = option(body)
    return body


def evaluation_options(body: Callable[..., None]) -> Callable[..., None]:
    """Add what says which evaluation of a model is wanted, and made when it has none; without defaults of their own."""
    options = (
        VOLUME(help="A volume.yaml or its folder."),
        PARTITION(help='Partition, or "whole".'),
        AGGREGATION(help="How the answers of overlapping tiles become one."),
        OVERLAP,
        SYMMETRIES(),
        ALONG,
        WEIGHTS(),
        BATCH_SIZE,
        MAX_MEMORY,
        RESTART,
    )
    for option in reversed(options):
        body = option(body)
    return body
