"""The command `seg-data`: make, import and check volumes, and look at the crops drawn from them."""

from __future__ import annotations

import click

from seg_data.cli import conversion, crops, statistics, volumes, weights


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seg-data")
def main() -> None:
    """Make, import and check volumes, and look at the crops drawn from them."""


for _command in (
    volumes.phantom,
    conversion.import_command,
    conversion.add_labels_command,
    conversion.export_command,
    volumes.info,
    volumes.check,
    crops.preview_command,
    crops.draw_command,
    crops.replay_command,
    statistics.stats_command,
    weights.weights_command,
):
    main.add_command(_command)
