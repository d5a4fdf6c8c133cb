"""From the configuration to the loss."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.schema.losses import CrossEntropyConfig, DiceConfig, FocalConfig, Jaccard2Config, LossTerm, SumConfig
from seg_train.errors import TrainingError
from seg_train.losses.configured import build_loss, loss_name
from seg_train.losses.overlap import dice, jaccard2
from seg_train.losses.right_class import cross_entropy, focal

NAMES = ["matrix", "fibre", "pore"]
SUM = SumConfig(
    terms=[
        LossTerm(loss=Jaccard2Config(form="macro", smoothing=0.5)),
        LossTerm(weight=0.25, loss=CrossEntropyConfig(over="sample")),
    ]
)


@pytest.mark.parametrize(
    ("config", "expected", "name"),
    [
        (Jaccard2Config(), jaccard2(3), "jaccard2 flat"),
        (
            Jaccard2Config(form="single", class_name="pore", over="sample"),
            jaccard2(3, "single", class_index=2, over="sample"),
            "jaccard2 pore",
        ),
        (DiceConfig(form="macro", smoothing=0), dice(3, "macro", smoothing=0), "dice macro"),
        (CrossEntropyConfig(), cross_entropy(), "cross_entropy"),
        (FocalConfig(gamma=0.5, over="sample"), focal(0.5, "sample"), "focal"),
        (
            SUM,
            lambda *batch: jaccard2(3, "macro", smoothing=0.5)(*batch) + 0.25 * cross_entropy("sample")(*batch),
            "1 jaccard2 macro + 0.25 cross_entropy",
        ),
    ],
)
def test_every_key_reaches_the_loss(tensorflow, config, expected, name) -> None:
    """The loss that is built gives the number of the one that is meant."""
    rng = np.random.default_rng(0)
    labels = rng.choice([0, 1, 2, 255], (2, 3, 4)).astype(np.uint8)
    arrays = labels, rng.dirichlet(np.ones(3), labels.shape), rng.random(labels.shape)
    assert float(build_loss(config, NAMES)(*arrays)) == pytest.approx(float(expected(*arrays)), rel=1e-12)
    assert loss_name(config) == name


def test_an_unknown_class_is_named() -> None:
    """With the names that there are."""
    config = Jaccard2Config(form="single", class_name="pores")
    with pytest.raises(TrainingError, match=r"one of matrix, fibre, pore; got 'pores'; did you mean 'pore'\?"):
        build_loss(config, NAMES)
