"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECTIVITY = click.option(
    "--connectivity",
    type=click.IntRange(1, 3),
    default=3,
    show_default=True,
    help="Neighbours of a voxel in a blob: 1 for 6, 2 for 18, 3 for 26.",
)
BLOCK_MEGABYTES = click.option(
    "--block-megabytes",
    type=click.IntRange(1),
    default=256,
    show_default=True,
    help="Memory for one block of the volume; no result depends on it.",
)
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace an output folder that an earlier run wrote.")
OPEN = click.option("--open", "open_report", is_flag=True, help="Show the report in the browser at the end.")


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


def measure_options(body: Callable[..., None]) -> Callable[..., None]:
    """Add what all commands have in common that measure labels."""
    options = (
        CONNECTIVITY,
        BLOCK_MEGABYTES,
        click.option(
            "--baseline",
            "other_labels",
            multiple=True,
            metavar="NAME=LABELS",
            callback=_named_paths,
            help="Labels of another method to judge on the same voxels; repeat the option.",
        ),
        OVERWRITE,
    )
    for option in reversed(options):
        body = option(body)
    return body
