"""`export.yaml`: which network was written in another format, and how well it agrees with the model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seg_common.schema.base import Document, StrictModel
from seg_common.schema.provenance import Provenance
from seg_common.schema.unet import Count
from seg_common.schema.volume import Digest, PositiveFloat, VoxelType

ExportFormat = Literal["savedmodel", "onnx"]
Difference = Annotated[float, Field(ge=0)]


class ExportCheck(StrictModel):
    """Voxels that both networks classified."""

    shape: list[Count]
    """Shape (batch, [z,] y, x, channel) of the voxels, drawn at random as the grey levels of the training region lie."""
    max_abs_difference: Difference
    """Largest difference between two probabilities."""


class ExportRecord(Document):
    """A network in another format, checked against the model that it was written from."""

    kind: Literal["export_record"] = "export_record"
    model: str
    """Model folder at the time of the export."""
    model_id: str
    """Identity of the run."""
    weights: str
    """File inside the model folder."""
    weights_digest: Digest
    """Digest of that file."""
    format: ExportFormat
    """``savedmodel`` is a folder that TensorFlow serves, ``onnx`` a file for ONNX runtimes."""
    file: str
    """What to load, relative to this document's folder: ``.`` when it is the folder itself."""
    input_name: str
    """Name of the input."""
    input_shape: list[Count | None]
    """Shape (batch, [z,] y, x, channel) of the input; null where it is free."""
    input_dtype: VoxelType
    """Type of the voxels; the network rescales them itself."""
    side_divisors: list[Count]
    """Numbers that the sides ([z,] y, x) of an input must be multiples of."""
    class_names: list[str]
    """Classes in the order of the output's last axis."""
    checks: list[ExportCheck]
    """Comparisons with the model, one for each shape."""
    max_abs_difference: Difference
    """The largest of all checks."""
    tolerance: PositiveFloat
    """Largest difference that was allowed."""
    libraries: dict[str, str]
    """Versions of the libraries that wrote and read the format."""
    provenance: Provenance
    """Code, environment and hardware."""
