"""Put models beside each other: compare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seg_common.cli_support import command_options, print_json
from seg_eval.cli.options import BLOCK_MEGABYTES, CONNECTIVITY, OVERWRITE


@click.command()
@click.argument("members", nargs=-1, required=True, metavar="MEMBER MEMBER...")
@click.option("--evaluation", metavar="NAME", help="Which evaluation of each model; default: the one that all have.")
@click.option("--reference", metavar="LABELS", help="Where the reference labels are, when they were moved.")
@click.option(
    "--allow",
    type=click.Choice(["scheme", "aggregation", "reference", "data"]),
    multiple=True,
    help="Compare members that differ in this, and show it in a column; repeat the option.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), default="comparison", show_default=True, help="Folder to write."
)
@CONNECTIVITY
@BLOCK_MEGABYTES
@OVERWRITE
@command_options(json_output=True)
def compare(
    members: tuple[str, ...],
    evaluation: str | None,
    reference: str | None,
    allow: Any,
    output: Path,
    connectivity: Any,
    block_megabytes: int,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Compare models on the voxels that all of them saw, with intervals of the differences.

    Each MEMBER is a model folder, an evaluation, a store of crops, or NAME=PATH. The first one is what figures compare the others with.

    \b
    Example:
      seg-eval compare runs/small runs/large --output comparison
    """
    from seg_eval.comparing.compare import compare_models
    from seg_eval.comparing.comparison_tables import comparison_table

    comparison = compare_models(
        members,
        output=output,
        evaluation=evaluation,
        reference=reference,
        allow=allow,
        connectivity=connectivity,
        block_bytes=block_megabytes * 2**20,
        overwrite=overwrite,
        quiet=quiet,
    )
    if as_json:
        print_json(comparison.document)
        return
    click.echo(comparison_table(comparison.document))
    click.echo(f"\npage: {comparison.paths.page}")
