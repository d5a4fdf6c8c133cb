"""Networks that compute in half precision answer seg-eval as they answered seg-train."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seg_common.schema.unet import UNetConfig
from seg_eval.prediction.model_runner import KerasNetwork
from seg_train import NetworkInput, build_unet
from seg_train.quiet_tensorflow import import_tensorflow
from seg_train.saved_networks import save_network

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.schema.training import Precision


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_saved_network_predicts_the_same(tmp_path: Path, precision: Precision) -> None:
    """The file says what to compute in; probabilities are float32, and add up to 1."""
    import_tensorflow(deterministic=True, seed=0)
    unet = UNetConfig(depth=1, base_filters=4, down="pooled")
    network = build_unet(unet, NetworkInput(3, 1, "uint8", 1 / 64, -2.0, 3), precision=precision)
    save_network(network, tmp_path / "best.keras")
    tiles = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 8, 1), np.uint8)
    found = KerasNetwork(tmp_path / "best.keras", batch_size=2).predict(tiles)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(found, network(tiles, training=False).numpy(), atol=0.02)
    assert found.std() > 0.01
