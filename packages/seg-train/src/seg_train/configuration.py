"""Read a training configuration, and change keys of it from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from seg_common.errors import DocumentError
from seg_common.schema.training import TrainingConfig
from seg_common.schema.training_record import TrainingRecord
from seg_common.volume.opened_volume import volume_file
from seg_common.yaml_documents import read_data, validate

if TYPE_CHECKING:
    from collections.abc import Sequence


def load_config(
    path: Path | str,
    settings: Sequence[str] = (),
    volume: Path | str | None = None,
    initial_model: Path | str | None = None,
) -> TrainingConfig:
    """Read a configuration, or that of a run from its record.

    Parameters
    ----------
    path : path
        The YAML file: a configuration, or the `metadata.yaml` of a model folder.
    settings : sequence of str
        Changes as ``key=value``: the key's dotted name, the value in YAML.
    volume : path, optional
        A `volume.yaml` or its folder to train on, instead of what the file names.
    initial_model : path, optional
        A model folder to start from, instead of what the file names.

    Returns
    -------
    TrainingConfig
        With absolute paths of volumes and of the initial model.

    Raises
    ------
    DocumentError
        If a setting has no ``=``, or the document does not match its schema; all problems at once.
    SegError
        If the file or the volume does not exist.

    Examples
    --------
    ``load_config("train.yaml", ["epochs=4", "crops.shape=[1, 64, 64]"])``,
    ``load_config("model/metadata.yaml")``
    """
    path = Path(path)
    data = read_data(path)
    recorded = isinstance(data, dict) and data.get("kind") == TrainingRecord.model_fields["kind"].default
    for setting in settings:
        _apply(data.get("config") if recorded else data, setting)
    config = validate(data, TrainingRecord, path).config if recorded else validate(data, TrainingConfig, path)
    update: dict[str, object] = {}
    if volume is not None:
        update |= {"volume": _absolute(Path(volume)), "volumes": []}
    elif config.volume is not None:
        update["volume"] = _absolute(path.parent / config.volume)
    else:
        update["volumes"] = [
            one.model_copy(update={"path": _absolute(path.parent / one.path)}) for one in config.volumes
        ]
    if initial_model is not None:
        update["initial_model"] = str(Path(initial_model).resolve())
    elif config.initial_model is not None:
        update["initial_model"] = str((path.parent / config.initial_model).resolve())
    return config.model_copy(update=update)


def _absolute(volume: Path) -> str:
    return str(volume_file(volume).resolve())


def _apply(data: Any, setting: str) -> None:
    """Change one key in place; keys that the file does not hold are made, and checked with all the others."""
    name, equals, text = setting.partition("=")
    keys = name.strip().split(".")
    if not equals or not all(keys):
        msg = f"a setting must have the form key=value; got {setting!r}, for example epochs=4."
        raise DocumentError(msg)
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        msg = f"the value of a setting must be YAML; got {setting!r}, for example crops.shape='[1, 64, 64]'."
        raise DocumentError(msg) from None
    for key in keys[:-1]:
        if not isinstance(data, dict):
            break
        if not isinstance(data.get(key), dict):
            data[key] = {}
        data = data[key]
    if isinstance(data, dict):
        data[keys[-1]] = value
