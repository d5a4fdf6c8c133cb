"""`crop_store.yaml`: what a network answered for single crops, kept without any aggregation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seg_common.geometry.box import Box, Shape3
from seg_common.schema.base import Document, StrictModel
from seg_common.schema.comparison import AnswersByVisits
from seg_common.schema.crop_positions import NonNegative3
from seg_common.schema.crops import Axis
from seg_common.schema.evaluation_measures import OptionalFraction
from seg_common.schema.prediction import ModelReference, VolumeReference
from seg_common.schema.provenance import Provenance
from seg_common.schema.volume import ClassInfo, Digest

Count = Annotated[int, Field(ge=0)]
StoredProbabilities = Literal["uint8", "uint16", "float16", "float32", "none"]


class StorePositions(StrictModel):
    """Where the crops of a store lie."""

    kind: Literal["grid", "random"]
    """``grid``: the tiles of `seg-eval volume`; ``random``: anywhere in the region, drawn alike."""
    asked: Count
    """Crops of the grid, or crops that were drawn."""
    repeated: Count
    """Crops drawn at a place that was drawn before: they are stored once."""
    seed: int | None
    """Seed of the random places; null for a grid."""
    grid_starts: tuple[list[int], list[int], list[int]] | None
    """First voxels of the crops along z, y and x, relative to the region; null for random places."""


class CropFile(StrictModel):
    """One file of a store."""

    file: str
    """HDF5 file beside the document, with the datasets `starts`, `labels` and, unless left out, `probabilities`."""
    crops: Annotated[int, Field(ge=1)]
    """Crops in it."""
    digest: Digest
    """Digest of the file."""


class UnaggregatedScores(StrictModel):
    """Scores of the crops themselves: each voxel counts once, each of its answers 1 / visits."""

    answers: list[AnswersByVisits]
    """Exact counts, growing visits."""
    jaccard: list[OptionalFraction]
    """Intersection / union of each class; null when it is in neither."""
    mean_jaccard: OptionalFraction
    """Mean over the classes present."""
    accuracy: OptionalFraction
    """Share of right answers."""


class CropStoreDocument(Document):
    """What a network answered for single crops, kept without any aggregation."""

    kind: Literal["crop_store"] = "crop_store"
    model: ModelReference
    """The model."""
    volume: VolumeReference
    """The scan."""
    partition: str | None
    """Partition that the crops lie in; null for the whole volume."""
    region: Box
    """Its box, in the volume's coordinates."""
    classes: list[ClassInfo]
    """Classes in the order of their indices."""
    reference: str | None
    """Reference labels; null when the volume has none."""
    reference_digest: Digest | None
    """Their digest over the region."""
    tile_shape: Shape3
    """Voxels (z, y, x) that the network saw for each crop, the halo included."""
    halo: NonNegative3
    """Voxels (z, y, x) read for context and discarded, on each side."""
    crop_shape: Shape3
    """Voxels (z, y, x) of a crop whose answers are stored."""
    min_overlap: NonNegative3
    """Voxels (z, y, x) that neighbours of the grid share at the least; 0 for random places."""
    along: Axis
    """Axis across which the slices of a 2D network lie; z for 3D."""
    positions: StorePositions
    """Where the crops lie."""
    probabilities: StoredProbabilities
    """Type of the stored probabilities: uint8 and uint16 in shares of their largest value; ``none`` for labels alone."""
    crops: Annotated[int, Field(ge=1)]
    """Crops stored."""
    seen_voxels: Count
    """Voxels of the region that lie in a crop."""
    trained_share: OptionalFraction = None
    """Share of the region that the model was trained on; null in older stores."""
    files: list[CropFile]
    """Files of the store, in the order of the crops."""
    scores: UnaggregatedScores | None
    """Scores without any aggregation; null without a reference."""
    batch_size: int
    """Tiles per call of the network."""
    seconds: float
    """Duration."""
    peak_memory_bytes: int
    """Largest resident memory of the process."""
    provenance: Provenance
    """Code, environment and hardware."""
