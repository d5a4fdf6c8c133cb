"""Every choice of a prediction, made and checked before any work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_common.errors import SegError
from seg_common.geometry.tiling import block_boxes
from seg_common.schema.prediction import AggregationRecord
from seg_eval.balanced_blocks import balanced_block_shape
from seg_eval.prediction.aggregation import Aggregation, aggregation_named
from seg_eval.prediction.tile_defaults import (
    default_batch_size,
    default_halo,
    default_tile_shape,
    require_tile_fits,
)
from seg_eval.prediction.tile_plan import TilePlan, plan_tiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.geometry.box import Box, Index3
    from seg_common.volume.opened_volume import Volume
    from seg_eval.prediction.options import PredictionOptions
    from seg_eval.prediction.trained_model import TrainedModel

PROBABILITY_BYTES = 4
LABEL_BYTES = 1


@dataclass(frozen=True)
class PredictionPlan:
    """What will be computed, and in which pieces."""

    tiles: TilePlan
    """Grid of tiles."""
    aggregation: Aggregation
    """How tiles are blended."""
    halo: Index3
    """Voxels (z, y, x) discarded on each side of a tile."""
    batch_size: int
    """Tiles per call of the network."""
    block_shape: Index3
    """Blocks accumulated at one time."""
    n_classes: int
    """Probabilities per voxel."""

    def blocks(self) -> Iterator[Box]:
        """Blocks of the region in raster order."""
        return block_boxes(self.tiles.region, self.block_shape)

    def tiles_computed(self) -> int:
        """Count the tiles that go through the network; those that two blocks share go twice."""
        return sum(self.tiles.count_in(block) for block in self.blocks())

    def aggregation_record(self) -> AggregationRecord:
        """Tell what has to be known to compare scores."""
        return AggregationRecord(
            kind=self.aggregation.kind,
            tile_shape=self.tiles.tile_shape,
            min_overlap=self.tiles.min_overlap,
            halo=self.halo,
        )


def plan_prediction(model: TrainedModel, volume: Volume, region: Box, options: PredictionOptions) -> PredictionPlan:
    """Choose what the options leave open, and check what they ask for.

    Parameters
    ----------
    model : TrainedModel
        The model; its network is not needed yet.
    volume : Volume
        The scan.
    region : Box
        Voxels to classify.
    options : PredictionOptions
        What the user asks for.

    Returns
    -------
    PredictionPlan
        The tiles depend on region, network and options alone, never on the memory for a block.

    Raises
    ------
    SegError
        If the aggregation is unknown, or a number is not positive.
    CropError
        If tile, halo and overlap do not fit the network or each other.
    """
    network = model.record.network
    aggregation = aggregation_named(options.aggregation)
    for name, value in (("batch size", options.batch_size), ("block memory", options.block_bytes)):
        if value is not None and value < 1:
            msg = f"the {name} must be at least 1; got {value}. Leave it away for a good default."
            raise SegError(msg)
    halo = options.halo or default_halo(network)
    tile_shape = options.tile_shape or default_tile_shape(network, model.record.image_size, region.shape, halo)
    require_tile_fits(network, tile_shape, halo)
    overlap = aggregation.default_overlap if options.overlap is None else options.overlap
    tiles = plan_tiles(region, tile_shape, halo, overlap, model.slices)
    n_classes = len(model.class_names)
    bytes_per_voxel = n_classes * PROBABILITY_BYTES + LABEL_BYTES + volume.image.dtype.itemsize
    return PredictionPlan(
        tiles=tiles,
        aggregation=aggregation,
        halo=halo,
        batch_size=options.batch_size or default_batch_size(tiles),
        block_shape=balanced_block_shape(region.shape, bytes_per_voxel, options.block_bytes),
        n_classes=n_classes,
    )
