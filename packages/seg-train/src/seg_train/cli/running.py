"""Make a configuration, train, go on."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seg_common.cli_support import command_options, note, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seg_common.schema.training_record import TrainingRecord
    from seg_train.strategies.cluster import Cluster

CONFIG = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path)
TRACK = click.option(
    "--track",
    "trackers",
    multiple=True,
    type=click.Choice(["tensorboard", "wandb", "mlflow"]),
    envvar="SEG_TRACK",
    help="Show the run in this program, too; SEG_TRACK names them for all runs.",
)


def workers_options(body: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name the workers of a run; the body gets ``cluster`` and ``wait``."""

    @click.option(
        "--hosts", type=click.Path(path_type=Path), help="Train on these machines together: host[:port] a line."
    )
    @click.option("--worker", type=int, help="Place of this machine in --hosts, from 0. Default: by its addresses.")
    @click.option("--wait", type=float, default=300, show_default=True, help="Seconds to wait for the other workers.")
    @wraps(body)
    def run(*args: object, hosts: Path | None, worker: int | None, **kwargs: object) -> None:
        from seg_train.strategies.cluster import cluster_from_environment, read_hosts

        if hosts is None and worker is not None:
            msg = "--worker"
            raise click.BadOptionUsage(msg, "--worker is a place in the file that --hosts names; give both.")
        cluster = cluster_from_environment() if hosts is None else read_hosts(hosts, worker)
        body(*args, cluster=cluster, **kwargs)

    return run


@click.command()
@click.argument("config", type=CONFIG)
@click.option("--volume", required=True, type=FOLDER, help="A volume.yaml or the folder that holds it.")
@click.option("--dimensions", type=click.Choice(["2D", "2.5D", "3D"]), default="2D", help="Kind of network.")
@click.option("--name", default="unet", help="Name of the run.")
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
@command_options()
def init(config: Path, volume: Path, dimensions: str, name: str, overwrite: bool, quiet: bool) -> None:
    """Write a commented configuration that fits a volume.

    \b
    Example:
      seg-train init train.yaml --volume phantom
    """
    from seg_train.config_template import write_config

    write_config(config, volume, dimensions=dimensions, name=name, overwrite=overwrite)  # type: ignore[arg-type]
    note(f"wrote {config}; look at the crops with seg-data preview-crops, then: seg-train run {config}", quiet=quiet)


@click.command()
@click.argument("config", type=CONFIG, default=Path("train.yaml"))
@click.option("--volume", type=FOLDER, help="Train on this volume.yaml, or folder, instead of CONFIG's.")
@click.option("--from", "initial_model", type=FOLDER, metavar="MODEL", help="Start from this model's best network.")
@click.option("--output", type=FOLDER, help="Model folder to make. Default: the run's name, here.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a key of the configuration.")
@click.option("--fast", is_flag=True, help="Allow operations that differ in their last bits: deterministic=false.")
@TRACK
@click.option("--overwrite", is_flag=True, help="Replace an existing model folder.")
@command_options(json_output=True)
@workers_options
def run(
    config: Path,
    volume: Path | None,
    initial_model: Path | None,
    output: Path | None,
    settings: tuple[str, ...],
    fast: bool,
    trackers: tuple[str, ...],
    overwrite: bool,
    cluster: Cluster,
    wait: float,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train a network as CONFIG says (default: train.yaml); the metadata.yaml of a model folder repeats that run.

    \b
    Examples:
      seg-train run train.yaml --output model --set epochs=4 --set crops.shape="[1, 64, 64]"
      seg-train run model/metadata.yaml --output again
    """
    from seg_train.configuration import load_config
    from seg_train.run import run_training

    if fast:
        settings = (*settings, "deterministic=false")
    loaded = load_config(config, settings, volume, initial_model)
    target = output or Path(loaded.name)
    with _terminable():
        record = run_training(
            loaded,
            target,
            overwrite=overwrite,
            quiet=quiet,
            trackers=trackers,
            cluster=cluster,
            wait=wait,
            tell=lambda text: note(text, quiet=quiet),
        )
    if cluster.is_chief:
        _print_result(record, target, as_json=as_json)


@click.command()
@click.argument("model", type=FOLDER)
@click.option("--epochs", type=click.IntRange(min=1), help="Epochs altogether: more of them extend a finished run.")
@TRACK
@command_options(json_output=True)
@workers_options
def resume(
    model: Path,
    epochs: int | None,
    trackers: tuple[str, ...],
    cluster: Cluster,
    wait: float,
    quiet: bool,
    as_json: bool,
) -> None:
    """Go on with an interrupted run from its last checkpoint, or extend a finished one.

    \b
    Examples:
      seg-train resume model
      seg-train resume model --epochs 40
    """
    from seg_train.resume import resume_training

    with _terminable():
        record = resume_training(
            model,
            epochs=epochs,
            quiet=quiet,
            trackers=trackers,
            cluster=cluster,
            wait=wait,
            tell=lambda text: note(text, quiet=quiet),
        )
    if cluster.is_chief:
        _print_result(record, model, as_json=as_json)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM, a scheduler's way to end a job, end a run as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print_result(record: TrainingRecord, model: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(record)
        return
    best = record.result.best_mean_jaccard
    score = "none" if best is None else f"{best:.4f}"
    click.echo(f"{model}: best mean Jaccard {score} on the validation region in epoch {record.result.best_epoch}")
