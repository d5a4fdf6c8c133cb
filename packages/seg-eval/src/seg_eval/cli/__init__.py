"""The command `seg-eval`: evaluate a model on a volume, score label volumes, print a row for the spreadsheet."""

from __future__ import annotations

import click

from seg_eval.cli import comparing, crops, example, measuring, records, reporting, scoring, view


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seg-eval")
def main() -> None:
    """Predict whole volumes and measure how good the prediction is."""


for _command in (
    measuring.volume,
    scoring.score,
    comparing.compare,
    crops.crops,
    crops.aggregate,
    reporting.report,
    view.view,
    records.line,
    example.example,
):
    main.add_command(_command)
