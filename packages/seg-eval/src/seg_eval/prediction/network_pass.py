"""One network in one orientation over a region: what is aggregated for itself, before the mean over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_common.errors import SegError
from seg_common.schema.prediction import PassRecord
from seg_eval.prediction.orientation import to_network, to_volume
from seg_eval.prediction.symmetric_network import choose_symmetries
from seg_eval.prediction.tile_defaults import (
    default_batch_size,
    default_halo,
    default_tile_shape,
    require_tile_fits,
)
from seg_eval.prediction.tile_plan import TilePlan, plan_tiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.geometry.box import Box, Index3
    from seg_common.geometry.symmetries import Symmetry
    from seg_common.schema.crops import Axis
    from seg_common.volume.opened_volume import Volume
    from seg_eval.prediction.aggregation import Aggregation
    from seg_eval.prediction.options import PredictionOptions
    from seg_eval.prediction.trained_model import TrainedModel

AXES: tuple[Axis, Axis, Axis] = ("z", "y", "x")


@dataclass(frozen=True)
class NetworkPass:
    """How one network goes over a region."""

    network: int
    """Place of the network among those of the prediction."""
    model_id: str
    """Identity of its training run."""
    weights_digest: str
    """Digest of its weights."""
    tiles: TilePlan
    """Grid of tiles, in the axes of the volume."""
    halo: Index3
    """Voxels discarded on each side of a tile, along the axes of the network."""
    symmetries: tuple[Symmetry, ...]
    """Symmetries of a tile that are averaged."""
    batch_size: int
    """Tiles per call of the network."""

    @property
    def network_tile_shape(self) -> Index3:
        """Voxels that the network classifies at one time, along its own axes."""
        return to_network(self.tiles.tile_shape, self.tiles.normal)

    def record(self) -> PassRecord:
        """Tell what has to be known to compare scores."""
        return PassRecord(
            model_id=self.model_id,
            weights_digest=self.weights_digest,
            along=AXES[self.tiles.normal],
            tile_shape=self.network_tile_shape,
            min_overlap=to_network(self.tiles.min_overlap, self.tiles.normal),
            halo=self.halo,
            symmetries=len(self.symmetries),
        )


@dataclass(frozen=True)
class TileLimits:
    """What tiles and batches must not exceed where nothing else is asked for."""

    batch_size: int | None = None
    """Tiles per call of a network."""
    side: int | None = None
    """Voxels of a tile along an axis, as far as divisors and halo allow it."""

    def smaller(self, passes: Sequence[NetworkPass], options: PredictionOptions) -> TileLimits:
        """Halve the batches and, when all are of one tile or as asked for, ask for a shorter side."""
        batch_size = max(one.batch_size for one in passes)
        if batch_size > 1 and options.batch_size is None:
            return TileLimits(batch_size // 2, self.side)
        return TileLimits(self.batch_size, max(max(one.network_tile_shape) for one in passes) - 1)


def plan_passes(
    models: Sequence[TrainedModel],
    volume: Volume,
    region: Box,
    options: PredictionOptions,
    aggregation: Aggregation,
    limits: TileLimits,
) -> tuple[NetworkPass, ...]:
    """Lay a grid for every network and every orientation.

    Parameters
    ----------
    models : sequence of TrainedModel
        Their networks are not needed yet.
    volume : Volume
        The scan.
    region : Box
        Voxels to classify.
    options : PredictionOptions
        What the user asks for; it holds for every model.
    aggregation : Aggregation
        Its overlap is taken where none is asked for.
    limits : TileLimits
        For tiles and batches that the options leave open.

    Returns
    -------
    tuple of NetworkPass
        Models in their order, each along z, y and x as asked for.

    Raises
    ------
    SegError
        If there are no such symmetries, or an orientation is asked of 3D networks.
    CropError
        If tile, halo and overlap do not fit the network or each other.
    """
    if options.along is not None and all(model.record.network.dimensions == "3D" for model in models):
        msg = f"a 3D network has no slices to orient; got along {options.along}. Leave --along away."
        raise SegError(msg)
    passes = []
    for place, model in enumerate(models):
        grids = [_grid(model, region, options, aggregation, limits, normal) for normal in _normals(model, options)]
        # One batch for all orientations: the network fills up smaller ones.
        most = [default_batch_size(tiles) for tiles, _ in grids]
        batch_size = options.batch_size or min(most if limits.batch_size is None else [*most, limits.batch_size])
        reference = model.reference()
        for tiles, halo in grids:
            voxel_size = volume.document.voxel_size
            symmetries = choose_symmetries(
                options.symmetries,
                to_network(tiles.tile_shape, tiles.normal),
                None if voxel_size is None else to_network(voxel_size, tiles.normal),
            )
            identity = reference.model_id, reference.weights_digest
            passes.append(NetworkPass(place, *identity, tiles, halo, symmetries, batch_size))
    return tuple(passes)


def _normals(model: TrainedModel, options: PredictionOptions) -> list[int]:
    """Axes across which slices lie: those asked for, else the one axis that the network was trained across, else z."""
    if model.record.network.dimensions == "3D":
        return [0]
    if options.along == "all":
        return [0, 1, 2]
    trained = model.record.config.crops.normals
    return [AXES.index(options.along or (trained[0] if len(trained) == 1 else "z"))]


def _grid(
    model: TrainedModel,
    region: Box,
    options: PredictionOptions,
    aggregation: Aggregation,
    limits: TileLimits,
    normal: int,
) -> tuple[TilePlan, Index3]:
    dimensions, divisors = model.record.network.dimensions, model.side_divisors
    halo = options.halo or default_halo(dimensions, divisors)
    tile_shape = options.tile_shape or default_tile_shape(
        dimensions, divisors, model.record.image_size, to_network(region.shape, normal), halo, limits.side
    )
    require_tile_fits(dimensions, divisors, tile_shape, halo)
    overlap = aggregation.default_overlap if options.overlap is None else options.overlap
    shares = (overlap,) * 3 if isinstance(overlap, int | float) else overlap
    tiles = plan_tiles(
        region,
        to_volume(tile_shape, normal),
        to_volume(halo, normal),
        to_volume(shares, normal),
        model.slices,
        normal,
    )
    return tiles, halo
