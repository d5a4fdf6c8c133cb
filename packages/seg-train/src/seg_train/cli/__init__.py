"""The command `seg-train`: train U-Nets on tomography volumes, with a complete record."""

from __future__ import annotations

import click

from seg_train.cli import exporting, launching, records, running, watching


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seg-train")
def main() -> None:
    """Train U-Nets on tomography volumes, with a complete record."""


for _command in (
    running.init,
    running.run,
    running.resume,
    launching.launch,
    records.summary,
    records.line,
    records.list_command,
    records.history,
    records.schedule,
    watching.notify,
    exporting.export,
):
    main.add_command(_command)
