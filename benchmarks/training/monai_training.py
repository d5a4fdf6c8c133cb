"""MONAI for some minutes: class-aware crops, flips and turns, DiceCE, AdamW with a cosine, Gaussian sliding window.

    python monai_training.py DATA --minutes 6 --seed 0 --dimensions 2D --network seg-train

The network is MONAI's residual U-Net, or the one that `seg-train` trains. Validation and the final prediction do not count. The best weights on the validation region are kept. Prints one line of JSON.
"""

from __future__ import annotations

import json
import math
import time

import numpy as np
import torch
from contestant_options import complete, contestant_parser
from monai.data import set_track_meta
from monai.inferers import sliding_window_inference
from monai.losses import DiceCELoss
from monai.networks.nets import UNet
from monai.transforms import Compose, RandCropByLabelClassesd, RandFlipd, RandRotate90d
from monai.utils import set_determinism
from scoring import jaccard, read_region, result
from torch_unet import SegTrainUNet

VALIDATIONS = 10


def main() -> None:
    """Train for the budget, predict, score."""
    parser = contestant_parser(__doc__)
    parser.add_argument("--network", choices=["seg-train", "own"], default="own")
    parser.add_argument("--peak", type=float, default=2e-3, help="largest learning rate")
    options = complete(parser.parse_args())
    planar, side, batch = options.dimensions == "2D", options.side, options.batch
    set_track_meta(False)
    set_determinism(options.seed)
    torch.use_deterministic_algorithms(False)
    image, labels, names = read_region(options.data, "train")
    mean, deviation = float(image.mean()), float(image.std())
    rank = 2 if planar else 3
    if options.network == "own":
        network = UNet(rank, 1, len(names), (16, 32, 64, 128, 256), (2, 2, 2, 2), num_res_units=2)
    else:
        network = SegTrainUNet(rank, len(names), depth=3, filters=options.filters)
    network = network.to(memory_format=torch.channels_last if planar else torch.channels_last_3d)
    optimizer = torch.optim.AdamW(network.parameters(), options.peak, weight_decay=1e-4)
    loss = DiceCELoss(to_onehot_y=True, softmax=True)
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
        with torch.no_grad():
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
            group["lr"] = options.peak * (
                min(1.0, progress / 0.05) if progress < 0.05 else (1 + math.cos(math.pi * progress)) / 2
            )
        images, reference = draw()
        value = loss(network(images), reference.long())
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
        options,
        predict("test"),
        network=options.network,
        peak=options.peak,
        minutes=spent / 60,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        steps=steps,
        validation_mean_jaccard=round(best[0], 4),
    )
    print(json.dumps(row))


if __name__ == "__main__":
    main()
