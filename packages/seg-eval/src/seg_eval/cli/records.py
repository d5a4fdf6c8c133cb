"""What was measured, for a spreadsheet: line."""

from __future__ import annotations

from pathlib import Path

import click

from seg_common.cli_support import command_options, print_json


@click.command()
@click.argument("evaluation", type=click.Path(path_type=Path))
@click.option("--header", is_flag=True, help="Print the column names first.")
@click.option("--decimal-comma", is_flag=True, help="Write numbers with a comma.")
@command_options(json_output=True)
def line(evaluation: Path, header: bool, decimal_comma: bool, quiet: bool, as_json: bool) -> None:  # noqa: ARG001 - the row is the result
    """Print one tab-separated row about an EVALUATION, to paste into a spreadsheet.

    EVALUATION is an evaluation.json or the folder that holds it. A comparison.json, or its folder, gives one row for each
    member.

    \b
    Example:
      seg-eval line model/evaluations/phantom_test_gaussian --header
    """
    from seg_common.results_log import spreadsheet_line
    from seg_eval.comparing.comparison_rows import comparison_rows, is_comparison, read_comparison
    from seg_eval.results_row import read_evaluation, results_row

    if is_comparison(evaluation):
        rows = comparison_rows(read_comparison(evaluation))
        if as_json:
            print_json(rows)
            return
        for place, cells in enumerate(rows):
            click.echo(spreadsheet_line(cells, header=header and place == 0, decimal_comma=decimal_comma))
        return
    row = results_row(read_evaluation(evaluation))
    if as_json:
        print_json(row)
    else:
        click.echo(spreadsheet_line(row, header=header, decimal_comma=decimal_comma))
