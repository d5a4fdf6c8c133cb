"""MONAI for some minutes: class-aware crops, flips and turns, DiceCE, AdamW with a cosine, Gaussian sliding window.

    python monai_training.py DATA --minutes 6 --seed 0 --dimensions 2D

Validation and the final prediction do not count. The best weights on the validation region are kept. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from monai.data import set_track_meta
from monai.inferers import sliding_window_inference
from monai.losses import DiceCELoss
from monai.networks.nets import UNet
from monai.transforms import Compose, RandCropByLabelClassesd, RandFlipd, RandRotate90d
from monai.utils import set_determinism
from scoring import jaccard, read_region, result

PEAK = 2e-3
VALIDATIONS = 10


def main() -> None:
    """Train for the budget, predict, score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dimensions", choices=["2D", "3D"], default="2D")
    parser.add_argument("--side", type=int, help="edge length of a crop; 224 in 2D and 64 in 3D when not given")
    parser.add_argument("--batch", type=int, help="8 in 2D and 2 in 3D when not given")
    parser.add_argument("--bfloat16", action="store_true", help="autocast, where the processor has it")
    options = parser.parse_args()
    planar = options.dimensions == "2D"
    side, batch = options.side or (224 if planar else 64), options.batch or (8 if planar else 2)
    set_track_meta(False)
    set_determinism(options.seed)
    torch.use_deterministic_algorithms(False)
    image, labels, names = read_region(options.data, "train")
    mean, deviation = float(image.mean()), float(image.std())
    network = UNet(2 if planar else 3, 1, len(names), (16, 32, 64, 128, 256), (2, 2, 2, 2), num_res_units=2)
    network = network.to(memory_format=torch.channels_last if planar else torch.channels_last_3d)
    optimizer = torch.optim.AdamW(network.parameters(), PEAK, weight_decay=1e-4)
    loss = DiceCELoss(to_onehot_y=True, softmax=True)
    precision = torch.autocast("cpu", torch.bfloat16) if options.bfloat16 else nullcontext()
    shape = (side, side) if planar else (side, side, side)
    axes = range(len(shape))
    keys = ["image", "labels"]
    crop = RandCropByLabelClassesd(
        keys, "labels", shape, ratios=[1] * len(names), num_classes=len(names), num_samples=1 if planar else batch
    )
    augment = Compose(
        [*(RandFlipd(keys, 0.5, axis) for axis in axes), RandRotate90d(keys, 0.75, 3, (axes[-2], axes[-1]))]
    ).set_random_state(options.seed)
    crop.set_random_state(options.seed)
    rng = np.random.default_rng(options.seed)
    grey = torch.from_numpy(image).float().sub(mean).div(deviation)
    truth = torch.from_numpy(labels)

    def draw() -> tuple[torch.Tensor, torch.Tensor]:
        crops = []
        while len(crops) < batch:
            if planar:
                n = int(rng.integers(len(grey)))
                crops += crop({"image": grey[n][None], "labels": truth[n][None]})
            else:
                crops += crop({"image": grey[None], "labels": truth[None]})
        crops = [augment(one) for one in crops]
        return torch.stack([one["image"] for one in crops]), torch.stack([one["labels"] for one in crops])

    def predict(region: str) -> np.ndarray:
        network.eval()
        voxels = (torch.from_numpy(read_region(options.data, region)[0]).float() - mean) / deviation
        parts = voxels[:, None].split(8) if planar else [voxels[None, None]]
        with torch.no_grad(), precision:
            found = [
                sliding_window_inference(part, shape, 4, network, overlap=0.5, mode="gaussian").argmax(1)
                for part in parts
            ]
        network.train()
        return (torch.cat(found) if planar else found[0][0]).numpy().astype(np.uint8)

    budget, spent, steps, best = options.minutes * 60, 0.0, 0, (-1.0, {})
    due = budget / VALIDATIONS
    network.train()
    while spent < budget:
        started = time.perf_counter()
        progress = spent / budget
        for group in optimizer.param_groups:
            group["lr"] = PEAK * (
                min(1.0, progress / 0.05) if progress < 0.05 else (1 + math.cos(math.pi * progress)) / 2
            )
        images, reference = draw()
        with precision:
            scores = network(images)
        value = loss(scores.float(), reference.long())
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        steps += 1
        spent += time.perf_counter() - started
        if spent >= min(due, budget):
            due += budget / VALIDATIONS
            score = float(
                np.mean(jaccard(read_region(options.data, "validation")[1], predict("validation"), len(names)))
            )
            if score > best[0]:
                best = (score, {name: tensor.clone() for name, tensor in network.state_dict().items()})
    network.load_state_dict(best[1])
    row = result(
        "MONAI",
        options.data,
        predict("test"),
        dimensions=options.dimensions,
        seed=options.seed,
        minutes=round(spent / 60, 2),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        crops=steps * batch,
        validation_mean_jaccard=round(best[0], 4),
    )
    print(json.dumps(row))


if __name__ == "__main__":
    main()
