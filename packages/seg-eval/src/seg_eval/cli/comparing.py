"""Put models beside each other: compare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seg_common.cli_support import command_options, print_json
from seg_eval.cli.options import BLOCK_MEGABYTES, CONNECTIVITY, OVERWRITE
from seg_eval.cli.prediction_options import evaluation_options


@click.command()
@click.argument("members", nargs=-1, required=True, metavar="MEMBER MEMBER...")
@click.option("--evaluation", metavar="NAME", help="Which evaluation of each model; default: the one that all have.")
@evaluation_options
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
    volume: Path | None,
    partition: str | None,
    reference: str | None,
    allow: Any,
    output: Path,
    connectivity: Any,
    block_megabytes: int,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
    **prediction: Any,
) -> None:
    """Compare models on the voxels that all of them saw, with intervals of the differences.

    Each MEMBER is a model folder, an evaluation, a store of crops, or NAME=PATH. The first one is what figures compare the others with.

    With --volume, --partition, --aggregation, --overlap, --symmetries, --along or --weights, the evaluation of each model
    is the one that seg-eval volume writes with these options. A model that has no such evaluation, or none at all, is
    evaluated first; without these options as the other members were, or else by the defaults of seg-eval volume.

    \b
    Examples:
      seg-eval compare runs/small runs/large --output comparison
      seg-eval compare runs/small runs/large --partition test
    """
    from seg_eval.comparing.compare import compare_models
    from seg_eval.comparing.comparison_tables import comparison_table

    comparison = compare_models(
        members,
        output=output,
        evaluation=evaluation,
        volume=volume,
        partition=partition,
        options={name: value for name, value in prediction.items() if value is not None and value is not False},
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
