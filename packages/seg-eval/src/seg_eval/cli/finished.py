"""The end of a command that has measured something: its result on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seg_common.cli_support import print_json

if TYPE_CHECKING:
    from pathlib import Path

    from seg_eval.evaluation_folder import Evaluation


def print_evaluation(evaluation: Evaluation, *, as_json: bool, open_report: bool = False) -> None:
    """Print the table of the scores and where the report is, or the whole document as JSON; show the report on request."""
    from seg_eval.result_table import result_table

    if as_json:
        print_json(evaluation.document)
    else:
        click.echo(result_table(evaluation.document))
        click.echo(f"\nreport: {evaluation.paths.report}")
    if open_report:
        show_in_browser(evaluation.paths.report)


def show_in_browser(page: Path) -> None:
    """Open a page in the browser that the user prefers; without one, say so and fail nothing: the page is there."""
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        click.echo(f"no browser could be started; open {page} in one.", err=True)
