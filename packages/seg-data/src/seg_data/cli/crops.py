"""Commands that draw crops from volumes: to look at them, and to keep them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seg_common.cli_support import command_options, note, print_json, progress
from seg_data.cli.options import OVERWRITE
from seg_data.cli.training_set import LABELS, VOLUMES, crop_options, opened_sampler, opened_volumes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.schema.crops import ExpectedCrops
    from seg_data.crop_reader import CropBatch, CropReader
    from seg_data.crop_sampler import CropSampler

DEFAULT_FOLDER = Path("crops-preview")
BATCH = click.option(
    "--batch-size", type=click.IntRange(min=1), default=8, show_default=True, help="Crops read at a time."
)


@click.command(name="preview-crops")
@crop_options
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Folder for the page and its pictures; {DEFAULT_FOLDER} or, where that exists, {DEFAULT_FOLDER}-2 and so on.",
)
@click.option("--count", type=click.IntRange(min=1), default=24, show_default=True, help="Most crops on the sheet.")
@click.option("--cycles", type=click.IntRange(min=1), default=1, show_default=True, help="Cycles that are measured.")
@OVERWRITE
@command_options(json_output=True)
def preview_command(
    output: Path | None, count: int, cycles: int, overwrite: bool, quiet: bool, as_json: bool, **training_set: Any
) -> None:
    """Show the crops of one or several VOLUMEs, and measure what they cover.

    Writes preview.html, one page that holds everything: crops with labels, before and after augmentation, visits per voxel,
    class shares, acceptance, the rejection function. Its pictures, coverage.csv and crops.yaml are beside it.

    \b
    Examples:
      seg-data preview-crops composite --config train.yaml --output preview
      seg-data preview-crops scan1 scan2 --weight 2 --weight 1 --config crops.yaml --cycles 4
    """
    from seg_data.preview.folder import PAGE_FILE, STEPS, preview_crops
    from seg_data.preview.tables import coverage_table, expectation_table

    with opened_sampler(**training_set, quiet=quiet) as sampler:
        expected = _expected(sampler, quiet=quiet)
        if not as_json:
            click.echo(expectation_table(sampler, expected) + "\n")
        folder = output or (DEFAULT_FOLDER if overwrite else _free(DEFAULT_FOLDER))
        with progress(STEPS, "drawing crops", quiet=quiet) as advance:
            preview = preview_crops(
                sampler, folder, count=count, cycles=cycles, expected=expected, overwrite=overwrite, advance=advance
            )
    if as_json:
        print_json(preview.record)
    else:
        click.echo(coverage_table(preview.record))
    beside = ", ".join(name for name in preview.files if name != PAGE_FILE)
    note(f"wrote {preview.folder / PAGE_FILE} and, beside it, {beside}", quiet=quiet)


@click.command(name="draw-crops")
@crop_options
@click.option("--count", type=click.IntRange(min=1), required=True, help="Crops to draw.")
@click.option("--first", type=click.IntRange(min=0), default=0, show_default=True, help="Number of the first crop.")
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), default="crops.jsonl", show_default=True)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="HDF5 file for the voxels; none without."
)
@BATCH
@OVERWRITE
@command_options(json_output=True)
def draw_command(
    count: int,
    first: int,
    log: Path,
    output: Path | None,
    batch_size: int,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
    **training_set: Any,
) -> None:
    """Draw crops of one or several VOLUMEs: a log of them and, if asked for, their voxels.

    The log has one line per crop: number, volume, first voxel, symmetry, class shares. The HDF5 file has the datasets image,
    labels and weights, turned and augmented as training gets them.

    \b
    Examples:
      seg-data draw-crops composite --config crops.yaml --count 1000 --log crops.jsonl
      seg-data draw-crops composite --config crops.yaml --count 1000 --output crops.h5
    """
    from seg_common.atomic_files import refuse_existing
    from seg_data.crop_file import write_crop_file
    from seg_data.crop_log import write_crop_log
    from seg_data.crop_reader import CropReader

    for path in (log, output):
        if path is not None:
            refuse_existing(path, overwrite=overwrite)
    with opened_sampler(**training_set, quiet=quiet) as sampler:
        steps = count if output is None else 2 * count
        with progress(steps, "drawing crops", quiet=quiet) as advance:
            reader = None if output is None else CropReader(sampler)
            write_crop_log(sampler, log, count, first=first, overwrite=overwrite, advance=advance)
            if output is not None and reader is not None:
                batches = _batches(reader, first, count, batch_size)
                write_crop_file(
                    output, batches, count, sampler.config, sampler.seed, overwrite=overwrite, advance=advance
                )
    _tell(count, log=log, output=output, as_json=as_json)


@click.command(name="replay-crops")
@click.argument("log", type=click.Path(path_type=Path))
@VOLUMES
@LABELS
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="HDF5 file for the voxels."
)
@BATCH
@OVERWRITE
@command_options(json_output=True)
def replay_command(
    log: Path,
    volumes: tuple[Path, ...],
    version: str | None,
    output: Path,
    batch_size: int,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Cut the crops of LOG again, voxel by voxel the same, from the VOLUMEs it was drawn from.

    Without VOLUME those whose paths are in the log. Volumes that have changed since are an error.

    \b
    Examples:
      seg-data replay-crops crops.jsonl --output crops.h5
      seg-data replay-crops crops.jsonl /elsewhere/composite --output crops.h5
    """
    from seg_common.atomic_files import refuse_existing
    from seg_data.crop_file import write_crop_file
    from seg_data.crop_log import read_crop_log, replay_crops

    refuse_existing(output, overwrite=overwrite)
    read = read_crop_log(log)
    config, seed, count = read.header.config, read.header.seed, len(read.crops)
    paths = list(volumes) or [Path(path) for path in read.header.volumes]
    with opened_volumes(paths, version, config) as opened, progress(count, "cutting crops", quiet=quiet) as advance:
        batches = replay_crops(read, opened, batch_size)
        write_crop_file(output, batches, count, config, seed, overwrite=overwrite, advance=advance)
    _tell(count, log=log, output=output, as_json=as_json)


def _expected(sampler: CropSampler, *, quiet: bool) -> list[ExpectedCrops]:
    from seg_data.crop_expectation import expected_crops

    expected = []
    with progress(len(sampler.sources), "what is to be expected", quiet=quiet) as advance:
        for source in sampler.sources:
            expected.append(expected_crops(source))
            advance()
    return expected


def _free(folder: Path) -> Path:
    """Find a name that nothing has: the given one, or with the first free number behind it."""
    number = 1
    path = folder
    while path.exists():
        number += 1
        path = folder.with_name(f"{folder.name}-{number}")
    return path


def _batches(reader: CropReader, first: int, count: int, size: int) -> Iterator[CropBatch]:
    for start in range(first, first + count, size):
        yield reader.batch(start, min(size, first + count - start))


def _tell(count: int, *, log: Path, output: Path | None, as_json: bool) -> None:
    if as_json:
        print_json({"crops": count, "log": str(log), "output": None if output is None else str(output)})
    else:
        click.echo(f"{count} crops: {log}" + ("" if output is None else f", {output}"))
