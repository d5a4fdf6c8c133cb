"""Find out how crops shall be drawn: from a configuration file, or by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.errors import DocumentError
from seg_common.schema.crops import CropsConfig, CropsDocument
from seg_common.schema.training import TrainingConfig
from seg_common.yaml_documents import read_data, validate

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.volume.opened_volume import Volume


def load_crops(
    path: Path | None, volume: Volume, *, partition: str | None = None, seed: int | None = None
) -> tuple[CropsConfig, int]:
    """Read the crop configuration and the seed of a file.

    Parameters
    ----------
    path : Path or None
        A ``crops_config`` or a ``training_config``. None gives the defaults, with a crop that fits the partition.
    volume : Volume
        Where crops will be drawn.
    partition : str, optional
        Draw from this partition instead.
    seed : int, optional
        Use this seed instead.

    Returns
    -------
    config : CropsConfig
    seed : int

    Raises
    ------
    DocumentError
        If the file is neither of the two kinds, or does not match its schema.
    VolumeError
        If the volume has no such partition.
    """
    if path is None:
        config, file_seed = CropsConfig(), 0
    else:
        data = read_data(path)
        kind = data.get("kind") if isinstance(data, dict) else None
        if kind == "training_config":
            training = validate(data, TrainingConfig, path)
            config, file_seed = training.crops, training.seed
        elif kind == "crops_config":
            document = validate(data, CropsDocument, path)
            config, file_seed = document.crops, document.seed
        else:
            msg = f"{path}: the document's kind must be 'crops_config' or 'training_config'; got {kind!r}. Is it another file?"
            raise DocumentError(msg)
    if partition is not None:
        config = config.model_copy(update={"partition": partition})
    if path is None:
        region = volume.partition(config.partition).shape
        shape = tuple(min(side, room) for side, room in zip(config.shape, region, strict=True))
        config = config.model_copy(update={"shape": shape})
    return config, file_seed if seed is None else seed
