"""Stores of the crops of one small model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from seg_common.geometry.box import Box
from seg_eval.crop_store.store_crops import store_crops
from seg_eval.prediction.options import PredictionOptions

OPTIONS = PredictionOptions(tile_shape=(1, 16, 16), halo=(0, 4, 4), overlap=0.5, batch_size=3)


@dataclass
class Stored:
    """A scan, a model, and a store of the crops of its grid, with exact probabilities."""

    root: Path
    volume: Path
    model: Path
    labels: np.ndarray
    region: Box
    store: Path


@pytest.fixture(scope="session")
def stored(tmp_path_factory, made):
    """Shared, so only to be read; some reference voxels are ignored."""
    root = tmp_path_factory.mktemp("stored")
    image, labels = made.scan((8, 24, 20), noise=35.0)
    labels[5, 9:] = 255
    train, test = Box(start=(0, 0, 0), shape=(3, 24, 20)), Box(start=(3, 0, 0), shape=(5, 24, 20))
    volume = made.volume(root / "scan", image, labels, partitions={"train": train, "test": test}, ignored_label=255)
    model = made.model(root / "model", volume, train)
    done = store_crops(
        model,
        partition="test",
        options=OPTIONS,
        probabilities="float32",
        network=made.ContextNetwork(),
        output=root / "grid",
    )
    return Stored(root, volume, model, labels, test, done.paths.root)
