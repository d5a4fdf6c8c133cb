"""Find the volume of a model, and refuse a volume that the model was not made for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.cli_support import progress
from seg_common.errors import SegError, VolumeError
from seg_common.volume.digests import array_digest
from seg_common.volume.opened_volume import Volume, open_volume

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_eval.prediction.trained_model import TrainedModel


def open_matching_volume(models: Sequence[TrainedModel], path: Path | str | None) -> Volume:
    """Open a volume, and check that the networks understand it.

    Parameters
    ----------
    models : sequence of TrainedModel
        The models.
    path : path, optional
        A `volume.yaml` or its folder; the volume of the first model's training run when not given.

    Returns
    -------
    Volume
        Opened, with the label version of the training run if it has that; to be closed.

    Raises
    ------
    SegError
        If there is no such volume.
    VolumeError
        If dtype or classes are others than the network's.
    """
    model = models[0]
    if path is None:
        volume = _open_training_volume(model)
    else:
        volume = open_volume(path)
        version = _trained_labels(model, volume)
        if version in volume.document.labels and version != volume.labels_name:
            volume.close()
            volume = open_volume(path, version)
    try:
        for one in models:
            _require_dtype(one, volume)
            _require_classes(one, volume)
    except BaseException:
        volume.close()
        raise
    return volume


def checked_image_digest(model: TrainedModel, volume: Volume, *, trained_on: bool, quiet: bool = True) -> str:
    """Digest the grey levels now, because a document may be older than its file, and compare with what is recorded.

    Parameters
    ----------
    model : TrainedModel
        The model.
    volume : Volume
        The scan.
    trained_on : bool
        Whether it has to be the volume of the training run.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    str
        ``sha256:`` and 64 hexadecimal digits.

    Raises
    ------
    VolumeError
        If the digest is another one than the document's, or than the training run's.
    """
    with progress(volume.image.shape[0], "digesting the volume", quiet=quiet) as advance:
        digest = array_digest(volume.image, advance=advance)
    recorded = volume.document.image.digest
    if recorded not in (None, digest):
        msg = (
            f"the image must be the one that {volume.path} describes, digest {recorded}; {volume.image} has {digest}. "
            "Restore the file, or import it again."
        )
        raise VolumeError(msg)
    trained = model.record.data.image_digest
    if trained_on and digest != trained:
        msg = (
            f"the volume must be the one that the model was trained on, digest {trained}; {volume.path} has {digest}. "
            f"To predict it all the same, name it: --volume {volume.path}."
        )
        raise VolumeError(msg)
    return digest


def _open_training_volume(model: TrainedModel) -> Volume:
    data = model.record.data
    try:
        return open_volume(data.volume, data.labels)
    except SegError as error:
        msg = f"{error} {model.paths.root} was trained on {data.volume}: if that was moved, name it with --volume."
        raise type(error)(msg) from None


def _trained_labels(model: TrainedModel, volume: Volume) -> str:
    """Label version that the model was trained on, in this volume if it is one of several; else in the first one."""
    data, file = model.record.data, volume.path.resolve()
    return next((one.labels for one in model.record.more_data if Path(one.volume).resolve() == file), data.labels)


def _require_dtype(model: TrainedModel, volume: Volume) -> None:
    wanted = model.record.network.input_dtype
    if volume.document.dtype != wanted:
        msg = (
            f"the volume must have the dtype that the network was trained on, {wanted}; {volume.path} has "
            f"{volume.document.dtype}. Convert the volume with the same grey scale, or train on this dtype."
        )
        raise VolumeError(msg)


def _require_classes(model: TrainedModel, volume: Volume) -> None:
    names = volume.document.class_names
    if names and names != model.class_names:
        msg = (
            f"the volume must have the classes of the model, in this order: {', '.join(model.class_names)}; "
            f"{volume.path} has: {', '.join(names)}. Correct its classes, or choose another model."
        )
        raise VolumeError(msg)
