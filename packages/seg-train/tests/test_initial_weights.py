"""Fine-tuning: weights of another model, and what of them was loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seg_common.errors import ModelFolderError
from seg_common.model_paths import ModelPaths
from seg_common.schema.training import UNetConfig
from seg_common.schema.training_record import TrainingRecord
from seg_common.volume.digests import file_digest
from seg_common.yaml_documents import read_document, write_document
from seg_train.architectures.unet import NetworkInput, build_unet
from seg_train.configuration import load_config
from seg_train.errors import TrainingError
from seg_train.initial_weights import load_initial_weights
from seg_train.run import run_training

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.schema.training import TrainingConfig


def network(classes: int = 2, **modules: object):
    """An untrained network as that of the model folder, but for what is given."""
    settings = UNetConfig.model_validate({"depth": 1, "base_filters": 2, **modules})
    return build_unet(settings, NetworkInput(2, 1, "uint8", 1 / 64, -2.0, classes), synchronized=False)


def best_weights(trained: Path) -> list[np.ndarray]:
    """What is to be loaded."""
    import keras

    return keras.saving.load_model(ModelPaths(root=trained).best_weights, compile=False, safe_mode=True).get_weights()


def test_all_weights_are_loaded_for_the_same_classes(tensorflow, trained: Path) -> None:
    """Each array is that of the model, and the record names file, run and digest."""
    fresh = network()
    loaded = load_initial_weights(trained, fresh, ["matrix", "fibre"])
    assert all((a == b).all() for a, b in zip(fresh.get_weights(), best_weights(trained), strict=True))
    assert loaded.fresh == []
    assert loaded.loaded_parameters == fresh.count_params()
    assert loaded.digest == file_digest(ModelPaths(root=trained).best_weights)
    assert loaded.model_id == read_document(ModelPaths(root=trained).metadata, TrainingRecord).model_id


@pytest.mark.parametrize("names", [["matrix", "pore"], ["matrix", "fibre", "pore"]])
def test_the_layer_of_other_classes_stays_fresh(tensorflow, trained: Path, names: list[str]) -> None:
    """Kernel and bias of the last layer are as they were made; all before them are loaded."""
    fresh = network(len(names))
    before = fresh.get_weights()
    loaded = load_initial_weights(trained, fresh, names)
    after, wanted = fresh.get_weights(), best_weights(trained)
    assert all((a == b).all() for a, b in zip(after[:-2], wanted[:-2], strict=True))
    assert all((a == b).all() for a, b in zip(after[-2:], before[-2:], strict=True))
    assert len(loaded.fresh) == 1
    assert loaded.loaded_parameters == fresh.count_params() - sum(array.size for array in before[-2:])


@pytest.mark.parametrize(
    ("modules", "message"),
    [({"base_filters": 4}, r"has shape \(.*\) in .* and \(.*\) in this one"), ({"depth": 2}, "arrays of weights")],
)
def test_another_network_is_refused(tensorflow, trained: Path, modules: dict[str, int], message: str) -> None:
    """Nothing is loaded into a network of another shape."""
    fresh = network(**modules)
    before = fresh.get_weights()
    with pytest.raises(TrainingError, match=message):
        load_initial_weights(trained, fresh, ["matrix", "fibre"])
    assert all((a == b).all() for a, b in zip(fresh.get_weights(), before, strict=True))


def test_a_folder_without_a_network_is_refused(tensorflow, tmp_path: Path) -> None:
    """The message names the folder."""
    with pytest.raises(ModelFolderError, match="does not exist"):
        load_initial_weights(tmp_path / "nothing", network(), ["matrix", "fibre"])


def test_a_run_starts_from_a_model(config: TrainingConfig, trained: Path, tmp_path: Path) -> None:
    """The first checkpoint holds the loaded weights, and the record and the configuration say where they are from."""
    write_document(tmp_path / "train.yaml", config.model_copy(update={"epochs": 1, "steps_per_epoch": 1}))
    told: list[str] = []
    settings = load_config(tmp_path / "train.yaml", initial_model=trained)
    record = run_training(settings, tmp_path / "model", quiet=True, tell=told.append)
    assert record.initial_weights is not None
    assert record.initial_weights.model == record.config.initial_model == str(trained.resolve())
    assert any(line.startswith("starting from") for line in told)
    with np.load(ModelPaths(root=tmp_path / "model").previous_checkpoint) as first:
        begun = [first[name] for name in first.files]
    for array in best_weights(trained):
        assert any(array.shape == other.shape and (array == other).all() for other in begun)
