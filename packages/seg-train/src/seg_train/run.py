"""The story of one training run, readable top to bottom."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.model_paths import ModelPaths
from seg_common.provenance import timestamp
from seg_train.after_training import do_after_training, require_after_training
from seg_train.batch_queue import BatchQueue
from seg_train.callbacks.epoch_pictures import EpochPictures
from seg_train.callbacks.training_curves import draw_training_curves
from seg_train.checkpoints import write_checkpoint
from seg_train.early_stopping import stop_reason
from seg_train.history import append_row, read_rows
from seg_train.initial_weights import load_initial_weights
from seg_train.position import Position, after_epoch
from seg_train.prepared_run import Prepared, prepare_run
from seg_train.quiet_tensorflow import import_tensorflow
from seg_train.run_end import announced_end, announced_refusal
from seg_train.run_folder import begin_folder, recorded_outcome, refuse_existing_model, tell_leftovers, write_record
from seg_train.run_lines import epoch_line, tell_plan
from seg_train.run_lock import run_lock
from seg_train.run_progress import RunProgress
from seg_train.run_record import new_record, record_network, record_strategy, with_progress
from seg_train.run_sessions import with_session_end
from seg_train.saved_networks import save_network, weights_digest
from seg_train.stop_requests import stop_requests
from seg_train.strategies.cluster import cluster_from_environment
from seg_train.strategies.workers import LONGEST_WAIT, gather_workers, state_digest, with_workers
from seg_train.trackers.tracked_run import require_trackers, tracked_run
from seg_train.training_loop import EpochUnderWay, Stopwatch, history_row, train_epoch, validate_epoch
from seg_train.training_set import opened_training_set

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seg_common.schema.training import TrainingConfig
    from seg_common.schema.training_record import TrainingRecord
    from seg_common.volume.opened_volume import Volume
    from seg_train.strategies.cluster import Cluster
    from seg_train.strategies.workers import Workers

    Tell = Callable[[str], None]


def run_training(
    config: TrainingConfig,
    output: Path | str,
    *,
    overwrite: bool = False,
    quiet: bool = False,
    trackers: Sequence[str] = (),
    cluster: Cluster | None = None,
    wait: float = LONGEST_WAIT,
    tell: Tell = lambda text: None,  # noqa: ARG005 - the default listener hears nothing
) -> TrainingRecord:
    """Train a network from the start.

    Parameters
    ----------
    config : TrainingConfig
        What to compute; paths of volumes must be absolute or relative to the current folder.
    output : path
        Model folder to make.
    overwrite : bool
        Whether an existing model folder may be replaced. Nothing is removed before data and network are ready.
    quiet : bool
        Whether to show no progress bars.
    trackers : sequence of str
        Programs that watch the run: tensorboard, wandb, mlflow. One that fails or hangs is given up, and told.
    cluster : Cluster, optional
        The processes that train together; what TF_CONFIG says when None. Only the chief writes, tells and shows anything.
    wait : float
        Seconds to wait for the other workers.
    tell : callable, optional
        Called with one line of text at each turn of the story.

    Returns
    -------
    TrainingRecord
        The finished run, as in `metadata.yaml`.

    Raises
    ------
    OutputExistsError
        If the folder exists and may not be replaced, or is no model folder.
    SegError
        If the data, the crops or the configuration do not allow the run, or another process trains into the folder; nothing is
        written then.
    TrainingError
        If the loss is not finite, or a worker is lost; the record says so.
    """
    model = ModelPaths(root=Path(output))
    cluster = cluster_from_environment() if cluster is None else cluster
    config = with_workers(config, cluster)
    with ExitStack() as stack:
        if cluster.is_chief:
            stack.enter_context(run_lock(model, tell))
            refuse_existing_model(model, overwrite=overwrite)
            tell_leftovers(model, tell)
            require_trackers(trackers)
            require_after_training(config.after_training)
        else:
            quiet, trackers, tell = True, (), hear_nothing
        with announced_refusal(config.name, model, tell, heard=cluster.is_chief):
            workers, paths, volumes = gather(config, model, cluster, wait, stack)
            prepared = prepare_run(config, volumes, workers, quiet=quiet)
            config = prepared.config
            network = record_network(config, prepared.network_input, prepared.steps.network)
            strategy = record_strategy(config, workers)
            record = new_record(config, prepared.data, network, strategy, prepared.source, paths)
            record = record.model_copy(
                update={
                    "trackers": list(dict.fromkeys(trackers)),
                    "automatic_batch_size": prepared.automatic_batch_size,
                }
            )
            if config.initial_model is not None:
                names = [info.name for info in record.data.classes]
                initial = load_initial_weights(config.initial_model, prepared.steps.network, names)
                record = record.model_copy(update={"initial_weights": initial})
                tell(
                    f"starting from {initial.model}: {initial.loaded_parameters} of {network.parameters} weights loaded."
                )
            require_same_everywhere(prepared, Position())
            tell_plan(record, tell)
            begin_folder(paths, record, prepared.statistics, prepared.steps.variables(), overwrite=overwrite)
        return train(prepared, paths, record, Position(), model.root, quiet=quiet, tell=tell)


def gather(
    config: TrainingConfig, model: ModelPaths, cluster: Cluster, wait: float, stack: ExitStack
) -> tuple[Workers, ModelPaths, Sequence[Volume]]:
    """Bring the workers together, give each a folder to write into, and open the volumes; the stack ends all of that."""
    import_tensorflow(deterministic=config.deterministic, seed=config.seed)
    workers = gather_workers(config, cluster, seconds=wait)
    stack.enter_context(workers.watched())
    paths = stack.enter_context(workers.own_folder(model))
    return workers, paths, stack.enter_context(opened_training_set(config))


def train(
    prepared: Prepared,
    paths: ModelPaths,
    record: TrainingRecord,
    position: Position,
    model: Path,
    *,
    quiet: bool,
    tell: Tell,
) -> TrainingRecord:
    """Train the epochs that are left; each ends with a checkpoint, after everything else is written.

    Parameters
    ----------
    prepared : Prepared
        The run; its variables are those of `position`.
    paths : ModelPaths
        Folder to write into, with a checkpoint of `position`.
    record : TrainingRecord
        What was written of it so far.
    position : Position
        Where it stands.
    model : path
        Model folder as the user named it.
    quiet : bool
        Whether to show no progress bars.
    tell : callable
        Called with one line of text at each turn of the story.

    Returns
    -------
    TrainingRecord
        The finished run.

    Raises
    ------
    TrainingError
        If the loss is not finite, a worker is lost, or somebody wants the run to end.
    """
    config, source, steps, workers = prepared.config, prepared.source, prepared.steps, prepared.workers
    classes = prepared.data[0].classes
    names = [info.name for info in classes]
    seconds_before = record.seconds
    started = time.perf_counter()
    under_way = EpochUnderWay(position)
    kept_step = position.step

    def seconds() -> float:
        return seconds_before + time.perf_counter() - started

    def at_the_end() -> TrainingRecord:
        # An epoch that is cut short took its time, too.
        return with_session_end(record.model_copy(update={"seconds": round(seconds(), 3)}), kept_step, timestamp())

    def keep(stand: Position) -> None:
        nonlocal kept_step
        write_checkpoint(paths, stand, steps.variables())
        kept_step = stand.step

    def after_step() -> None:
        if config.checkpoint_every and under_way.step % config.checkpoint_every == 0:
            keep(under_way.position)
        check_stop()

    with ExitStack() as stack:
        training = stack.enter_context(BatchQueue(source.training_batch, config.threads))
        validation = stack.enter_context(BatchQueue(source.validation_batch, config.threads))
        stack.enter_context(workers.leaving_together())
        if workers.is_chief:
            stack.enter_context(announced_end(paths, tell))
        trackers = record.trackers if workers.is_chief else []
        epoch_ended = stack.enter_context(tracked_run(trackers, paths, record, tell))
        go_on = f"seg-train resume {model}" + (", on every worker" if workers.cluster.workers > 1 else "")
        stack.enter_context(recorded_outcome(paths, at_the_end, lambda: keep(under_way.position), go_on))
        stack.enter_context(workers.watched())
        check_stop = stack.enter_context(stop_requests(workers.any))
        pictures = EpochPictures(prepared, paths)
        shown = RunProgress(config, source.validation_steps, quiet=quiet)
        for epoch in range(position.epochs_done, config.epochs):
            if stop_reason(config.early_stopping, position, record.extensions):
                break
            under_way = EpochUnderWay(position)
            under_way.watch = watch = Stopwatch(training, position)
            with shown.training(epoch) as advance:
                train_epoch(steps, training, config, under_way, advance, after_step)
            watch.training_ended()
            with shown.validation(epoch) as advance:
                validated = validate_epoch(
                    steps, validation, source.validation_steps, prepared.loss, advance, check_stop
                )
            row = history_row(config, under_way, validated, names)
            append_row(paths.history, row)
            timing = watch.row(config, epoch, under_way.step)
            append_row(paths.timing, timing)
            position = after_epoch(
                position, config, under_way.step, validated, lambda: weights_digest(steps.validated_network)
            )
            pictures.epoch_ended(epoch + 1)
            draw_training_curves(paths.training_curves, read_rows(paths.history), classes, config.name)
            record = with_progress(record, position, row, seconds())
            write_record(paths, record)
            keep(position)
            # After the checkpoint, from which a resumed run makes up for it: no kill leaves the network of an epoch that
            # the run does not have.
            if position.best_epoch == position.epochs_done:
                save_network(steps.validated_network, paths.best_weights)
            epoch_ended(row)
            tell(epoch_line(epoch, config.epochs, row | timing, names))
        save_network(steps.validated_network, paths.last_weights)
        pictures.run_ended()
        reason = stop_reason(config.early_stopping, position, record.extensions)
        if reason and position.epochs_done < config.epochs:
            tell(f"finished after epoch {position.epochs_done}: {reason}.")
            record = record.model_copy(update={"reason": reason})
        record = at_the_end().model_copy(update={"status": "finished"})
        write_record(paths, record)
        workers.wait()
    do_after_training(config.after_training if workers.is_chief else None, paths, tell, quiet=quiet)
    return record


def require_same_everywhere(prepared: Prepared, position: Position) -> None:
    """Refuse workers that would not train the same network on the same data."""
    digests = [(data.image_digest, data.labels_digest, data.weights_digest) for data in prepared.data]
    state = state_digest(position.model_dump_json(), prepared.steps.variables())
    prepared.workers.require_same({"data": str(digests), "state of the network": state})


def hear_nothing(text: str) -> None:
    """Listen for workers that are not the chief."""
