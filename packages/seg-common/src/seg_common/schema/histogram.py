"""`training_histogram.json`: grey levels by class, with the bins materialised."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seg_common.geometry.box import Box
from seg_common.schema.base import Document
from seg_common.schema.volume import VoxelType

Counts = list[Annotated[int, Field(ge=0)]]


class GreyHistogram(Document):
    """Voxels by class and grey level."""

    kind: Literal["grey_histogram"] = "grey_histogram"
    volume: str
    """Name of the volume, or of several, joined by ``+``."""
    region: Box | None
    """Box that was counted; None for boxes of several volumes."""
    dtype: VoxelType
    """Type of the grey levels."""
    class_names: list[str]
    """Classes, one row of counts each."""
    edges: Annotated[list[float], Field(min_length=2)]
    """n + 1 growing edges of n bins."""
    closed: Literal["left"] = "left"
    """Each bin holds its left edge and not its right one; the last bin holds both."""
    counts: list[Counts]
    """Voxels by (class, bin)."""

    @model_validator(mode="after")
    def _counts_fit(self) -> Self:
        widths = {len(row) for row in self.counts}
        if len(self.counts) != len(self.class_names) or widths != {len(self.edges) - 1}:
            msg = (
                "counts must have a row per class and a column per bin; "
                f"got {len(self.counts)} rows of {sorted(widths)} for {len(self.class_names)} classes "
                f"and {len(self.edges) - 1} bins"
            )
            raise ValueError(msg)
        return self
