"""Networks for prediction in the model folder, and whether the best one is the one that the run chose."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from seg_common.atomic_files import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from seg_train.position import Position


def save_network(network: keras.Model, path: Path) -> None:
    """Write a network for prediction; the file appears whole or not at all."""
    with atomic_path(path, overwrite=True) as temporary:
        network.save(temporary)


def weights_digest(network: keras.Model) -> str:
    """SHA-256 of the weights of a network."""
    digest = hashlib.sha256()
    for array in network.get_weights():
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def require_best_network(
    network: keras.Model, found: Path, path: Path, position: Position
) -> tuple[Position, str | None]:
    """Make sure that the best network on the disk is that of the best epoch of a checkpoint.

    A file that holds it is left as it is: evaluations know it by its digest. It may be missing after a kill, and be that of a
    later epoch when a damaged checkpoint took the run back.

    Parameters
    ----------
    network : keras.Model
        The network that is validated, as the checkpoint has it.
    found : path
        File to look at; all workers of a run see the same.
    path : path
        File to write when the network of the checkpoint is the best one.
    position : Position
        Of the checkpoint.

    Returns
    -------
    position : Position
        The same, or one without a best epoch: epochs from here on have to do without its network.
    warning : str or None
        Why the best epoch is forgotten.
    """
    is_best = position.best_epoch == position.epochs_done and not position.losses
    wanted = position.best_digest or (weights_digest(network) if is_best else None)
    if position.best_epoch is None or wanted is None or wanted == _digest_of_file(found):
        return position, None
    if is_best:
        save_network(network, path)
        return position, None
    forgotten = position.model_copy(update={"best_epoch": None, "best_mean_jaccard": None, "best_digest": None})
    return forgotten, (
        f"{found.name} is not the network of epoch {position.best_epoch}, the best so far; the best one is chosen among the "
        "epochs from here on"
    )


def _digest_of_file(path: Path) -> str | None:
    import keras

    try:
        return weights_digest(keras.saving.load_model(path, compile=False, safe_mode=True))
    except Exception:  # noqa: BLE001 - missing, no network, or damaged, which a zip has many words for
        return None
