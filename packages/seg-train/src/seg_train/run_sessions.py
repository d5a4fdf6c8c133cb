"""The sessions of a run, from its start or a resume until it ended: what each was trained with, what a resume may change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seg_common.errors import VolumeError
from seg_common.provenance import gather_provenance
from seg_common.schema.training_record import Extension, SessionRecord
from seg_train.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.schema.provenance import Provenance
    from seg_common.schema.training_record import DataRecord, StrategyRecord, TrainingRecord

CHANGING = re.compile(r"(TF|XLA|OMP|KMP)_(?!CONFIG|CPP_)\w+|NVIDIA_TF32_OVERRIDE")
"""Environment variables that may change a result; names of jobs, addresses of workers and levels of logging do not."""


def more_epochs(record: TrainingRecord, epochs: int | None) -> int | None:
    """Give the epochs that a run is to have from now on; None when it keeps those that it has.

    A run that stopped early has not done all of its epochs: asked for as many again, it goes on.

    Raises
    ------
    TrainingError
        If it has finished, and as many are done.
    """
    if record.status != "finished":
        return None if epochs == record.config.epochs else epochs
    if epochs is None or epochs == record.result.epochs_done:
        return None
    require_more_epochs(record.result.epochs_done, epochs)
    return epochs


def require_more_epochs(done: int, epochs: int) -> None:
    """Refuse a number of epochs that are done.

    Raises
    ------
    TrainingError
        With the least number that may be asked for.
    """
    if epochs <= done:
        msg = f"epochs must be more than are done; got {epochs}, {done} are done. Give --epochs {done + 1} or more."
        raise TrainingError(msg)


def with_epochs(record: TrainingRecord, epochs: int) -> TrainingRecord:
    """Give a run another number of epochs than it has, and record that it was not so from the start."""
    extension = Extension(epochs_done=record.result.epochs_done, epochs_before=record.config.epochs)
    config = record.config.model_copy(update={"epochs": epochs})
    return record.model_copy(update={"config": config, "extensions": [*record.extensions, extension]})


def require_same_data(record: TrainingRecord, data: Sequence[DataRecord]) -> None:
    """Refuse voxels, labels, weights or regions that are not those that the run began with.

    Raises
    ------
    VolumeError
        With what differs, and in which volume.
    """
    for before, now in zip([record.data, *record.more_data], data, strict=True):
        for what in ("image_digest", "labels_digest", "weights_digest", "ignored_label", "train", "validation"):
            if getattr(before, what) != getattr(now, what):
                msg = (
                    f"a run must go on with the data that it began with; {what} of {now.volume} is {getattr(now, what)}, "
                    f"it was {getattr(before, what)}. Start a new run instead."
                )
                raise VolumeError(msg)


def with_resumed_session(record: TrainingRecord, step: int, strategy: StrategyRecord) -> TrainingRecord:
    """Record that a run goes on.

    Parameters
    ----------
    record : TrainingRecord
        The run as its last session left it.
    step : int
        Steps that its checkpoint has: those after it are trained again.
    strategy : StrategyRecord
        How training is spread over devices from here on.

    Returns
    -------
    TrainingRecord
        With one more session, made by the running process.
    """
    session = SessionRecord(first_step=step, end_step=step, strategy=strategy, provenance=gather_provenance())
    records = [*with_session_end(record, step).session_records, session]
    return record.model_copy(update={"sessions": record.sessions + 1, "session_records": records})


def with_session_end(record: TrainingRecord, step: int, ended: str | None = None) -> TrainingRecord:
    """Record how many steps are done, and kept, at this moment of the last session; and when it ended, once it has."""
    if not record.session_records:  # a run of before sessions were noted
        return record
    *others, last = record.session_records
    end = {"end_step": step, "ended": ended or last.ended}
    return record.model_copy(update={"session_records": [*others, last.model_copy(update=end)]})


def last_provenance(record: TrainingRecord) -> Provenance:
    """Code, environment and hardware of the session that a run ended with; `TrainingRecord.provenance` is that of the first."""
    return record.session_records[-1].provenance if record.session_records else record.provenance


def session_changes(sessions: Sequence[SessionRecord]) -> list[str]:
    """Name what differs between the first and the last of some sessions, and may change a result.

    That is versions, git state, machine, GPUs and environment.

    Returns
    -------
    list of str
        Such as ``numpy 2.4.0 (was 2.3.1)``; empty when all is the same, or there are no sessions.
    """
    if not sessions:
        return []
    old, new = _facts(sessions[0]), _facts(sessions[-1])
    names = dict.fromkeys([*old, *new])
    return [
        f"{name} {new.get(name, 'none')} (was {old.get(name, 'none')})"
        for name in names
        if old.get(name) != new.get(name)
    ]


def _facts(session: SessionRecord) -> dict[str, str]:
    provenance = session.provenance
    variables = {name: value for name, value in provenance.environment.items() if CHANGING.fullmatch(name)}
    return {
        **provenance.packages,
        "Python": provenance.python,
        "git": git_words(provenance),
        "host": provenance.hostname,
        "processor": provenance.cpu,
        "platform": provenance.platform,
        **session.strategy.gpu_libraries,
        **({"GPUs": ", ".join(session.strategy.gpus)} if session.strategy.gpus else {}),
        **variables,
    }


def git_words(provenance: Provenance) -> str:
    """Commit of the source tree, and whether it was changed."""
    if provenance.git is None:
        return "not a checkout"
    return provenance.git.commit[:12] + (" with changes" if provenance.git.dirty else "")
