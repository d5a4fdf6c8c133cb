"""The stream of crops of one region: one volume, one partition and, for 2D crops, one plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import CropError
from seg_common.geometry.box import Box
from seg_common.geometry.symmetries import symmetries_of
from seg_common.schema.crop_positions import CoveringPositions, GridPositions, WeightedPositions
from seg_common.schema.crop_rejection import Curve, MinClassFraction
from seg_data.acceptance_map import acceptance_layers, acceptance_of_row
from seg_data.crop_content.content import RegionContent
from seg_data.crop_content.mask import open_beside
from seg_data.crop_draws.cyclic import CyclicDraws
from seg_data.crop_draws.direct import DirectDraws
from seg_data.crop_draws.drawn import Drawn, NothingKept, Offered
from seg_data.crop_draws.independent import IndependentDraws
from seg_data.crop_judge import Judge
from seg_data.crop_positions.covering import CoveringStarts
from seg_data.crop_positions.grid import GridStarts
from seg_data.crop_positions.rows import RowStarts
from seg_data.crop_positions.uniform import UniformStarts
from seg_data.crop_positions.weighted import VoxelWeights, weights_by_class, weights_by_volume
from seg_data.crop_rejection.declared import declared_function, describe_rejection, leaves
from seg_data.crop_rejection.quantities import needs_voxels
from seg_data.plane_order import plane_shape, to_plane
from seg_data.training_labels import IGNORED, TrainingLabels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.symmetries import Symmetry
    from seg_common.schema.crops import Axis, CropsConfig
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume
    from seg_data.array_in_memory import MemoryBudget
    from seg_data.crop_draws.drawn import Draws
    from seg_data.crop_rejection.functions import RejectionFunction
    from seg_data.crop_rejection.quantities import Quantity

AXES: tuple[Axis, ...] = ("z", "y", "x")


@dataclass(frozen=True)
class Candidate:
    """A crop that was offered."""

    box: Box
    """Voxels of the crop, in the volume's coordinates."""
    kept: bool
    """Whether it was kept."""
    reject_probability: float = 0.0
    """Chance with which the function rejects it."""
    class_fractions: tuple[float, ...] | None = None
    """Share of its voxels in each class; None for a volume without labels."""


class RegionSampler:
    """Draw crops from one region; made by `seg_data.make_sampler`. Threads may share it.

    Parameters
    ----------
    volume : Volume
        An opened volume; must stay open while crops are drawn.
    config : CropsConfig
        How crops are drawn.
    seed : int
        Crop n depends on (seed, number, n) alone.
    number : int
        Tells apart the regions of one seed.
    normal : {"z", "y", "x"}
        Axis that 2D crops are perpendicular to.
    budget : MemoryBudget
        For the labels of the region.

    Raises
    ------
    VolumeError, CropError, LabelVolumeError
        As `seg_data.make_sampler`.
    """

    symmetries: tuple[Symmetry, ...]
    """The ways a crop may be turned once its plane is (rows, columns), the identity first."""

    def __init__(
        self, volume: Volume, config: CropsConfig, seed: int, number: int, normal: Axis, budget: MemoryBudget
    ) -> None:
        self.volume = volume
        self.config = config
        self.normal = normal
        self.region = volume.partition(config.partition)
        self.shape = plane_shape(config.shape, normal)
        self._require_fit()
        self.labels: ArrayReader | None = None
        if volume.labels is not None:
            checked = TrainingLabels(volume.labels, len(volume.document.classes), volume.ignored_label)
            self.labels = budget.load(checked, self.region)
        self.symmetries = self._find_symmetries()
        function, quantities = self._declared_function()
        self.content = RegionContent(volume, self.region, self.shape, self.labels, quantities)
        self._region_counts: NDArray[np.int64] | None = None
        self._require_classes()
        sparse = self.labels is not None and volume.ignored_label is not None
        self.judge = Judge(self.content, function, quantities, sparse=sparse)
        self._draws = self._make_draws(seed, number)

    @property
    def crops_per_cycle(self) -> int | None:
        """Crops that a cycle looks at, after which every (labelled) voxel was offered; None for positions without cycles."""
        return self._draws.crops_per_cycle

    @property
    def has_cycles(self) -> bool:
        """Whether positions come in cycles."""
        return self._draws.crops_per_cycle is not None

    def _find_symmetries(self) -> tuple[Symmetry, ...]:
        wanted, size = self.config.symmetries, self.volume.document.voxel_size
        if wanted == "keep_voxel_size" and size is not None:
            z, y, x = to_plane(size, self.normal)
            return symmetries_of(self.config.shape, (z, y, x))
        return symmetries_of(self.config.shape)[: None if wanted else 1]

    @property
    def region_class_counts(self) -> NDArray[np.int64] | None:
        """Voxels of the region in each class, counted at the first call; None for a volume without labels."""
        if self._region_counts is None and self.labels is not None:
            self._region_counts = self.content.counted.class_counts(self.region)
        return self._region_counts

    def kept(self, numbers: NDArray[np.int64]) -> Drawn:
        """Draw crops by their numbers in the region's stream.

        Raises
        ------
        CropError
            If `max_attempts` crops in a row were rejected, and for grid and covering positions a whole cycle.
        LabelVolumeError
            If a label that has to be counted is not a class.
        """
        try:
            return self._draws.kept(numbers)
        except NothingKept as error:
            raise self._nothing_kept(error) from None

    def offered_for(self, number: int) -> Offered:
        """List what was offered for a crop, in order; the last one is the crop. Raises as `kept`."""
        try:
            return self._draws.offered(number)
        except NothingKept as error:
            raise self._nothing_kept(error) from None

    def offered_in_cycle(self, number: int) -> Offered:
        """List what a cycle offers, in order.

        Raises
        ------
        CropError
            If positions have no cycles.
        """
        if not isinstance(self._draws, CyclicDraws):
            msg = (
                f"only grid and covering positions have cycles; got {self.config.positions.kind} positions. "
                "Choose another kind of positions."
            )
            raise CropError(msg)
        return self._draws.cycle(number)

    def candidates(self, offered: Offered) -> list[Candidate]:
        """Look at the content of offered crops."""
        starts = offered.starts
        probabilities = self.judge.probabilities(starts).tolist()
        shares: list[tuple[float, ...] | None] = [None] * len(starts)
        if self.labels is not None:
            fractions = self.content.class_counts(starts) / np.prod(self.shape)
            shares = [tuple(row) for row in fractions.tolist()]
        boxes = [Box(start=(z, y, x), shape=self.shape) for z, y, x in starts.tolist()]
        return [Candidate(*row) for row in zip(boxes, offered.kept.tolist(), probabilities, shares, strict=True)]

    def axis_probabilities(self) -> tuple[NDArray[np.float64], ...] | None:
        """Probability of each start along (z, y, x) for an offered crop; None when positions have weights of their own."""
        positions = self._positions
        return None if isinstance(positions, VoxelWeights) else positions.axis_probabilities()

    def position_weights(self, z: int) -> NDArray[np.float64]:
        """Weights of the positions of one layer, counted from the region's first; shape (y, x), not scaled to a sum."""
        if isinstance(self._positions, VoxelWeights):
            middles = self._positions.middles
            layer = Box(start=(middles.start[0] + z, *middles.start[1:]), shape=(1, middles.shape[1], middles.shape[2]))
            found: NDArray[np.float64] = self._positions.of(layer)[0]
            return found
        along_z, along_y, along_x = self._positions.axis_probabilities()
        weights: NDArray[np.float64] = along_z[z] * np.outer(along_y, along_x)
        return weights

    def draw_positions(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Draw positions as they are offered, from three random numbers each, without judging them; (crop, 3)."""
        if isinstance(self._positions, VoxelWeights):
            return self._positions.rows.starts(numbers)
        axes = [
            first + np.searchsorted(np.cumsum(probabilities), column * probabilities.sum(), side="right")
            for first, probabilities, column in zip(
                self.region.start, self._positions.axis_probabilities(), numbers.T, strict=True
            )
        ]
        last = np.array(self.region.start) + np.array(self.region.shape) - np.array(self.shape)
        starts: NDArray[np.int64] = np.minimum(np.stack(axes, axis=-1), last)
        return starts

    def _declared_function(self) -> tuple[RejectionFunction | None, tuple[Quantity, ...]]:
        rejection = self.config.rejection
        if rejection is None:
            return None, ()
        if not all(part.kind in ("grey", "mask") for part in leaves(rejection)):
            self.volume.require_labels()
        return declared_function(rejection, self.volume.document.class_names)

    def _require_classes(self) -> None:
        """Refuse functions that ask for a class which is not there."""
        for part in leaves(self.config.rejection) if self.config.rejection else ():
            if isinstance(part, MinClassFraction | Curve):
                self._require_class(part.class_name)

    def _make_positions(self) -> UniformStarts | GridStarts | CoveringStarts | VoxelWeights:
        positions = self.config.positions
        region, shape = self.region, self.shape
        if isinstance(positions, GridPositions):
            stride = positions.stride and plane_shape(positions.stride, self.normal)
            return GridStarts(region, shape, plane_shape(positions.min_overlap, self.normal), stride)
        if isinstance(positions, WeightedPositions):
            if positions.volume is not None:
                array = open_beside(positions.volume, self.volume)
                return weights_by_volume(array, region, shape)
            assert positions.class_shares is not None
            self.volume.require_labels()
            assert self.labels is not None
            names = self.volume.document.class_names
            return weights_by_class(self.labels, names, IGNORED, positions.class_shares, region, shape)
        return UniformStarts(region, shape)

    def _make_draws(self, seed: int, number: int) -> Draws:
        config, positions = self.config, self.config.positions
        # The first region of a seed draws what it would draw alone.
        counters = (number,) if number else ()
        if isinstance(positions, CoveringPositions):
            self._positions: UniformStarts | GridStarts | CoveringStarts | VoxelWeights
            self._positions = CoveringStarts(self.region, self.shape, seed, positions.passes, *counters)
        else:
            self._positions = self._make_positions()
        if isinstance(self._positions, GridStarts | CoveringStarts):
            return CyclicDraws(
                self._positions,
                self.judge,
                self.shape,
                seed,
                config.max_attempts,
                *counters,
                keep_uncovered=config.on_reject == "keep_uncovered",
            )
        if config.draw == "direct":
            return DirectDraws(self._accepted_rows(), seed, *counters)
        if isinstance(self._positions, VoxelWeights):
            rows = self._require_weight(self._positions.rows)
            return IndependentDraws(rows, self.judge, seed, config.max_attempts, *counters)
        return IndependentDraws(self._positions, self.judge, seed, config.max_attempts, *counters)

    def _accepted_rows(self) -> RowStarts:
        """Weigh positions by the probability of being drawn and kept."""
        reading = [quantity for quantity in self.judge.quantities if needs_voxels(quantity)]
        if reading:
            msg = (
                "direct draws need a function of class shares or masks, for they look at every position; got "
                f"{self._describe_function()}, which reads voxels. Choose draw: reject."
            )
            raise CropError(msg)
        if self.labels is None:
            self.volume.require_labels()
        layers = acceptance_layers(self.judge, self.region, self.shape)
        sums = [(layer.accepted * self.position_weights(layer.z)).sum(axis=1) for layer in layers]
        accepted_in_row = acceptance_of_row(self.judge, self.region, self.shape)

        def row(z: int, y: int) -> NDArray[np.float64]:
            weights: NDArray[np.float64] = accepted_in_row(z, y) * self.position_weights(z)[y]
            return weights

        return self._require_weight(RowStarts(self.region.start, np.stack(sums), row))

    def _require_weight(self, rows: RowStarts) -> RowStarts:
        if rows.total > 0:
            return rows
        msg = (
            f"a position must have a probability above 0; all of partition {self.config.partition!r} of {self.volume.path} have 0 "
            f"with {self.config.positions.kind} positions and {self._describe_function()}. "
            "Ask for less of the class, lower the probability, or enlarge the crop."
        )
        raise CropError(msg)

    def _require_fit(self) -> None:
        crop, region = self.shape, self.region.shape
        if any(c > r for c, r in zip(crop, region, strict=True)):
            limits = ", ".join(f"{a} ≤ {r}" for a, c, r in zip("zyx", crop, region, strict=True) if c > r)
            msg = (
                f"a crop must fit inside its region on every axis; got crop shape {crop} for partition "
                f"{self.config.partition!r} of shape {region} in {self.volume.path}. Choose {limits}."
            )
            raise CropError(msg)

    def _require_class(self, name: str) -> None:
        counts = self.region_class_counts
        names = self.volume.document.class_names
        assert counts is not None
        if counts[names.index(name)]:
            return
        present = ", ".join(n for n, count in zip(names, counts, strict=True) if count) or "none"
        msg = (
            f"the class of a rejection function must occur where crops are drawn; {name!r} has no voxel in "
            f"partition {self.config.partition!r} of {self.volume.path}, it holds: {present}. "
            f"Choose another class or partition for {self._describe_function()}."
        )
        raise CropError(msg)

    def _nothing_kept(self, error: NothingKept) -> CropError:
        return CropError(
            f"at least one crop in {self.config.max_attempts} must be kept; {self._describe_function()} rejected {error.rejected} "
            f"crops in a row (measured acceptance 0 of {error.rejected}) in partition {self.config.partition!r} of "
            f"{self.volume.path}. Ask for less of the class, lower the probability, enlarge the crop or raise max_attempts."
        )

    def _describe_function(self) -> str:
        return "no function" if self.config.rejection is None else describe_rejection(self.config.rejection)
