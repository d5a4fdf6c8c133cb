"""Two models that were evaluated on the same voxels, shared by the tests of comparisons."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import seg_eval.evaluate
from seg_common.geometry.box import Box
from seg_common.yaml_documents import write_document
from seg_eval.evaluate import evaluate_volume
from seg_eval.prediction.options import PredictionOptions

IGNORED = 255
THRESHOLDS = {"first": (60, 170), "second": (50, 185)}


@dataclass
class Pair:
    """A scan, and two models that classify it by different thresholds."""

    root: Path
    volume: Path
    image: np.ndarray
    labels: np.ndarray
    test: Box

    def model(self, name):
        return self.root / name

    def predicted(self, name, thresholds=None):
        """What the network of a model answers for the whole scan."""
        dark, bright = thresholds or THRESHOLDS[name]
        return np.where(self.image < dark, 2, np.where(self.image >= bright, 1, 0)).astype(np.uint8)


@pytest.fixture(scope="session")
def evaluate():
    """Evaluates a model without pictures, which take most of the time of a small evaluation."""

    def run(model, network, output=None, aggregation="gaussian", **more):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                seg_eval.evaluate,
                "write_evaluation",
                lambda paths, document, *_, **__: write_document(paths.evaluation, document),
            )
            options = PredictionOptions(aggregation=aggregation)
            return evaluate_volume(model, network=network, output=output, options=options, **more)

    return run


def make_pair(root, made, evaluate=None):
    """Evaluate two models on the partition `test`, of which 1 800 voxels are ignored; or leave them without evaluations."""
    image, labels = made.scan((16, 24, 20), noise=35.0)
    labels[10:16, 9:, :] = IGNORED
    train, test = Box(start=(0, 0, 0), shape=(6, 24, 20)), Box(start=(6, 0, 0), shape=(10, 24, 20))
    volume = made.volume(root / "scan", image, labels, partitions={"train": train, "test": test}, ignored_label=IGNORED)
    for name, thresholds in THRESHOLDS.items():
        model = made.model(root / name, volume, train)
        model.joinpath("best.keras").write_text(name)
        if evaluate is not None:
            evaluate(model, made.ThresholdNetwork(thresholds), partition="test")
    return Pair(root, volume, image, labels, test)


@pytest.fixture(scope="session")
def pair(tmp_path_factory, made, evaluate):
    """Shared, so only to be read."""
    return make_pair(tmp_path_factory.mktemp("pair"), made, evaluate)


@pytest.fixture
def unevaluated(tmp_path, made):
    """A pair of this test's own, of models that were never evaluated."""
    return make_pair(tmp_path, made)


@pytest.fixture
def own_pair(tmp_path, made, evaluate):
    """A pair of this test's own."""
    return make_pair(tmp_path, made, evaluate)
