"""The best network on the disk is the one that the checkpoint names, or the run says that it is lost."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
import pytest

from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import Extension
from seg_train.errors import TrainingError
from seg_train.history import read_rows
from seg_train.position import Position
from seg_train.resume import resume_training
from seg_train.run import run_training
from seg_train.saved_networks import require_best_network, save_network, weights_digest

if TYPE_CHECKING:
    from seg_common.schema.training import TrainingConfig


def tiny_network(value: float) -> keras.Model:
    inputs = keras.Input((None, None, 1))
    layer = keras.layers.Conv2D(1, 1, kernel_initializer=keras.initializers.Constant(value))
    return keras.Model(inputs, layer(inputs))


@pytest.fixture
def best(tmp_path: Path) -> Path:
    """A file with the network of weight 1."""
    save_network(tiny_network(1), tmp_path / "best.keras")
    return tmp_path / "best.keras"


def position(network: keras.Model, **changes: object) -> Position:
    named = Position(step=6, epochs_done=2, best_epoch=1, best_mean_jaccard=0.5, best_digest=weights_digest(network))
    return named.model_copy(update=changes)


def test_the_right_file_is_left_as_it_is(best: Path) -> None:
    before = best.read_bytes()
    named = position(tiny_network(1))
    assert require_best_network(tiny_network(2), best, best, named) == (named, None)
    assert require_best_network(tiny_network(2), best, best, Position()) == (Position(), None)
    of_before_digests = position(tiny_network(3), best_digest=None)
    assert require_best_network(tiny_network(2), best, best, of_before_digests) == (of_before_digests, None)
    assert best.read_bytes() == before


@pytest.mark.parametrize("digest", [True, False], ids=["named", "of before digests"])
def test_the_network_of_the_checkpoint_is_written_again(best: Path, digest: bool) -> None:
    """The best epoch was the last one: its network is that of the checkpoint."""
    network = tiny_network(2)
    named = position(network, best_epoch=2) if digest else position(network, best_epoch=2, best_digest=None)
    for damage in ("another network", "no file", "cut short"):
        if damage == "no file":
            best.unlink()
        if damage == "cut short":
            best.write_bytes(best.read_bytes()[:100])
        assert require_best_network(network, best, best, named) == (named, None)
        np.testing.assert_array_equal(keras.saving.load_model(best).get_weights()[0].ravel(), [2])


@pytest.mark.parametrize("damage", ["another network", "no file", "cut short", "no network", "encrypted"])
def test_a_lost_network_is_told_and_forgotten(best: Path, damage: str) -> None:
    if damage == "no file":
        best.unlink()
    if damage == "cut short":
        best.write_bytes(best.read_bytes()[:100])
    if damage == "no network":
        best.write_text("hello")
    if damage == "encrypted":  # says one wrong bit in each entry of the zip's directory
        data = bytearray(best.read_bytes())
        for entry in re.finditer(rb"PK\x01\x02", data):
            data[entry.start() + 8] ^= 1
        best.write_bytes(data)
    named = position(tiny_network(3))
    kept, warning = require_best_network(tiny_network(2), best, best, named)
    assert kept == position(tiny_network(3), best_epoch=None, best_mean_jaccard=None, best_digest=None)
    assert warning is not None
    assert "best.keras is not the network of epoch 1" in warning


def test_a_run_taken_back_behind_its_best_network_names_one_that_it_has(
    config: TrainingConfig, trained: Path, tmp_path: Path
) -> None:
    """The checkpoint of a better epoch is damaged, and more epochs are asked for: all ends as if nothing had happened."""
    taken_back = ModelPaths(root=Path(shutil.copytree(trained, tmp_path / "model")))
    first, second = (row["validation_mean_jaccard"] for row in read_rows(taken_back.history))
    assert second > first, "the second epoch has to be the better one"
    whole = taken_back.last_checkpoint.read_bytes()
    taken_back.last_checkpoint.write_bytes(whole[: len(whole) // 2])
    record = resume_training(taken_back.root, epochs=3, quiet=True)
    assert record.extensions == [Extension(epochs_done=1, epochs_before=2)]
    assert taken_back.damaged_checkpoint.read_bytes() == whole[: len(whole) // 2]
    run_training(config.model_copy(update={"epochs": 3}), tmp_path / "long", quiet=True)
    long = ModelPaths(root=tmp_path / "long")
    assert taken_back.history.read_bytes() == long.history.read_bytes()
    with np.load(taken_back.last_checkpoint) as one, np.load(long.last_checkpoint) as two:
        assert all(one[name].tobytes() == two[name].tobytes() for name in two.files)
    mine, theirs = (keras.saving.load_model(paths.best_weights, compile=False) for paths in (taken_back, long))
    assert weights_digest(mine) == weights_digest(theirs)


def test_a_resume_follows_the_checkpoint_and_not_the_record(trained: Path, tmp_path: Path) -> None:
    """What is done is what the checkpoint has; a best network that is not there is told and chosen anew."""
    model = ModelPaths(root=Path(shutil.copytree(trained, tmp_path / "model")))
    text = model.metadata.read_text().replace("status: finished", "status: interrupted")
    model.metadata.write_text(text.replace("epochs_done: 2", "epochs_done: 4"))
    history = model.history.read_bytes()
    with pytest.raises(TrainingError, match=r"got 1, 2 are done. Give --epochs 3 or more"):
        resume_training(model.root, epochs=1, quiet=True)
    assert model.history.read_bytes() == history

    with np.load(model.last_checkpoint) as file:
        arrays = dict(file)
    named = Position.model_validate_json(str(arrays["position"]))
    earlier = named.model_copy(update={"best_epoch": 1, "best_digest": "of a network that is lost"})
    np.savez(model.last_checkpoint, **arrays | {"position": np.array(earlier.model_dump_json())})
    told: list[str] = []
    record = resume_training(model.root, epochs=3, quiet=True, tell=told.append)
    assert any("best.keras is not the network of epoch 1" in text for text in told)
    assert record.extensions == [Extension(epochs_done=2, epochs_before=2)]
    assert record.result.best_epoch == 3
    with np.load(model.last_checkpoint) as file:
        last = Position.model_validate_json(str(file["position"]))
    assert weights_digest(keras.saving.load_model(model.best_weights, compile=False)) == last.best_digest
