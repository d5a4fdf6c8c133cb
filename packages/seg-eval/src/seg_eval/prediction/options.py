"""How a volume is to be predicted, as a user asks for it; what is None is chosen from the model and the region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seg_common.blocks.plan import DEFAULT_BLOCK_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.geometry.box import Index3
    from seg_eval.prediction.result_arrays import SaveFormat
    from seg_eval.prediction.saved_arrays import ProbabilityType

Weights = Literal["best", "last"]
Along = Literal["z", "y", "x", "all"]


@dataclass(frozen=True)
class PredictionOptions:
    """Options of a prediction."""

    aggregation: str = "gaussian"
    """How the answers of overlapping tiles become one: mean, gaussian, hann, centre, max or vote."""
    tile_shape: Index3 | None = None
    """Network input, the halo included: (z, y, x), or (1, rows, columns) for 2D and 2.5D networks."""
    halo: Index3 | None = None
    """Voxels read for context on each side of a tile, and discarded; axes as `tile_shape`."""
    overlap: float | tuple[float, float, float] | None = None
    """Share of a tile's used part that neighbours share at the least, in [0, 1); one for all axes, or three as `tile_shape`."""
    batch_size: int | None = None
    """Tiles per call of the network."""
    symmetries: int | Literal["all"] = 1
    """Symmetries of a tile to average over before tiles are aggregated; 1 is none but the identity."""
    along: Along | None = None
    """Axis across which the slices of a 2D or 2.5D network lie, or all three, averaged; as trained when not given."""
    with_models: tuple[Path | str, ...] = ()
    """More model folders: the mean of all models is taken."""
    weights: Weights = "best"
    """Weights with the best validation score, or those after the last epoch."""
    block_bytes: int = DEFAULT_BLOCK_BYTES
    """Memory for one block of the volume; the result does not depend on it."""
    max_memory: int | None = None
    """Bytes for the whole process, instead of `block_bytes`; batches and, at last, tiles are made smaller where the network
    would need more."""
    save: tuple[str, ...] = ()
    """What to save beside the labels: probabilities, entropy, errors, confusion."""
    probability_type: ProbabilityType = "uint8"
    """Type of saved probabilities: uint8 and uint16 in shares of their largest value, or float16."""
    save_format: SaveFormat = "hdf5"
    """Format of the labels and of what is saved beside them: HDF5 files, or folders of Zarr."""
    restart: bool = False
    """Whether to throw away the finished blocks of an interrupted run, instead of going on with them."""
