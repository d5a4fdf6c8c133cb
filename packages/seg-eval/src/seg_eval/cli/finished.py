"""The end of a command that has measured something: its result on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seg_common.cli_support import print_json

if TYPE_CHECKING:
    from seg_eval.evaluation_folder import Evaluation


def print_evaluation(evaluation: Evaluation, *, as_json: bool) -> None:
    """Print the table of the scores and where the report is, or the whole document as JSON."""
    from seg_eval.result_table import result_table

    if as_json:
        print_json(evaluation.document)
        return
    click.echo(result_table(evaluation.document))
    click.echo(f"\nreport: {evaluation.paths.report}")
