"""Prediction with a network that seg-train saved, against Keras asked directly."""

import itertools
from pathlib import Path

import h5py
import numpy as np
import pytest

from seg_common.schema.prediction import PredictionRecord
from seg_eval.prediction.model_runner import KerasNetwork
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.predict import predict_volume

WHOLE_SLICES = {
    "tile_shape": (1, 64, 64),
    "halo": (0, 0, 0),
    "overlap": 0,
    "save": ("probabilities",),
    "probability_type": "uint16",
}


def predicted(job: Path, output: Path, network: object = None, **choices) -> tuple[PredictionRecord, np.ndarray]:
    """The record, and the saved probabilities of the test region."""
    options = PredictionOptions(**{**WHOLE_SLICES, **choices})
    record = predict_volume(job / "model", output=output, partition="test", options=options, network=network)
    with h5py.File(output / "probabilities.h5") as file:
        return record, file["probabilities"][...] / 65535


def test_symmetries_are_the_mean_of_turned_slices(job: Path, tmp_path: Path) -> None:
    """Each slice turned by hand in eight ways, given to the saved network, and turned back."""
    record, found = predicted(job, tmp_path / "out", symmetries=8)
    import keras

    network = keras.saving.load_model(job / "model" / "best.keras", compile=False, safe_mode=True)
    with h5py.File(job / "phantom" / "image.h5") as file:
        start, stop = record.region.start[0], record.region.stop[0]
        slices = np.asarray(file["image"][start:stop])
    expected = np.zeros((*slices.shape, found.shape[-1]))
    for turns, mirrored in itertools.product(range(4), (False, True)):
        turned = np.rot90(slices[:, ::-1] if mirrored else slices, turns, axes=(1, 2))
        answer = network(np.ascontiguousarray(turned)[..., np.newaxis], training=False).numpy()
        back = np.rot90(answer, -turns, axes=(1, 2))
        expected += (back[:, ::-1] if mirrored else back) / 8
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert record.aggregation.symmetries == 8


def test_an_interrupted_prediction_of_keras_gives_the_same_bytes(job: Path, tmp_path: Path) -> None:
    """Overlapping tiles in several blocks, interrupted in the second one; the same command goes on."""
    grid = {"tile_shape": (1, 32, 32), "halo": (0, 4, 4), "overlap": 0.25, "block_bytes": 60_000, "batch_size": 3}

    class Stopped(KerasNetwork):
        calls = 0

        def predict(self, tiles):
            self.calls += 1
            if self.calls > 12:
                raise KeyboardInterrupt
            return super().predict(tiles)

    with pytest.raises(KeyboardInterrupt):
        predicted(job, tmp_path / "broken", Stopped(job / "model" / "best.keras", 3), **grid)
    record, _ = predicted(job, tmp_path / "broken", **grid)
    assert record.resumed_blocks > 0
    predicted(job, tmp_path / "whole", **grid)
    for name in ("predicted_labels.h5", "probabilities.h5"):
        assert (tmp_path / "broken" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
