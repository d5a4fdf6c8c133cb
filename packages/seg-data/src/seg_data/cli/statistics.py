"""Commands that measure what a volume holds."""

from __future__ import annotations

from pathlib import Path

import click

from seg_common.cli_support import command_options, note, print_json, progress
from seg_data.cli.options import OVERWRITE, VOLUME


@click.command(name="stats")
@VOLUME
@click.option("--labels", "version", metavar="VERSION", help="Label version; the volume's first one when not given.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), default="statistics", show_default=True)
@click.option("--linear", is_flag=True, help="Draw histograms on a linear axis; on a logarithmic one without.")
@OVERWRITE
@command_options(json_output=True)
def stats_command(
    volume: Path, version: str | None, output: Path, linear: bool, overwrite: bool, quiet: bool, as_json: bool
) -> None:
    """Count grey levels and classes of VOLUME in one pass: by partition, and slice by slice on each axis.

    Writes statistics.yaml, CSV tables (histograms, class shares, slices) and pictures of all of them as PNG and SVG.
    Class shares are shares of the labelled voxels; voxels that nobody annotated are counted apart.

    \b
    Examples:
      seg-data stats composite --output composite-statistics
      seg-data stats composite --json --quiet
    """
    from seg_common.atomic_files import refuse_existing
    from seg_common.volume.opened_volume import open_volume
    from seg_data.statistics.folder import DOCUMENT_FILE, write_statistics
    from seg_data.statistics.gather import gather_statistics
    from seg_data.statistics.tables import share_table

    refuse_existing(output / DOCUMENT_FILE, overwrite=overwrite)  # before the pass, which may take minutes
    with (
        open_volume(volume, version) as opened,
        progress(opened.box.voxels, "counting voxels", quiet=quiet) as advance,
    ):
        statistics = gather_statistics(opened, advance=advance)
    files = write_statistics(statistics, output, log_counts=not linear, overwrite=overwrite)
    if as_json:
        print_json(statistics)
    else:
        click.echo(share_table(statistics))
    for warning in statistics.warnings:
        note(f"warning: {warning}", quiet=quiet)
    note(f"wrote {', '.join(files)} to {output}", quiet=quiet)
