"""How many crops fit: the search, the estimate, and a run that leaves the number open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.model_paths import ModelPaths
from seg_common.schema.training import TrainingConfig
from seg_common.yaml_documents import read_document
from seg_train import batch_size
from seg_train.batch_size import largest_that_fits, most_sensible, step_bytes, with_batch_size
from seg_train.errors import TrainingError
from seg_train.run import run_training
from seg_train.training_set import opened_training_set

if TYPE_CHECKING:
    from pathlib import Path

MOST = 18
"""A quarter of the 8 · 3 · 3 crops of 16 x 16 voxels that cover the training region of 8 x 48 x 48."""


@given(limit=st.integers(0, 300), units=st.integers(1, 80), multiple=st.integers(1, 4))
def test_the_search_finds_all_but_an_eighth(limit: int, units: int, multiple: int) -> None:
    """What is found fits, is allowed, and one eighth more does not; nothing larger than allowed is ever tried."""
    most, tried = units * multiple, []

    def fits(crops: int) -> bool:
        tried.append(crops)
        return crops <= limit

    found = largest_that_fits(fits, most, multiple)
    best = min(limit // multiple * multiple, most)
    assert found % multiple == 0
    assert best - max(multiple, found // 8) < found <= best or found == best
    assert max(tried) <= most
    assert len(tried) <= 16


def test_a_crop_takes_twice_the_outputs_of_all_layers(tensorflow, config: TrainingConfig) -> None:
    """By hand, for a crop of 16 x 16 voxels: 1 byte of input, two channels of float32, and two of bfloat16."""
    import keras

    voxels = keras.Input((None, None, 1), dtype="uint8")
    full = keras.layers.Conv2D(2, 3, padding="same")(voxels)
    half = keras.layers.Conv2D(2, 3, padding="same", dtype="mixed_bfloat16")(full)
    assert step_bytes(keras.Model(voxels, half), config) == 2 * 16 * 16 * (1 + 2 * 4 + 2 * 2)


def test_a_run_that_leaves_it_open_records_the_number(config: TrainingConfig, tmp_path: Path) -> None:
    """This machine has memory for all that makes sense; configuration and record say how many, and how they were found."""
    data = config.model_dump() | {"epochs": 1, "steps_per_epoch": 1, "examples_every": 0, "batch_size": "auto"}
    paths, told = ModelPaths(root=tmp_path / "auto"), []
    record = run_training(TrainingConfig.model_validate(data), paths.root, quiet=True, tell=told.append)
    assert record.batch_size == record.config.batch_size == MOST
    assert record.result.crops_seen == MOST
    assert record.automatic_batch_size.method == "estimate"
    assert record.automatic_batch_size.most == MOST
    assert read_document(paths.config, TrainingConfig).batch_size == MOST
    assert "found by estimate" in paths.summary.read_text()
    assert f"batch_size auto: {MOST} crops by estimate, of {MOST} that make sense." in told


def test_the_trial_leaves_no_trace_in_the_weights(config: TrainingConfig, tensorflow) -> None:
    """The network of the run starts as that of a run whose number was given."""
    import keras

    def kernel() -> np.ndarray:
        layer = keras.layers.Dense(3)
        layer.build((None, 3))
        return layer.get_weights()[0]

    keras.utils.set_random_seed(config.seed)
    expected = kernel()
    settings = config.model_copy(update={"batch_size": "auto"})
    with opened_training_set(settings) as volumes:
        with_batch_size(settings, volumes, tensorflow.distribute.OneDeviceStrategy("CPU:0"))
    assert (kernel() == expected).all()


def test_little_memory_makes_small_batches(config: TrainingConfig, mirrored, monkeypatch: pytest.MonkeyPatch) -> None:
    """With memory for 11 crops, two replicas get 10; with memory for one, they cannot train."""
    settings = config.model_copy(update={"batch_size": "auto"})
    with opened_training_set(settings) as volumes:
        assert most_sensible(settings, volumes) == MOST
        _, found = with_batch_size(settings, volumes, mirrored)
        share = found.bytes_per_crop / batch_size.MEMORY_SHARE
        monkeypatch.setattr(batch_size, "available_memory_bytes", lambda: int(11.5 * share))
        assert with_batch_size(settings, volumes, mirrored)[0].batch_size == 10
        monkeypatch.setattr(batch_size, "available_memory_bytes", lambda: int(1.5 * share))
        with pytest.raises(TrainingError, match=r"2 crop\(s\) of shape \(1, 16, 16\) must fit into memory"):
            with_batch_size(settings, volumes, mirrored)
        several = settings.model_copy(
            update={"strategy": settings.strategy.model_copy(update={"kind": "multi_worker"})}
        )
        with pytest.raises(
            TrainingError, match=r"got auto.*Give a number: .* one_device, times the number of replicas"
        ):
            with_batch_size(several, volumes, mirrored)


def test_only_memory_that_runs_out_ends_a_trial(tensorflow, config: TrainingConfig, volume: Path) -> None:
    """TensorFlow refuses 2^44 bytes per crop above two crops; what else goes wrong is an error as ever."""

    class Steps:
        def train(self, batch, learning_rate):
            if len(batch.labels) > 2:
                tensorflow.fill([len(batch.labels), 2**44], np.uint8(0))
            return tensorflow.constant(0.5), None

    class Broken:
        def train(self, batch, learning_rate):
            return tensorflow.reshape(tensorflow.zeros(3), [2]), None

    with opened_training_set(config) as volumes:
        assert largest_that_fits(lambda crops: batch_size._fits(Steps(), config, volumes[0], crops), MOST) == 2
        with pytest.raises(tensorflow.errors.InvalidArgumentError):
            batch_size._fits(Broken(), config, volumes[0], 1)


def test_auto_is_no_number(config: TrainingConfig) -> None:
    """Whoever asks too early is told."""
    with pytest.raises(ValueError, match="batch_size must be a number here; got 'auto'"):
        _ = config.model_copy(update={"batch_size": "auto"}).crops_per_step
