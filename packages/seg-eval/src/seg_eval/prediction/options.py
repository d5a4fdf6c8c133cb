"""How a volume is to be predicted, as a user asks for it; what is None is chosen from the model and the region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seg_common.blocks.plan import DEFAULT_BLOCK_BYTES

if TYPE_CHECKING:
    from seg_common.geometry.box import Index3

Weights = Literal["best", "last"]


@dataclass(frozen=True)
class PredictionOptions:
    """Options of a prediction."""

    aggregation: str = "gaussian"
    """How the answers of overlapping tiles become one: mean, gaussian, hann, centre, max or vote."""
    tile_shape: Index3 | None = None
    """Network input (z, y, x), the halo included; z is 1 for 2D and 2.5D networks."""
    halo: Index3 | None = None
    """Voxels (z, y, x) read for context on each side of a tile, and discarded."""
    overlap: float | tuple[float, float, float] | None = None
    """Share of a tile's used part that neighbours share at the least, in [0, 1); one for all axes, or for (z, y, x)."""
    batch_size: int | None = None
    """Tiles per call of the network."""
    weights: Weights = "best"
    """Weights with the best validation score, or those after the last epoch."""
    block_bytes: int = DEFAULT_BLOCK_BYTES
    """Memory for one block of the volume; the result does not depend on it."""
