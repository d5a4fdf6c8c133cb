"""Commands that look at the crops drawn from a volume."""

from __future__ import annotations

from pathlib import Path

import click

from seg_common.cli_support import command_options, note, print_json
from seg_data.cli.options import OVERWRITE, VOLUME


@click.command(name="preview-crops")
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
