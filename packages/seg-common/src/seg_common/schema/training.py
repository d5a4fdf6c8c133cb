"""`train.yaml`: everything that decides what a training run computes."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seg_common.schema.base import Document, Seed, StrictModel
from seg_common.schema.crop_positions import NonNegative3
from seg_common.schema.crops import CropsConfig
from seg_common.schema.losses import Jaccard2Config, LossConfig
from seg_common.schema.optimization import AdamWConfig, CosineSchedule, OptimizerConfig, Schedule
from seg_common.schema.unet import Count, UNetConfig
from seg_common.schema.volume import PositiveFloat

Precision = Literal["float32", "bfloat16", "float16"]


class StrategyConfig(StrictModel):
    """How training is spread over devices."""

    kind: Literal["one_device", "mirrored", "multi_worker", "central_storage"] = "one_device"
    """``one_device`` takes the first GPU, or the CPU; ``mirrored`` keeps a copy of the network on each device; ``multi_worker`` on
    each device of several processes or machines; ``central_storage`` keeps the weights on the CPU, for all devices."""
    devices: list[str] = Field(default=[])
    """Devices by name, for example ``GPU:0``; all GPUs when empty."""


class ValidationConfig(StrictModel):
    """What is measured after each epoch: a grid of the validation region, each position once."""

    partition: str = "validation"
    """Partition of the volume."""
    min_overlap: NonNegative3 = (0, 0, 0)
    """Voxels (z, y, x) that neighbouring crops share at the least."""


class EarlyStopping(StrictModel):
    """When training ends before its last epoch."""

    patience: Count = 10
    """Epochs in a row without a better mean Jaccard on the validation region, after which training ends."""


class CropVolume(StrictModel):
    """One of several volumes to train on."""

    path: str
    """Its `volume.yaml`, relative to the configuration's folder or absolute."""
    labels: str | None = None
    """Label version; the volume's first one when null."""
    weight: PositiveFloat = 1.0
    """Crops of this volume in proportion to those of the others."""


class TrainingConfig(Document):
    """Everything that decides what a training run computes."""

    kind: Literal["training_config"] = "training_config"
    name: Annotated[str, Field(min_length=1)] = "unet"
    """Name of the run in tables, pictures and reports."""
    volume: str | None = None
    """The volume's `volume.yaml`, relative to this file's folder or absolute; null when `volumes` are given."""
    labels: str | None = None
    """Label version; the volume's first one when null."""
    volumes: list[CropVolume] = Field(default=[])
    """Several volumes with the same classes, instead of `volume`; each is trained on in its training partition and measured in its
    validation partition."""
    initial_model: str | None = None
    """Model folder whose best network the weights start from, relative to this file's folder or absolute; from the seed when null."""
    seed: Seed = 0
    """The only seed: weights, crops, dropout and noise follow from it."""
    crops: CropsConfig = CropsConfig()
    """How training crops are drawn."""
    validation: ValidationConfig = ValidationConfig()
    """What is measured after each epoch."""
    model: UNetConfig = UNetConfig()
    """The network."""
    loss: LossConfig = Jaccard2Config()
    """What training minimises."""
    optimizer: OptimizerConfig = AdamWConfig()
    """How the weights follow the gradients."""
    learning_rate: Schedule = CosineSchedule()
    """Learning rate as a function of the step."""
    precision: Precision = "float32"
    """What the network computes in. Weights, statistics, probabilities and the sums of the loss are float32 in any case."""
    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Share of a moving average of the weights that each step keeps, for example 0.999: the average is validated and saved. None
    when null."""
    batch_size: Count | Literal["auto"] = 8
    """Crops computed at a time, over all replicas together; ``auto`` takes as many as fit into memory."""
    accumulate: Count = 1
    """Batches that make one step: it takes `batch_size` · `accumulate` crops in the memory of `batch_size`."""
    epochs: Count = 20
    """Epochs to train."""
    steps_per_epoch: Count = 100
    """Steps per epoch."""
    strategy: StrategyConfig = StrategyConfig()
    """How training is spread over devices."""
    threads: Count = 1
    """Threads that read crops ahead of the network."""
    early_stopping: EarlyStopping | None = None
    """When training ends before its last epoch; never when null."""
    checkpoint_every: Annotated[int, Field(ge=0)] = 0
    """Steps between checkpoints within an epoch; 0 for none but those at the end of each epoch. Give it when epochs are long."""
    examples_every: Annotated[int, Field(ge=0)] = 5
    """Epochs between example pictures; 0 for none."""
    after_training: Literal["evaluate"] | None = None
    """What is done with a finished run: ``evaluate`` writes the report of ``seg-eval volume`` for the validation region of each
    volume; needs seg-eval."""
    deterministic: bool = True
    """Whether the same configuration always gives the same weights on the same machine; costs speed on some GPUs."""

    @property
    def crops_per_batch(self) -> int:
        """Crops computed at a time; a number, which the run puts in the place of ``auto`` before it asks."""
        if self.batch_size == "auto":
            msg = "batch_size must be a number here; got 'auto', which a run replaces when it knows its memory. Give a number"
            raise ValueError(msg)
        return self.batch_size

    @property
    def crops_per_step(self) -> int:
        """Crops of one step, over all replicas together."""
        return self.crops_per_batch * self.accumulate

    @property
    def training_set(self) -> list[CropVolume]:
        """The volumes to train on, one or several."""
        if self.volume is None:
            return self.volumes
        return [CropVolume(path=self.volume, labels=self.labels)]

    @model_validator(mode="after")
    def _one_way_to_name_volumes(self) -> Self:
        if (self.volume is None) == (not self.volumes):
            given = "neither" if self.volume is None else "both"
            msg = f"a run needs either volume or volumes; got {given}. Give volume: PATH for one, volumes: [{{path: PATH}}, …] for several"
            raise ValueError(msg)
        if self.volumes and self.labels is not None:
            msg = f"each of several volumes names its own labels; got labels {self.labels!r} beside volumes. Move it into them"
            raise ValueError(msg)
        paths = [volume.path for volume in self.volumes]
        twice = sorted({path for path in paths if paths.count(path) > 1})
        if twice:
            msg = f"each volume is named once; got {', '.join(twice)} several times. Raise its weight instead"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _crop_sides_divide(self) -> Self:
        divisors = self.model.side_divisors
        if divisors is None:  # once the voxel size is known, the strides are, and this is asked again
            return self
        axes = zip("zyx", self.crops.shape, divisors, strict=True)
        sides = [side for side in axes if side[0] != "z" or self.crops.dimensions == "3D"]
        wrong = [f"{axis} = {n}" for axis, n, divisor in sides if n % divisor]
        if wrong:
            power = f"2^depth = {divisors[2]}" if len(set(divisors)) == 1 else f"the strides' product {divisors}"
            msg = (
                f"each side of a crop must be a multiple of {power}; got {', '.join(wrong)} in crops.shape. "
                f"Take multiples of {divisors[2] if len(set(divisors)) == 1 else divisors} or a smaller model.depth"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _network_fits_the_dimensions(self) -> Self:
        if self.crops.dimensions == "3D":
            return self
        per_axis = {"kernel_size": [self.model.kernel_size], "strides": self.model.strides}
        for name, values in per_axis.items():
            wrong = [value for value in values or () if isinstance(value, tuple) and value[0] != 1]
            if wrong:
                msg = (
                    f"a {self.crops.dimensions} network has no z axis: model.{name} must be 1 along z; got {wrong[0]}. "
                    f"Give {(1, *wrong[0][1:])}"
                )
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _partitions_differ(self) -> Self:
        if self.crops.partition == self.validation.partition:
            msg = (
                f"training and validation need different partitions; got {self.crops.partition!r} for both. "
                "A model is never validated on trained voxels"
            )
            raise ValueError(msg)
        return self
