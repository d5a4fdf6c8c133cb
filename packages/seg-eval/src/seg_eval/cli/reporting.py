"""Draw a report again: report."""

from __future__ import annotations

from pathlib import Path

import click

from seg_common.cli_support import command_options, note, print_json
from seg_eval.cli.finished import show_in_browser
from seg_eval.cli.options import OPEN


@click.command()
@click.argument("evaluation", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace files that were changed since the evaluation wrote them, too.")
@OPEN
@command_options(json_output=True)
def report(evaluation: Path, overwrite: bool, open_report: bool, quiet: bool, as_json: bool) -> None:
    """Draw the report of an EVALUATION again, with nothing computed again.

    EVALUATION is an evaluation folder or its evaluation.json. Page, pictures and LaTeX tables are made from the files of
    the folder; the volume and the model are not needed. What a missing file takes away is named.

    \b
    Example:
      seg-eval report model/evaluations/phantom_test_gaussian --open
    """
    from seg_eval.report.rebuild import rebuild_report

    note("drawing the report", quiet=quiet)
    rebuilt = rebuild_report(evaluation, overwrite=overwrite)
    if as_json:
        print_json({"report": str(rebuilt.paths.report), "left_out": rebuilt.left_out})
    else:
        for remark in rebuilt.left_out:
            click.echo(f"left out: {remark}")
        click.echo(f"report: {rebuilt.paths.report}")
    if open_report:
        show_in_browser(rebuilt.paths.report)
