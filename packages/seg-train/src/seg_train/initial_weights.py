"""Start from the weights of another model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from seg_common.errors import ModelFolderError
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import InitialWeights, TrainingRecord
from seg_common.volume.digests import file_digest
from seg_common.yaml_documents import read_document
from seg_train.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras


def load_initial_weights(model: Path | str, network: keras.Model, class_names: Sequence[str]) -> InitialWeights:
    """Copy the weights of another model's best network.

    The layer that tells the classes apart is copied only if the classes are the same in the same order; all others have to be
    the same. Grey levels are scaled by the statistics of the new training regions.

    Parameters
    ----------
    model : path
        Model folder of a run with a best network.
    network : keras.Model
        The network to train; its weights are replaced when all of them fit.
    class_names : sequence of str
        Its classes in the order of their indices.

    Returns
    -------
    InitialWeights
        What was loaded.

    Raises
    ------
    ModelFolderError
        If it is no model folder, or holds no best network.
    TrainingError
        If a weight has another shape.
    """
    import keras

    paths = ModelPaths.existing(Path(model))
    record = read_document(paths.metadata, TrainingRecord)
    file = paths.best_weights
    if not file.is_file():
        msg = f"fine-tuning needs a trained network; {model} holds no {paths.relative(file)}. Train it for an epoch at least."
        raise ModelFolderError(msg)
    weights = keras.saving.load_model(file, compile=False, safe_mode=True).weights
    head = next(layer for layer in reversed(network.layers) if layer.weights)
    same_classes = [info.name for info in record.data.classes] == list(class_names)
    kept = [] if same_classes else [id(variable) for variable in head.weights]
    wanted = network.weights
    pairs = [(target, source) for target, source in zip(wanted, weights, strict=False) if id(target) not in kept]
    _require_same_shapes(pairs, wanted, weights, model)
    for target, source in pairs:
        target.assign(source)
    return InitialWeights(
        model=str(paths.root.resolve()),
        model_id=record.model_id,
        file=paths.relative(file),
        digest=file_digest(file),
        loaded_parameters=sum(int(target.numpy().size) for target, _ in pairs),
        fresh=[] if same_classes else [head.name],
    )


def _require_same_shapes(pairs: list[tuple[Any, Any]], wanted: list[Any], found: list[Any], model: Path | str) -> None:
    remedy = "Take the configuration of that model: its config.yaml, section model."
    if len(wanted) != len(found):
        msg = f"fine-tuning needs the same network; {model} has {len(found)} arrays of weights, this one {len(wanted)}. {remedy}"
        raise TrainingError(msg)
    for target, source in pairs:
        if tuple(target.shape) != tuple(source.shape):
            msg = (
                f"fine-tuning needs the same network; {target.path} has shape {tuple(source.shape)} in {model} and "
                f"{tuple(target.shape)} in this one. {remedy}"
            )
            raise TrainingError(msg)
