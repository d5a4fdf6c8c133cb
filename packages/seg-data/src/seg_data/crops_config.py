"""Find out how crops shall be drawn: from a configuration file, or by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.errors import DocumentError
from seg_common.schema.crops import CropsConfig, CropsDocument
from seg_common.schema.training import TrainingConfig
from seg_common.yaml_documents import read_data, validate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seg_common.volume.opened_volume import Volume


def load_crops(path: Path | None, *, partition: str | None = None, seed: int | None = None) -> tuple[CropsConfig, int]:
    """Read the crop configuration and the seed of a file.

    Parameters
    ----------
    path : Path or None
        A ``crops_config`` or a ``training_config``. None gives the defaults.
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
    """
    config, file_seed = (CropsConfig(), 0) if path is None else _read(path)
    if partition is not None:
        config = config.model_copy(update={"partition": partition})
    return config, file_seed if seed is None else seed


def fit_crop(config: CropsConfig, volumes: Sequence[Volume]) -> CropsConfig:
    """Shrink the crop until it fits the partition of every volume, as the default crop has to.

    Parameters
    ----------
    config : CropsConfig
        Not modified.
    volumes : sequence of Volume
        Where crops will be drawn.

    Returns
    -------
    CropsConfig

    Raises
    ------
    VolumeError
        If a volume has no such partition.
    """
    regions = [volume.partition(config.partition).shape for volume in volumes]
    shape = tuple(min(sides) for sides in zip(config.shape, *regions, strict=True))
    return config.model_copy(update={"shape": shape})


def _read(path: Path) -> tuple[CropsConfig, int]:
    data = read_data(path)
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind == "training_config":
        training = validate(data, TrainingConfig, path)
        return training.crops, training.seed
    if kind == "crops_config":
        document = validate(data, CropsDocument, path)
        return document.crops, document.seed
    msg = f"{path}: the document's kind must be 'crops_config' or 'training_config'; got {kind!r}. Is it another file?"
    raise DocumentError(msg)
