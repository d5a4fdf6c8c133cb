"""Keep what a network answers for single crops, and aggregate it later: crops, aggregate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seg_common.cli_support import command_options, print_json
from seg_eval.cli.options import BLOCK_MEGABYTES, CONNECTIVITY, OVERWRITE


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--volume", type=click.Path(path_type=Path), help="A volume.yaml or its folder; default: as trained.")
@click.option("--partition", help='Partition, or "whole"; default: validation, else the whole volume.')
@click.option(
    "--positions",
    type=click.Choice(["grid", "random"]),
    default="grid",
    show_default=True,
    help="The tiles of seg-eval volume, or places drawn at random.",
)
@click.option("--number", type=click.IntRange(1), help="Crops to draw at random.")
@click.option("--seed", type=click.IntRange(0), help="Seed of the drawing; default: 0.")
@click.option(
    "--tile-shape",
    type=click.IntRange(1),
    nargs=3,
    metavar="Z Y X",
    help="Network input, the halo included; Z is 1 for 2D and 2.5D.",
)
@click.option(
    "--halo", type=click.IntRange(0), nargs=3, metavar="Z Y X", help="Border of a crop that is read and discarded."
)
@click.option(
    "--overlap",
    type=click.FloatRange(0, 1, max_open=True),
    help="Smallest share of a crop that its neighbour on the grid has too.",
)
@click.option("--batch-size", type=click.IntRange(1), help="Crops per call of the network.")
@click.option(
    "--weights",
    type=click.Choice(["best", "last"]),
    default="best",
    show_default=True,
    help="Weights of the best epoch, or of the last.",
)
@click.option(
    "--probabilities",
    type=click.Choice(["uint8", "uint16", "float16", "float32", "none"]),
    default="uint8",
    show_default=True,
    help="How exactly probabilities are kept; none for labels alone.",
)
@click.option(
    "--limit-gigabytes",
    type=click.FloatRange(0, min_open=True),
    default=20,
    show_default=True,
    help="Refuse a store that could get larger, before compression.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Folder to write; default: MODEL/crops/<volume>_<partition>_<positions>.",
)
@click.option("--restart", is_flag=True, help="Throw away what an interrupted run left, instead of going on with it.")
@click.option("--overwrite", is_flag=True, help="Replace a store that an earlier run wrote.")
@command_options(json_output=True)
def crops(
    model: Path,
    volume: Path | None,
    partition: str | None,
    positions: Any,
    number: int | None,
    seed: int | None,
    probabilities: Any,
    limit_gigabytes: float,
    output: Path | None,
    restart: bool,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
    **prediction: Any,
) -> None:
    """Let MODEL answer for single crops of a volume, and keep the answers without aggregating them.

    seg-eval aggregate turns the crops of a grid into labels, by any strategy and without the network; seg-eval compare
    scores crops as they are. An interrupted run is continued when it is called again.

    \b
    Example:
      seg-eval crops model --partition test --positions random --number 500
    """
    from seg_eval.crop_store.store_crops import store_crops
    from seg_eval.prediction.options import PredictionOptions
    from seg_eval.result_table import number as digits

    store = store_crops(
        model,
        volume,
        partition=partition,
        positions=positions,
        number=number,
        seed=seed,
        options=PredictionOptions(**prediction),
        probabilities=probabilities,
        output=output,
        limit_bytes=int(limit_gigabytes * 2**30),
        restart=restart,
        overwrite=overwrite,
        quiet=quiet,
    )
    record = store.record
    if as_json:
        print_json(record)
        return
    click.echo(
        f"{record.crops:,} crops of {' x '.join(map(str, record.crop_shape))} voxels; "
        f"they hold {record.seen_voxels / record.region.voxels:.1%} of the region"
    )
    if record.trained_share:
        click.echo(f"{record.trained_share:.0%} of the region was trained on")
    if record.scores is not None:
        click.echo("without aggregation, each voxel weighted by 1 / visits:")
        for info, jaccard in zip(record.classes, record.scores.jaccard, strict=True):
            click.echo(f"  Jaccard {info.name}  {digits(jaccard)}")
        click.echo(f"  mean Jaccard  {digits(record.scores.mean_jaccard)}")
    click.echo(f"\nstore: {store.paths.root}")


@click.command()
@click.argument("store", type=click.Path(path_type=Path))
@click.option(
    "--aggregation",
    type=click.Choice(["mean", "gaussian", "hann", "centre", "max", "vote"]),
    default="gaussian",
    show_default=True,
    help="How crops that overlap become one answer.",
)
@click.option(
    "--volume", type=click.Path(path_type=Path), help="The volume of the crops or its folder, when it was moved."
)
@click.option("--output", type=click.Path(path_type=Path), help="Folder to write; default: STORE_<aggregation>.")
@CONNECTIVITY
@BLOCK_MEGABYTES
@OVERWRITE
@command_options(json_output=True)
def aggregate(
    store: Path,
    aggregation: str,
    volume: Path | None,
    output: Path | None,
    connectivity: Any,
    block_megabytes: int,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Turn the crops of a STORE into labels, measure them as seg-eval volume does, and write a report.

    Neither the network nor TensorFlow is needed.

    \b
    Example:
      seg-eval aggregate model/crops/phantom_test_grid --aggregation vote
    """
    from seg_eval.crop_store.aggregate_store import aggregate_store
    from seg_eval.result_table import result_table

    evaluation = aggregate_store(
        store,
        aggregation=aggregation,
        volume=volume,
        output=output,
        connectivity=connectivity,
        block_bytes=block_megabytes * 2**20,
        overwrite=overwrite,
        quiet=quiet,
    )
    if as_json:
        print_json(evaluation.document)
        return
    click.echo(result_table(evaluation.document))
    click.echo(f"\nreport: {evaluation.paths.report}")
