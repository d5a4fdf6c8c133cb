"""`prediction.yaml`: how a label volume was predicted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seg_common.geometry.box import Box, Shape3
from seg_common.schema.base import Document, Fraction, StrictModel
from seg_common.schema.crop_positions import NonNegative3
from seg_common.schema.crops import Axis
from seg_common.schema.provenance import Provenance
from seg_common.schema.volume import ClassInfo, Digest

AggregationKind = Literal["mean", "gaussian", "hann", "centre", "max", "vote"]


class PassRecord(StrictModel):
    """One network in one orientation over the region."""

    model_id: str
    """Identity of the training run."""
    weights_digest: Digest
    """Digest of the weights."""
    along: Axis
    """Axis across which the slices of a 2D network lie; z for 3D."""
    tile_shape: Shape3
    """Network input along its own axes, the halo included."""
    min_overlap: NonNegative3
    """Voxels that the used parts of neighbouring tiles share at the least, along the axes of the network."""
    halo: NonNegative3
    """Voxels read for context and discarded, on each side, along the axes of the network."""
    symmetries: int
    """Symmetries of a tile that were averaged; 1 for the tile as it is."""


class AggregationRecord(StrictModel):
    """How overlapping tiles became one answer per voxel; without it no score can be compared."""

    kind: AggregationKind
    """What was done where tiles overlap."""
    tile_shape: Shape3
    """Network input, the halo included: (z, y, x), or (1, rows, columns) of a slice."""
    min_overlap: NonNegative3
    """Voxels that the used parts of neighbouring tiles share at the least; axes as `tile_shape`."""
    halo: NonNegative3
    """Voxels read for context and discarded, on each side; axes as `tile_shape`."""
    symmetries: int = 1
    """Symmetries of a tile that were averaged before the aggregation; 1 for the tile as it is."""
    along: Axis = "z"
    """Axis across which the slices of a 2D network lie; z for 3D."""
    more_passes: list[PassRecord] = Field(default=[])
    """Other orientations and other networks, each aggregated for itself; the prediction is the mean of all."""


class ModelReference(StrictModel):
    """The model behind a prediction, and how it was trained."""

    path: str
    """Model folder at the time of the prediction."""
    model_id: str
    """Identity of the run."""
    name: str
    """Name of the run."""
    weights: str
    """File inside the model folder."""
    weights_digest: Digest
    """Digest of that file."""
    dimensions: str
    """2D, 2.5D or 3D."""
    batch_size: int
    """Crops per training step over all replicas."""
    image_size: Shape3
    """Shape (z, y, x) of a training crop."""
    channels: int
    """Channels of the input."""
    crops: int
    """Crops that the weights have seen."""
    parameters: int
    """Trainable weights."""


class VolumeReference(StrictModel):
    """The scan that was predicted."""

    path: str
    """`volume.yaml` at the time of the prediction."""
    name: str
    """Name of the volume."""
    shape: Shape3
    """Voxels of the volume along (z, y, x)."""
    image_digest: Digest | None
    """Digest of the grey levels."""
    voxel_size: tuple[float, float, float] | None
    """Edge lengths (z, y, x) of a voxel."""
    voxel_size_unit: str | None
    """Unit of `voxel_size`."""


class SavedArrayRecord(StrictModel):
    """An array that was saved beside the labels; `docs/prediction.md` has the codes."""

    kind: Literal["probabilities", "entropy", "errors", "confusion"]
    """What it tells."""
    file: str
    """HDF5 file, or folder of Zarr, beside this document."""
    dataset: str
    """Dataset in it, axes (z, y, x), or (z, y, x, class)."""
    dtype: str
    """Type of its values."""
    scale: float | None
    """Stored value · scale is the probability or the entropy; None for codes."""


class PredictionRecord(Document):
    """How a label volume was predicted."""

    kind: Literal["prediction_record"] = "prediction_record"
    model: ModelReference
    """The model, or the first of several."""
    more_models: list[ModelReference] = Field(default=[])
    """The other models of an ensemble."""
    volume: VolumeReference
    """The scan."""
    partition: str | None
    """Partition that was predicted; None for the whole volume."""
    region: Box
    """Box that was predicted, in the volume's coordinates."""
    classes: list[ClassInfo]
    """Classes in the order of their indices."""
    aggregation: AggregationRecord
    """How tiles were blended."""
    tiles: int
    """Tiles of the grids that cover the region, over all passes."""
    tiles_computed: int
    """Tiles that went through the network; more than `tiles` when blocks share tiles."""
    block_shape: Shape3
    """Blocks that were accumulated at one time; the result does not depend on it."""
    batch_size: int
    """Tiles per call of the network."""
    fractions_by_probability: list[Annotated[float, Field(ge=0, le=1)]]
    """Mean probability of each class over the region."""
    fractions_by_label: list[Fraction]
    """Share of each predicted label in the region."""
    labels_file: str
    """Predicted labels beside this document: an HDF5 file or a folder of Zarr."""
    labels_digest: Digest
    """Digest of the predicted labels."""
    saved: list[SavedArrayRecord] = Field(default=[])
    """What else was saved, on request."""
    resumed_blocks: int = 0
    """Blocks that an earlier, interrupted run had finished."""
    seconds: float
    """Duration, that of interrupted runs left out."""
    peak_memory_bytes: int
    """Largest resident memory of the process."""
    provenance: Provenance
    """Code, environment and hardware."""
