"""The plain network of `seg-train` for PyTorch: the same layers, weights and answers.

    python torch_unet.py EXAMPLE.npz

prints the largest difference between this network's probabilities and those of `seg-train`'s, given its weights and voxels as
same_network.py writes them.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

BATCH_NORMALISATION = {"eps": 1e-3, "momentum": 0.1}
"""Keras' small number, and the memory of 0.9 that seg-train's has."""


class Convolution(nn.Module):
    """Convolve 3 voxels wide to the same size or half of it, or to twice the size; normalise; ReLU."""

    def __init__(self, rank: int, given: int, made: int, step: str = "same") -> None:
        super().__init__()
        kind = {2: (nn.Conv2d, nn.ConvTranspose2d), 3: (nn.Conv3d, nn.ConvTranspose3d)}[rank][step == "up"]
        self.rank, self.step = rank, step
        self.convolution = kind(given, made, 3, stride=1 if step == "same" else 2, padding=int(step == "same"))
        self.normalisation = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}[rank](made, **BATCH_NORMALISATION)
        nn.init.xavier_uniform_(self.convolution.weight)
        nn.init.zeros_(self.convolution.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute; TensorFlow pads an even side at its end only, and cuts the surplus of twice the size off there."""
        if self.step == "down":
            x = functional.pad(x, (0, 1) * self.rank)
        x = self.convolution(x)
        if self.step == "up":
            x = x[(..., *[slice(-1)] * self.rank)]
        return functional.relu(self.normalisation(x))


class SegTrainUNet(nn.Module):
    """Two convolutions a block, strided down, transposed up, batch normalisation, not residual; gives scores, no softmax.

    Parameters
    ----------
    rank : int
        Spatial axes: 2 or 3.
    classes : int
        Classes told apart.
    depth : int
        Number of times that the image is halved.
    filters : int
        Base filters; each level has twice as many.
    """

    def __init__(self, rank: int, classes: int, depth: int, filters: int) -> None:
        super().__init__()
        levels = [filters * 2**level for level in range(depth + 2)]

        def block(given: int, first: int, last: int) -> nn.Sequential:
            return nn.Sequential(Convolution(rank, given, first), Convolution(rank, first, last))

        self.encoder = nn.ModuleList(block(levels[i] if i else 1, levels[i], levels[i + 1]) for i in range(depth))
        self.downs = nn.ModuleList(Convolution(rank, levels[i + 1], levels[i + 1], "down") for i in range(depth))
        self.bottleneck = block(levels[depth], levels[depth], levels[depth + 1])
        backwards = range(depth - 1, -1, -1)
        self.ups = nn.ModuleList(Convolution(rank, levels[i + 2], levels[i + 2], "up") for i in backwards)
        self.decoder = nn.ModuleList(
            block(levels[i + 1] + levels[i + 2], levels[i + 1], levels[i + 1]) for i in backwards
        )
        self.scores = {2: nn.Conv2d, 3: nn.Conv3d}[rank](levels[1], classes, 1)
        nn.init.xavier_uniform_(self.scores.weight)
        nn.init.zeros_(self.scores.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute scores (batch, class, [z,] y, x) of rescaled grey levels (batch, 1, [z,] y, x)."""
        skips = []
        for block, down in zip(self.encoder, self.downs, strict=True):
            skips.append(block(x))
            x = down(skips[-1])
        x = self.bottleneck(x)
        for up, block in zip(self.ups, self.decoder, strict=True):
            x = block(torch.cat([skips.pop(), up(x)], dim=1))
        return self.scores(x)

    def in_order(self) -> list[nn.Module]:
        """List what has weights in the order of computation, which is Keras' as well."""
        parts = [part for pair in zip(self.encoder, self.downs, strict=True) for part in (*pair[0], pair[1])]
        parts += list(self.bottleneck)
        parts += [part for pair in zip(self.ups, self.decoder, strict=True) for part in (pair[0], *pair[1])]
        return [layer for part in parts for layer in (part.convolution, part.normalisation)] + [self.scores]

    def load_keras_weights(self, weights: list[np.ndarray]) -> None:
        """Take the weights of `keras.Model.weights`; kernels have their channels last there."""
        rest = [torch.from_numpy(array) for array in weights]
        for layer in self.in_order():
            names = ["weight", "bias"]
            if hasattr(layer, "running_mean"):
                names += ["running_mean", "running_var"]
            for name in names:
                value = rest.pop(0)
                if value.ndim > 1:
                    value = value.permute(-1, -2, *range(value.ndim - 2))
                layer.get_buffer(name).copy_(value) if "running" in name else layer.get_parameter(name).data.copy_(
                    value
                )
        if rest:
            msg = f"{len(rest)} weights of seg-train's network have no place in this one; the two are not the same."
            raise ValueError(msg)


def main(example: str) -> None:
    """Compare with the answers in the example."""
    with np.load(example) as arrays:
        count = sum(name.startswith("weight_") for name in arrays.files)
        weights = [arrays[f"weight_{n}"] for n in range(count)]
        voxels, expected = arrays["voxels"], arrays["probabilities"]
        depth, filters = int(arrays["depth"]), int(arrays["filters"])
    network = SegTrainUNet(voxels.ndim - 2, expected.shape[-1], depth, filters).eval()
    network.load_keras_weights(weights)
    with torch.no_grad():
        found = network(torch.from_numpy(voxels).movedim(-1, 1)).softmax(1).movedim(1, -1).numpy()
    print(float(np.abs(found - expected).max()))


if __name__ == "__main__":
    main(sys.argv[1])
