"""Options that say which crops are drawn, from which volumes; and the sampler that they ask for."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seg_common.cli_support import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from seg_common.schema.crops import CropsConfig
    from seg_common.volume.opened_volume import Volume
    from seg_data.crop_sampler import CropSampler

VOLUMES = click.argument("volumes", nargs=-1, type=click.Path(path_type=Path), metavar="[VOLUME]...")
LABELS = click.option("--labels", "version", metavar="VERSION", help="Label version; the first one when not given.")


def crop_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the volumes and the options of `opened_sampler`."""
    for decorate in (
        click.option(
            "--strict", is_flag=True, help="A volume that gives no crops is an error; left out and named without."
        ),
        click.option(
            "--seed", type=click.IntRange(min=0), help="Seed of the crop stream instead of the configuration's."
        ),
        click.option("--partition", help="Draw from this partition instead of the configuration's."),
        LABELS,
        click.option(
            "--config", type=click.Path(path_type=Path), help="A crop or training configuration; defaults without."
        ),
        click.option(
            "--weight",
            "weights",
            type=float,
            multiple=True,
            metavar="W",
            help="Crops of each volume in proportion to each other, once for each; all alike when not given.",
        ),
        VOLUMES,
    ):
        command = decorate(command)
    return command


@contextmanager
def opened_sampler(
    volumes: Sequence[Path],
    weights: Sequence[float],
    config: Path | None,
    version: str | None,
    partition: str | None,
    seed: int | None,
    *,
    strict: bool,
    quiet: bool,
) -> Iterator[CropSampler]:
    """Open the volumes of a training set, the current folder when none is given, and make their sampler."""
    from seg_data.crop_sampler import make_sampler
    from seg_data.crops_config import fit_crop, load_crops

    paths = list(volumes) or [Path()]
    if weights and len(weights) != len(paths):
        msg = f"--weight is given once for each volume, or not at all; got {len(weights)} for {len(paths)}."
        raise click.UsageError(msg)
    crops, stream_seed = load_crops(config, partition=partition, seed=seed)
    with opened_volumes(paths, version, crops) as opened:
        if config is None:
            crops = fit_crop(crops, opened)
        sampler = make_sampler(opened, crops, stream_seed, weights=weights or None, leave_out=not strict)
        for reason in sampler.left_out:
            note(f"left out: {reason}", quiet=quiet)
        yield sampler


@contextmanager
def opened_volumes(paths: Sequence[Path], version: str | None, crops: CropsConfig) -> Iterator[list[Volume]]:
    """Open volumes with the labels and the voxel weights that crops want."""
    from seg_common.volume.opened_volume import open_volume

    with ExitStack() as stack:
        yield [stack.enter_context(open_volume(path, version, weights=crops.voxel_weights)) for path in paths]
