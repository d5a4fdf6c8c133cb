"""Every choice of a prediction, made and checked before any work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_common.errors import SegError
from seg_common.geometry.tiling import block_boxes
from seg_common.schema.prediction import AggregationRecord
from seg_eval.prediction.aggregation import Aggregation, aggregation_named
from seg_eval.prediction.block_choice import choose_blocks
from seg_eval.prediction.memory_budget import (
    SMALLEST_BLOCK_BYTES,
    MemoryBudget,
    share_memory,
    too_little,
)
from seg_eval.prediction.network_pass import NetworkPass, TileLimits, plan_passes
from seg_eval.prediction.trained_model import TrainedModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seg_common.geometry.box import Box, Index3
    from seg_common.volume.opened_volume import Volume
    from seg_eval.prediction.options import PredictionOptions
    from seg_eval.prediction.tile_plan import TilePlan

LARGEST_REGION = 3 * 10**10
"""Voxels whose probabilities 64 bits hold when they are summed in steps of 2^-28, as here and for the measures."""
PROBABILITY_BYTES = 4
LABEL_BYTES = 1


@dataclass(frozen=True)
class PredictionPlan:
    """What will be computed, and in which pieces."""

    passes: tuple[NetworkPass, ...]
    """Every network in every orientation; their mean is the prediction."""
    aggregation: Aggregation
    """How the tiles of a pass become one answer."""
    block_shape: Index3
    """Blocks accumulated at one time."""
    n_classes: int
    """Probabilities per voxel."""
    block_memory: int
    """Bytes that a block takes; more than its budget only where even small blocks do."""
    budget: MemoryBudget
    """Where the memory may go."""

    @property
    def region(self) -> Box:
        """Voxels to classify, in the volume's coordinates."""
        return self.tiles.region

    @property
    def tiles(self) -> TilePlan:
        """Grid of tiles of the first pass."""
        return self.passes[0].tiles

    @property
    def batch_size(self) -> int:
        """Tiles per call of the first network."""
        return self.passes[0].batch_size

    def batch_size_of(self, network: int) -> int:
        """Tiles per call of a network."""
        return next(one.batch_size for one in self.passes if one.network == network)

    def blocks(self) -> Iterator[Box]:
        """Blocks of the region in raster order."""
        return block_boxes(self.region, self.block_shape)

    def tiles_in_grids(self) -> int:
        """Count the tiles of all passes."""
        return sum(one.tiles.tiles for one in self.passes)

    def tiles_computed(self) -> int:
        """Count the tiles that go through the networks; those that two blocks share go twice."""
        return sum(self.tiles_computed_in(one) for one in self.passes)

    def tiles_computed_in(self, one: NetworkPass) -> int:
        """Count the tiles of a pass that go through its network."""
        return sum(one.tiles.count_in(block) for block in self.blocks())

    def aggregation_record(self) -> AggregationRecord:
        """Tell what has to be known to compare scores."""
        first, *others = (one.record() for one in self.passes)
        return AggregationRecord(
            kind=self.aggregation.kind,
            tile_shape=first.tile_shape,
            min_overlap=first.min_overlap,
            halo=first.halo,
            symmetries=first.symmetries,
            along=first.along,
            more_passes=others,
        )


def plan_prediction(
    models: Sequence[TrainedModel] | TrainedModel, volume: Volume, region: Box, options: PredictionOptions
) -> PredictionPlan:
    """Choose what the options leave open, and check what they ask for.

    Parameters
    ----------
    models : TrainedModel or sequence of TrainedModel
        The models; their networks are not needed yet.
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
        If the aggregation is unknown, a number is not positive, or the region is too large to be summed exactly.
    CropError
        If tile, halo and overlap do not fit the network or each other.
    """
    models = [models] if isinstance(models, TrainedModel) else list(models)
    aggregation = aggregation_named(options.aggregation)
    limits = (("batch size", options.batch_size), ("block memory", options.block_bytes), ("memory", options.max_memory))
    for name, value in limits:
        if value is not None and value < 1:
            msg = f"the {name} must be at least 1; got {value}. Leave it away for a good default."
            raise SegError(msg)
    if region.voxels > LARGEST_REGION:
        msg = (
            f"a region must hold at most {LARGEST_REGION:,} voxels, for its probabilities are summed in 64 bits; "
            f"[{region}] holds {region.voxels:,}. Predict its parts one after the other with --partition."
        )
        raise SegError(msg)
    passes, budget = _passes_in_memory(models, volume, region, options, aggregation)
    n_classes = len(models[0].class_names)
    sums = 1 if len(passes) == 1 else 2  # those of the pass, and of all passes
    blocks = choose_blocks(
        [one.tiles for one in passes],
        sums * n_classes * PROBABILITY_BYTES + LABEL_BYTES + (n_classes * 2 + 1 if options.save else 0),
        volume.image.dtype.itemsize,
        budget.block_bytes,
    )
    return PredictionPlan(
        passes=passes,
        aggregation=aggregation,
        block_shape=blocks.shape,
        n_classes=n_classes,
        block_memory=blocks.bytes,
        budget=budget,
    )


def _passes_in_memory(
    models: Sequence[TrainedModel], volume: Volume, region: Box, options: PredictionOptions, aggregation: Aggregation
) -> tuple[tuple[NetworkPass, ...], MemoryBudget]:
    """Plan with the tiles and batches that the networks like; with smaller ones only where the memory does not hold them."""
    limits = TileLimits()
    while True:
        passes = plan_passes(models, volume, region, options, aggregation, limits)
        budget = share_memory(options, models, passes)
        if options.max_memory is None or budget.block_bytes >= SMALLEST_BLOCK_BYTES:
            return passes, budget
        smaller = limits.smaller(passes, options)
        if plan_passes(models, volume, region, options, aggregation, smaller) == passes:
            raise too_little(options, budget)
        limits = smaller
