"""Prove that the PyTorch network of a comparison answers as `seg-train`'s does.

    python same_network.py 2D PYTHON-WITH-TORCH

Biases and what normalises are drawn at random as kernels are, so that no layer answers like another.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from seg_common.schema.unet import UNetConfig
from seg_train.architectures.unet import NetworkInput, build_unet
from seg_train.quiet_tensorflow import import_tensorflow

DEPTH = 3
SIDES = {"2D": (48, 40), "3D": (24, 16, 32)}
TOLERANCE = 1e-5
"""Largest difference between two probabilities in float32."""


def check_same_network(dimensions: str, filters: int, peers: str) -> float:
    """Compare both on the same voxels; give the largest difference, or end the program."""
    import_tensorflow(deterministic=False, seed=0)
    sides = SIDES[dimensions]
    config = UNetConfig(depth=DEPTH, base_filters=filters, residual=False)
    network = build_unet(config, NetworkInput(len(sides), 1, "float32", 1.0, 0.0, 3))
    rng = np.random.default_rng(0)
    for variable in network.weights:
        if len(variable.shape) == 1:
            drawn = rng.normal(0, 0.2, variable.shape)
            variable.assign(np.exp(drawn) if variable.name == "moving_variance" else variable.numpy() + drawn)
    voxels = rng.normal(size=(2, *sides, 1)).astype(np.float32)
    arrays = {f"weight_{n}": variable.numpy() for n, variable in enumerate(network.weights)}
    with tempfile.TemporaryDirectory() as folder:
        example = Path(folder) / "example.npz"
        probabilities = network(voxels).numpy()
        np.savez(example, voxels=voxels, probabilities=probabilities, depth=DEPTH, filters=filters, **arrays)
        command = [peers, str(Path(__file__).with_name("torch_unet.py")), str(example)]
        difference = float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    if not difference <= TOLERANCE:
        sys.exit(f"both networks must give the same probabilities to {TOLERANCE}; they differ by {difference}.")
    return difference


if __name__ == "__main__":
    print(check_same_network(sys.argv[1], 8, sys.argv[2]))
