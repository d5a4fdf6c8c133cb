"""How the weights follow the gradients: optimizers and schedules of the learning rate."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from seg_common.schema.base import StrictModel
from seg_common.schema.unet import Count
from seg_common.schema.volume import PositiveFloat


class AdamWConfig(StrictModel):
    """Adam with decoupled weight decay."""

    kind: Literal["adamw"] = "adamw"
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    """Decay of the weights per step, in units of the learning rate."""
    clip_norm: PositiveFloat | None = 1.0
    """Largest norm of all gradients together; none when null."""


class SGDConfig(StrictModel):
    """Steepest descent, with momentum if asked for."""

    kind: Literal["sgd"] = "sgd"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Share of the last step that is made again; 0 for none."""
    nesterov: bool = False
    """Whether the gradient counts as that of the place where the momentum leads."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Decay of the weights per step, in units of the learning rate."""
    clip_norm: PositiveFloat | None = 1.0
    """Largest norm of all gradients together; none when null."""

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            msg = "nesterov needs a momentum above 0; got momentum 0. Give one, for example 0.9, or leave nesterov out"
            raise ValueError(msg)
        return self


def _adamw_unless_named(data: Any) -> Any:
    """Let an optimizer without a kind be AdamW, the only one there was once."""
    return {"kind": "adamw", **data} if isinstance(data, dict) and "kind" not in data else data


OptimizerConfig = Annotated[
    AdamWConfig | SGDConfig,
    Field(discriminator="kind"),
    BeforeValidator(_adamw_unless_named),
]


class ConstantSchedule(StrictModel):
    """The same learning rate in every step."""

    kind: Literal["constant"] = "constant"
    value: PositiveFloat = 1e-3
    """Learning rate."""


class LinearSchedule(StrictModel):
    """A straight line from the first to the last step."""

    kind: Literal["linear"] = "linear"
    start: PositiveFloat = 1e-3
    """Learning rate of the first step."""
    end: PositiveFloat = 1e-5
    """Learning rate of the last step."""


class LogSchedule(StrictModel):
    """A straight line from the first to the last step in the logarithm: each step multiplies by the same factor."""

    kind: Literal["log"] = "log"
    start: PositiveFloat = 1e-3
    """Learning rate of the first step."""
    end: PositiveFloat = 1e-5
    """Learning rate of the last step."""


class CosineSchedule(StrictModel):
    """A linear rise, then half a cosine down to the end value."""

    kind: Literal["cosine"] = "cosine"
    peak: PositiveFloat = 2e-3
    """Highest learning rate, reached after the rise."""
    end: Annotated[float, Field(ge=0)] = 1e-5
    """Learning rate of the last step."""
    warmup_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """Share of all steps spent rising."""


class PlateauSchedule(StrictModel):
    """A learning rate that falls when the validation gets no better: what it will be depends on the results."""

    kind: Literal["plateau"] = "plateau"
    start: PositiveFloat = 1e-3
    """Learning rate of the first epoch."""
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """What the learning rate is multiplied by each time."""
    patience: Count = 5
    """Epochs in a row without a better validation, after which the learning rate falls."""
    min: Annotated[float, Field(ge=0)] = 1e-6
    """The learning rate never falls below this."""
    monitor: Literal["mean_jaccard", "loss"] = "mean_jaccard"
    """What tells better from worse: the mean Jaccard or the loss of the validation region."""

    @model_validator(mode="after")
    def _starts_above_the_least(self) -> Self:
        if self.start < self.min:
            msg = f"start must be min or more; got start {self.start} and min {self.min}. Lower min"
            raise ValueError(msg)
        return self


def _refuse_what_no_part_can_be(data: Any) -> Any:
    """Say why, instead of that the kind is unknown."""
    kind = data.get("kind") if isinstance(data, dict) else getattr(data, "kind", None)
    if kind == "plateau":
        msg = (
            "a part of a composed schedule must follow from the step alone, and a plateau waits for the validation; "
            "got kind 'plateau'. Take it as the whole schedule"
        )
        raise ValueError(msg)
    if kind == "composed":
        msg = (
            "a part of a composed schedule must be no composed one itself; got kind 'composed'. List its parts instead"
        )
        raise ValueError(msg)
    return data


class SchedulePart(StrictModel):
    """One of the schedules that follow each other."""

    share: PositiveFloat = 1.0
    """Its steps, in proportion to those of the other parts."""
    schedule: Annotated[
        ConstantSchedule | LinearSchedule | LogSchedule | CosineSchedule,
        Field(discriminator="kind"),
        BeforeValidator(_refuse_what_no_part_can_be),
    ]
    """What the learning rate does in these steps, as if they were a run of their own."""


class ComposedSchedule(StrictModel):
    """Schedules that follow each other, each for its share of the steps; one need not start where the one before ended."""

    kind: Literal["composed"] = "composed"
    parts: Annotated[list[SchedulePart], Field(min_length=1)]
    """The schedules in their order; one whose share comes to less than half a step may have none."""


Schedule = Annotated[
    ConstantSchedule | LinearSchedule | LogSchedule | CosineSchedule | PlateauSchedule | ComposedSchedule,
    Field(discriminator="kind"),
]
