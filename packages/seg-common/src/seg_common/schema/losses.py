"""What training minimises: overlap of classes, probability of the right class, and weighted sums of both."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from seg_common.schema.base import StrictModel
from seg_common.schema.volume import PositiveFloat

Over = Literal["batch", "sample"]


class OverlapConfig(StrictModel):
    """What losses of overlap have in common."""

    kind: str
    """Which loss."""
    form: Literal["flat", "macro", "single"] = "flat"
    """``flat`` sums over space and classes at once, the published form; ``macro`` is the mean over the classes, which counts
    rare ones as much as others; ``single`` looks at one class only."""
    class_name: str | None = None
    """The class of the form ``single``."""
    over: Over = "batch"
    """``batch`` sums over all crops of a step at once, on all devices; ``sample`` is the mean over crops."""
    smoothing: Annotated[float, Field(ge=0)] = 1.0
    """s, added to numerator and denominator. With 0, a class (or a crop) with an empty denominator is left out of the mean."""

    @model_validator(mode="after")
    def _only_single_names_a_class(self) -> Self:
        if (self.form == "single") != (self.class_name is not None):
            msg = f"class_name belongs to the form single, and to no other; got form {self.form!r} and class_name {self.class_name!r}"
            raise ValueError(msg)
        return self


class Jaccard2Config(OverlapConfig):
    """Loss 1 - (I + s)/(U + s) with I = Σ w·y·p and U = Σ w·(y + p² - y·p), where w is the weight of a voxel."""

    kind: Literal["jaccard2"] = "jaccard2"


class DiceConfig(OverlapConfig):
    """Loss 1 - (2·I + s)/(Q + s) with I = Σ w·y·p and Q = Σ w·(y + p²), where w is the weight of a voxel."""

    kind: Literal["dice"] = "dice"


class CrossEntropyConfig(StrictModel):
    """Loss Σ w·(-log p) / Σ w, where p is the probability of the right class."""

    kind: Literal["cross_entropy"] = "cross_entropy"
    over: Over = "batch"
    """``batch`` is the mean over the voxels of all crops of a step; ``sample`` the mean over crops of their means."""


class FocalConfig(StrictModel):
    """Loss Σ w·(1 - p)^g·(-log p) / Σ w, where p is the probability of the right class."""

    kind: Literal["focal"] = "focal"
    gamma: Annotated[float, Field(ge=0)] = 2.0
    """g: how little voxels count that are right already; 0 is the cross-entropy."""
    over: Over = "batch"
    """``batch`` is the mean over the voxels of all crops of a step; ``sample`` the mean over crops of their means."""


PureLoss = Annotated[
    Jaccard2Config | DiceConfig | CrossEntropyConfig | FocalConfig,
    Field(discriminator="kind"),
]


class LossTerm(StrictModel):
    """One loss of a sum."""

    weight: PositiveFloat = 1.0
    """Its factor."""
    loss: PureLoss
    """The loss."""


class SumConfig(StrictModel):
    """Weighted sum of losses."""

    kind: Literal["sum"] = "sum"
    terms: Annotated[list[LossTerm], Field(min_length=1)]
    """Losses and their factors."""


def _jaccard2_unless_named(data: Any) -> Any:
    """Let a loss without a kind be jaccard2, the only one there was once."""
    return {"kind": "jaccard2", **data} if isinstance(data, dict) and "kind" not in data else data


LossConfig = Annotated[
    Jaccard2Config | DiceConfig | CrossEntropyConfig | FocalConfig | SumConfig,
    Field(discriminator="kind"),
    BeforeValidator(_jaccard2_unless_named),
]
