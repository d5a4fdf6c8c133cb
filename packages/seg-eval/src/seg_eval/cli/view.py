"""Look at an evaluation in its volume: view."""

from __future__ import annotations

from pathlib import Path

import click

from seg_common.cli_support import command_options, note


@click.command()
@click.argument("evaluation", type=click.Path(path_type=Path))
@click.option("--reference", metavar="LABELS", help="Where the reference labels are, when they were moved.")
@command_options()
def view(evaluation: Path, reference: str | None, quiet: bool) -> None:
    """Open volume, reference, prediction and errors of an EVALUATION in napari.

    EVALUATION is a folder that seg-eval wrote. Needs the extra: pip install 'seg-eval[view]'.

    \b
    Example:
      seg-eval view model/evaluations/phantom_test_gaussian
    """
    from contextlib import ExitStack

    from seg_eval.viewing import window
    from seg_eval.viewing.opened_evaluation import open_evaluation

    with ExitStack() as opened:
        found = open_evaluation(evaluation, opened, reference)
        for complaint in found.missing:
            note(complaint, quiet=quiet)
        window.open_window(found)
        window.run()
