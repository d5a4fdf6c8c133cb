"""Crop n of a volume as a function of the seed and n: where it lies, what it was kept for, how it is turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_common.errors import CropError
from seg_common.geometry.symmetries import symmetries_of
from seg_common.schema.crop_positions import CoveringPositions, GridPositions
from seg_common.seeding import stream
from seg_data.array_in_memory import DEFAULT_BUDGET_BYTES, in_memory
from seg_data.crop_content import CountedContent
from seg_data.crop_draws import Candidate, CyclicDraws, IndependentDraws, Judge, NothingKept
from seg_data.crop_positions.covering import CoveringStarts
from seg_data.crop_positions.grid import GridStarts
from seg_data.crop_positions.uniform import UniformStarts
from seg_data.crop_rejection import describe_rejection, rejection_function

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.geometry.symmetries import Symmetry
    from seg_common.schema.crops import CropsConfig
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume


@dataclass(frozen=True)
class Crop:
    """One kept crop; it says everything needed to cut it again."""

    n: int
    """Its number in the stream."""
    box: Box
    """Its voxels, in the volume's coordinates."""
    symmetry: int = 0
    """Index into `symmetries_of(box.shape)`; 0 leaves the crop as it is."""
    attempts: int = 1
    """Candidates looked at for it, itself included."""
    class_fractions: tuple[float, ...] | None = None
    """Share of its voxels in each class; None when no rejection function asked for them."""


class CropSampler:
    """Draw crops from one region of a volume; make it with `make_sampler`.

    Crop n depends on the seed and n alone, so that the order of access, the batch size and the number of workers cannot change
    what is drawn. Threads may share a sampler.
    """

    volume: Volume
    """The volume; must stay open while crops are drawn."""
    config: CropsConfig
    """How crops are drawn."""
    seed: int
    """Seed of the crop stream."""
    region: Box
    """Where crops are drawn."""
    labels: ArrayReader | None
    """Labels of the region, in memory when they are small; None for a volume without labels."""
    content: CountedContent | None
    """Class counts of any box in the region; None for a volume without labels."""

    def __init__(
        self, volume: Volume, config: CropsConfig, seed: int, budget_bytes: int = DEFAULT_BUDGET_BYTES
    ) -> None:
        self.volume = volume
        self.config = config
        self.seed = seed
        self.region = volume.partition(config.partition)
        self._require_fit()
        self.labels = None if volume.labels is None else in_memory(volume.labels, self.region, budget_bytes)
        names = volume.document.class_names
        self.content = None if self.labels is None else CountedContent(self.labels, len(names), volume.ignored_label)
        self._region_counts: NDArray[np.int64] | None = None
        judge = Judge(config.shape)
        if config.rejection is not None:
            volume.require_labels()
            function = rejection_function(config.rejection, names)
            self._require_class(function.class_index)
            judge = Judge(config.shape, self.content, function)
        self._draws = self._make_draws(judge)

    @property
    def crops_per_cycle(self) -> int | None:
        """Crops offered in a cycle, after which every voxel was offered; None for uniform positions, which promise nothing."""
        return self._draws.crops_per_cycle

    @property
    def symmetries(self) -> tuple[Symmetry, ...]:
        """The ways a crop may be turned, the identity first."""
        return symmetries_of(self.config.shape) if self.config.symmetries else symmetries_of(self.config.shape)[:1]

    @property
    def region_class_counts(self) -> NDArray[np.int64] | None:
        """Voxels of the region in each class, counted at the first call; None for a volume without labels."""
        if self._region_counts is None and self.content is not None:
            self._region_counts = self.content.class_counts(self.region)
        return self._region_counts

    def crop(self, n: int) -> Crop:
        """Draw crop n.

        Parameters
        ----------
        n : int
            Number in the stream, from 0.

        Returns
        -------
        Crop

        Raises
        ------
        CropError
            If `max_attempts` candidates in a row were rejected, and for grid and covering positions a whole cycle.
        LabelVolumeError
            If a label that has to be counted is not a class.
        """
        try:
            candidate, attempts = self._draws.kept(n)
        except NothingKept as error:
            raise self._nothing_kept(error) from None
        choices = len(self.symmetries)
        symmetry = int(stream(self.seed, "symmetry", n).integers(choices)) if choices > 1 else 0
        return Crop(n, candidate.box, symmetry, attempts, candidate.class_fractions)

    def offered(self, n: int) -> list[Candidate]:
        """All candidates looked at for crop n, in order; the last one is the crop. Raises as `crop`."""
        try:
            return self._draws.offered(n)
        except NothingKept as error:
            raise self._nothing_kept(error) from None

    def cycle(self, number: int) -> list[Candidate]:
        """All candidates of a cycle, in order.

        Raises
        ------
        CropError
            If positions are uniform: they have no cycles.
        """
        if isinstance(self._draws, IndependentDraws):
            msg = (
                "only grid and covering positions have cycles; got uniform positions. Choose another kind of positions."
            )
            raise CropError(msg)
        return self._draws.cycle(number)

    def expected_kept_per_cycle(self) -> float | None:
        """Crops that a cycle keeps on average, from the reject probabilities of the first cycle; None for uniform positions."""
        if self.crops_per_cycle is None or self.config.rejection is None:
            return self.crops_per_cycle
        return sum(1 - candidate.reject_probability for candidate in self.cycle(0))

    def _make_draws(self, judge: Judge) -> IndependentDraws | CyclicDraws:
        config, positions = self.config, self.config.positions
        if isinstance(positions, GridPositions):
            grid = GridStarts(self.region, config.shape, positions.min_overlap)
            return CyclicDraws(grid, judge, self.seed, config.max_attempts)
        if isinstance(positions, CoveringPositions):
            covering = CoveringStarts(self.region, config.shape, self.seed)
            return CyclicDraws(covering, judge, self.seed, config.max_attempts)
        return IndependentDraws(UniformStarts(self.region, config.shape), judge, self.seed, config.max_attempts)

    def _require_fit(self) -> None:
        crop, region = self.config.shape, self.region.shape
        if any(c > r for c, r in zip(crop, region, strict=True)):
            limits = ", ".join(f"{a} ≤ {r}" for a, c, r in zip("zyx", crop, region, strict=True) if c > r)
            msg = (
                f"a crop must fit inside its region on every axis; got crop shape {crop} for partition "
                f"{self.config.partition!r} of shape {region} in {self.volume.path}. Choose {limits}."
            )
            raise CropError(msg)

    def _require_class(self, class_index: int) -> None:
        counts = self.region_class_counts
        if counts is None or self.config.rejection is None or counts[class_index]:
            return
        names = self.volume.document.class_names
        present = ", ".join(name for name, count in zip(names, counts, strict=True) if count) or "none"
        msg = (
            f"the class of a rejection function must occur where crops are drawn; {names[class_index]!r} has no voxel in "
            f"partition {self.config.partition!r} of {self.volume.path}, it holds: {present}. "
            f"Choose another class or partition for {describe_rejection(self.config.rejection)}."
        )
        raise CropError(msg)

    def _nothing_kept(self, error: NothingKept) -> CropError:
        rejection = self.config.rejection
        function = "none" if rejection is None else describe_rejection(rejection)
        return CropError(
            f"at least one crop in {self.config.max_attempts} must be kept; {function} rejected {error.rejected} crops in a row "
            f"(measured acceptance 0 of {error.rejected}) in partition {self.config.partition!r} of {self.volume.path}. "
            "Ask for less of the class, lower the probability, enlarge the crop or raise max_attempts."
        )


def make_sampler(
    volume: Volume, config: CropsConfig, seed: int, *, budget_bytes: int = DEFAULT_BUDGET_BYTES
) -> CropSampler:
    """Make a sampler of crops.

    Parameters
    ----------
    volume : Volume
        An opened volume; must stay open while crops are drawn.
    config : CropsConfig
        Partition, shape, positions, rejection function and symmetries.
    seed : int
        Non-negative; the whole stream of crops follows from it.
    budget_bytes : int
        The labels of the region are loaded when they are at most this large, otherwise read crop by crop.

    Returns
    -------
    CropSampler

    Raises
    ------
    VolumeError
        If the volume has no such partition.
    CropError
        If the crop does not fit into the partition, or the class of the rejection function is unknown or never occurs there.
    LabelVolumeError
        If crops are to be rejected and the volume has no labels, or labels outside its classes.
    """
    return CropSampler(volume, config, seed, budget_bytes)
