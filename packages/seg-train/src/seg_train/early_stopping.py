"""End a run that gets no better: a pure function of where it stands, so that a resumed run decides alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.schema.training import EarlyStopping
    from seg_common.schema.training_record import Extension
    from seg_train.position import Position


def stop_reason(config: EarlyStopping | None, position: Position, extensions: Sequence[Extension] = ()) -> str | None:
    """Say why training ends now.

    Parameters
    ----------
    config : EarlyStopping or None
        How long to wait; for ever when None.
    position : Position
        Where the run stands, after an epoch.
    extensions : sequence of Extension
        When the run was given more epochs: patience begins anew.

    Returns
    -------
    str or None
        None while training goes on.
    """
    if config is None or position.best_epoch is None:
        return None
    begun = max([position.best_epoch, *(extension.epochs_done for extension in extensions)])
    waited = position.epochs_done - begun
    if waited < config.patience:
        return None
    return f"no better mean Jaccard for {waited} epochs; the best was in epoch {position.best_epoch}"
