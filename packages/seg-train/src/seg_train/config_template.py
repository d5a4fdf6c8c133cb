"""A first configuration for a volume, with a comment on every key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from seg_common.atomic_files import atomic_write_text, refuse_existing
from seg_common.errors import CropError
from seg_common.volume.opened_volume import open_volume
from seg_train.region_statistics import gather_statistics

if TYPE_CHECKING:
    from seg_common.geometry.box import Shape3

Dimensions = Literal["2D", "2.5D", "3D"]

DEPTH = 3
RARE_FRACTION = 0.05
SIDES = {"2D": 128, "2.5D": 128, "3D": 64}
BATCH_SIZES = {"2D": 8, "2.5D": 8, "3D": 2}

TEMPLATE = """\
# Configuration of a training run. Start it with: seg-train run {file}
# Any key can be changed on the command line: seg-train run {file} --set epochs=4 --set model.base_filters=16
kind: training_config
schema_version: 1
name: {name}                # name in tables, pictures and reports
volume: {volume}
labels: null                # label version; the volume's first one when null
volumes: []                 # several volumes instead (volume: null): [{{path: PATH, labels: null, weight: 1}}, ...]
initial_model: null         # model folder whose best network the weights start from; from the seed when null
seed: 0                     # the only seed: weights, crops, dropout and noise follow from it

crops:                      # look at them first: seg-data preview-crops {volume} --config {file}
  partition: train
  shape: {shape}      # (z, y, x); sides are multiples of 2^depth. 3D networks take z > 1
  slices: {slices}                 # 2.5D: odd number of slices given as channels, with shape z = 1
  positions: {{kind: covering}}   # covering (random, and every voxel in each cycle), uniform or grid
  symmetries: true          # turn and mirror crops at random
{rejection}
validation:                 # after each epoch, every position of a grid over this partition
  partition: validation
  min_overlap: [0, 0, 0]    # (z, y, x)

model:                      # docs/network.md; or preset: modular_unet, a published network for the keys that are not given
  kind: unet
  depth: {depth}                  # times that the image is halved
  base_filters: 8           # f0; the number of weights grows with its square
  growth: 2.0               # factor of the filters from level to level
  convolutions: 2           # in each block
  kernel_size: 3            # or one for each axis (z, y, x), with z = 1 in 2D
  strides: null             # null halves all axes; auto follows the voxel size; or (z, y, x) for each level
  residual: true
  convolution: conv         # conv or separable
  normalisation: batch      # batch, layer, group or none
  group_size: 8             # channels of a group
  down: strided             # strided or pooled
  up: transposed            # transposed or upsampled
  dropout: 0.0
  gaussian_noise: 0.0

loss:                       # docs/losses.md; jaccard2, dice, cross_entropy, focal, or a sum of terms
  kind: jaccard2            # 1 - (I + s)/(U + s)
  form: flat                # flat sums over space and classes, macro is the mean over classes, single has a class_name
  over: batch               # batch sums over all crops of a step, sample is the mean over crops
  smoothing: 1.0            # s

optimizer:                  # docs/optimization.md; adamw, or sgd (momentum, nesterov)
  kind: adamw
  weight_decay: 0.0001
  clip_norm: 1.0            # largest norm of all gradients together; null for none

learning_rate:              # docs/optimization.md; constant (value), linear or log (start, end), cosine (peak, end, warmup_fraction),
                            # plateau (start, factor, patience, min, monitor), which depends on the validation, or composed:
                            # {{kind: composed, parts: [{{share: 1, schedule: {{kind: linear}}}}, {{share: 9, schedule: {{kind: log}}}}]}}
  kind: cosine
  peak: 0.002
  end: 0.00001
  warmup_fraction: 0.05

precision: float32          # or bfloat16, float16: what the network computes in
ema: null                   # for example 0.999: a moving average of the weights is validated and saved
batch_size: {batch_size}               # crops computed at a time, over all replicas together; auto: as many as fit
accumulate: 1               # batches that make one step, in the memory of one
epochs: 20
steps_per_epoch: 100
strategy: {{kind: one_device, devices: []}}   # docs/distributed.md; one_device, mirrored (all GPUs, or those named), multi_worker
threads: 1                  # threads that read crops ahead
early_stopping: null        # {{patience: 10}} ends training after so many epochs without a better mean Jaccard
checkpoint_every: 0         # steps between checkpoints within an epoch; 0 for none but at its end
examples_every: 5           # epochs between example pictures; 0 for none
after_training: null        # evaluate: write the report of seg-eval volume for the validation region
deterministic: true         # same configuration, same machine, same weights
"""

NO_REJECTION = """\
  rejection: null           # by content, for example:
  # rejection: {{kind: min_class_fraction, class_name: {class_name}, fraction: 0.01, reject_probability: 0.5}}
"""

RARE_REJECTION = """\
  rejection:                # {class_name} is rare ({share:.2%}): crops that hold less than their share are mostly thrown away
    kind: min_class_fraction   # or curve: points of (share, reject probability)
    class_name: {class_name}
    fraction: {share:.4f}
    reject_probability: 0.5
"""


def write_config(
    path: Path | str,
    volume_path: Path | str,
    *,
    dimensions: Dimensions = "2D",
    name: str = "unet",
    overwrite: bool = False,
) -> None:
    """Write a first configuration that fits a volume.

    Parameters
    ----------
    path : path
        File to write.
    volume_path : path
        A `volume.yaml` or its folder; needs labels and the partitions ``train`` and ``validation``.
    dimensions : {"2D", "2.5D", "3D"}
        Kind of network.
    name : str
        Name of the run.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    OutputExistsError
        If the file exists and may not be replaced.
    CropError
        If a partition is too small for any crop.
    SegError
        If the volume cannot be read, or lacks labels or partitions.
    """
    path = Path(path)
    refuse_existing(path, overwrite=overwrite)
    with open_volume(volume_path) as volume:
        train, validation = volume.partition("train"), volume.partition("validation")
        shape = _crop_shape(dimensions, train.shape, validation.shape)
        shares = gather_statistics([(volume, train)]).class_fractions
        names = volume.document.class_names
        target = volume.path
    present = [(share, class_name) for share, class_name in zip(shares, names, strict=True) if share > 0]
    share, rarest = min(present)
    rejection = RARE_REJECTION if share < RARE_FRACTION else NO_REJECTION
    text = TEMPLATE.format(
        file=path.name,
        name=name,
        volume=_relative(target.resolve(), path.resolve().parent),
        shape=list(shape),
        slices=5 if dimensions == "2.5D" else 1,
        rejection=rejection.format(class_name=rarest, share=share),
        depth=DEPTH,
        batch_size=BATCH_SIZES[dimensions],
    )
    atomic_write_text(path, text, overwrite=overwrite)


def _crop_shape(dimensions: Dimensions, train: Shape3, validation: Shape3) -> Shape3:
    """Largest cube or square, up to the usual side, that fits both partitions on each axis."""
    divisor = 2**DEPTH
    room = [min(a, b, SIDES[dimensions]) // divisor * divisor for a, b in zip(train, validation, strict=True)]
    if dimensions != "3D":
        room[0] = 1
    if min(room) < 1:
        msg = (
            f"a crop must fit inside both partitions with sides that are multiples of {divisor}; "
            f"got partitions of shape {train} and {validation}. Enlarge them or take another kind of network."
        )
        raise CropError(msg)
    return room[0], room[1], room[2]


def _relative(target: Path, folder: Path) -> str:
    """Path of the volume as a document in `folder` names it; absolute only on another drive."""
    try:
        return Path(os.path.relpath(target, folder)).as_posix()
    except ValueError:
        return target.as_posix()
