"""Go on with a run from its last checkpoint, as if nothing had interrupted it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document, write_document
from seg_train.after_training import do_after_training, is_followed_up
from seg_train.checkpoints import read_checkpoint, set_aside_last
from seg_train.history import keep_epochs, read_rows
from seg_train.prepared_run import prepare_run
from seg_train.run import gather, hear_nothing, require_same_everywhere, train
from seg_train.run_end import announced_refusal
from seg_train.run_folder import remove_leftovers, tell_leftovers, write_record
from seg_train.run_lock import run_lock
from seg_train.run_record import record_strategy, with_progress
from seg_train.run_sessions import (
    more_epochs,
    require_more_epochs,
    require_same_data,
    session_changes,
    with_epochs,
    with_resumed_session,
)
from seg_train.saved_networks import require_best_network
from seg_train.strategies.cluster import cluster_from_environment
from seg_train.strategies.workers import LONGEST_WAIT, with_workers
from seg_train.trackers.tracked_run import installed_trackers, require_trackers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seg_train.strategies.cluster import Cluster

    Tell = Callable[[str], None]


def resume_training(
    model: Path | str,
    *,
    trackers: Sequence[str] = (),
    epochs: int | None = None,
    quiet: bool = False,
    cluster: Cluster | None = None,
    wait: float = LONGEST_WAIT,
    tell: Tell = lambda text: None,  # noqa: ARG005 - the default listener hears nothing
) -> TrainingRecord:
    """Go on with a run that was interrupted or killed, from its last checkpoint.

    It ends like a run that nothing interrupted, bit for bit.

    Parameters
    ----------
    model : path
        Model folder.
    epochs : int, optional
        Epochs to train altogether, instead of those that the run has: more of them extend a finished run. The schedule of the
        learning rate follows the new number from here on.
    trackers : sequence of str
        Programs that watch the run from here on; when empty, those that watched it before, if their libraries are installed.
    quiet, cluster, wait, tell
        As in `run_training`. Every worker must be able to read the model folder.

    Returns
    -------
    TrainingRecord
        The finished run; an already finished one is returned as it is, unless it gets more epochs. Its evaluation is made up for
        when the configuration asks for one and there is none.

    Raises
    ------
    ModelFolderError
        If it is no model folder, or no checkpoint can be read.
    TrainingError
        If no fewer epochs than `epochs` are done.
    VolumeError
        If the data are no longer those that the run began with.
    SegError
        If another process trains into the folder.
    """
    given = ModelPaths.existing(Path(model))
    cluster = cluster_from_environment() if cluster is None else cluster
    with ExitStack() as stack:
        if cluster.is_chief:
            stack.enter_context(run_lock(given, tell))
            tell_leftovers(given, tell)
            require_trackers(trackers)
        else:
            quiet, tell = True, hear_nothing
        record = read_document(given.metadata, TrainingRecord)
        more = more_epochs(record, epochs)
        if record.status == "finished" and more is None:
            finished = f"{model} has finished after {record.result.epochs_done} epochs"
            if cluster.is_chief and not is_followed_up(given, record):
                tell(f"{finished}; what its configuration asks for after training is missing, and is done now.")
                do_after_training(record.config.after_training, given, tell, quiet=quiet)
            else:
                tell(f"{finished}; there is nothing to do.")
            return record
        config = with_workers(record.config.model_copy(update={"epochs": more or record.config.epochs}), cluster)
        with announced_refusal(config.name, given, tell, heard=cluster.is_chief):
            workers, paths, volumes = gather(config, given, cluster, wait, stack)
            prepared = prepare_run(config, volumes, workers, quiet=quiet)
            require_same_data(record, prepared.data)
            strategy = record_strategy(config, workers)
            if strategy.replicas != record.strategy.replicas:
                tell(
                    f"warning: the run goes on with {strategy.replicas} replica(s) instead of {record.strategy.replicas}: "
                    "what it computes is the same up to rounding, but not bit for bit."
                )
            position, damage = read_checkpoint(given, prepared.steps.variables())
            if damage:
                tell(f"warning: {damage}; going on from the checkpoint before it.")
            if more is not None:
                require_more_epochs(position.epochs_done, more)
            position, warning = require_best_network(
                prepared.steps.validated_network, given.best_weights, paths.best_weights, position
            )
            if warning:
                tell(f"warning: {warning}.")
            require_same_everywhere(prepared, position)
            for table in (paths.history, paths.timing):
                keep_epochs(table, position.epochs_done)
            remove_leftovers(paths)
            if damage:
                set_aside_last(paths)
            result = record.result
            if (position.epochs_done, position.best_epoch) != (result.epochs_done, result.best_epoch):
                # A kill came between the record of an epoch and its checkpoint, or a checkpoint or the best network is lost.
                rows = read_rows(paths.history)
                record = with_progress(record, position, rows[-1] if rows else {}, record.seconds)
            if more is not None:
                record = with_epochs(record, more)
            record = with_resumed_session(record, position.step, strategy)
            if changes := session_changes(record.session_records[-2:]):
                tell(
                    f"warning: the run goes on with {', '.join(changes)}: it may not end bit for bit like one that nothing "
                    "interrupted."
                )
            record = record.model_copy(
                update={
                    "status": "running",
                    "reason": None,
                    "trackers": list(dict.fromkeys(trackers)) or installed_trackers(record.trackers, tell),
                    "config": config,
                    "strategy": strategy,
                    "batch_size_per_replica": config.crops_per_batch // strategy.replicas,
                }
            )
            write_document(paths.config, config, overwrite=True)
            write_record(paths, record)
            tell(
                f"resuming {config.name} after step {position.step}, {position.epochs_done} of {config.epochs} epochs done."
            )
        return train(prepared, paths, record, position, given.root, quiet=quiet, tell=tell)
