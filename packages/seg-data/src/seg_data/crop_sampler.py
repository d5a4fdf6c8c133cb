"""Crop n of one or several volumes as a function of the seed and n: where it lies and how it is turned."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import CropError, SegError
from seg_common.geometry.box import Box
from seg_common.seeding import stream
from seg_common.volume.opened_volume import Volume
from seg_data.array_in_memory import DEFAULT_BUDGET_BYTES, MemoryBudget
from seg_data.computed_once import ComputedOnce
from seg_data.grouping import groups
from seg_data.region_sampler import RegionSampler
from seg_data.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.schema.crops import CropsConfig

CROPS_PER_CHUNK = 64
"""Crops that are drawn together, because that costs little more than one, and kept till their batches are asked for."""
CHUNKS_KEPT = 16
TURNS_PER_STREAM = 256
"""Crops whose symmetries share a random stream."""


@dataclass(frozen=True)
class Crop:
    """One kept crop; it says everything needed to cut it again."""

    n: int
    """Its number in the stream."""
    box: Box
    """Its voxels, in the volume's coordinates."""
    symmetry: int = 0
    """Index into the symmetries of its source; 0 leaves the crop as it is."""
    attempts: int = 1
    """Crops offered for it, itself included."""
    source: int = 0
    """Index of the volume and plane that it comes from, in `CropSampler.sources`."""


@dataclass(frozen=True, eq=False)
class CropRows:
    """Several kept crops as arrays, for work on many."""

    numbers: NDArray[np.int64]
    """Numbers in the stream, shape (crop,)."""
    sources: NDArray[np.int64]
    """Index of each crop's source, shape (crop,)."""
    starts: NDArray[np.int64]
    """First voxels (z, y, x), shape (crop, 3)."""
    symmetries: NDArray[np.int64]
    """Index of each crop's symmetry, shape (crop,)."""
    attempts: NDArray[np.int64]
    """Crops offered for each, shape (crop,)."""

    def part(self, first: int, stop: int) -> CropRows:
        """Give the rows from one place to before another; views, never to be written to."""
        return CropRows(
            self.numbers[first:stop],
            self.sources[first:stop],
            self.starts[first:stop],
            self.symmetries[first:stop],
            self.attempts[first:stop],
        )

    @classmethod
    def joined(cls, parts: Sequence[CropRows]) -> CropRows:
        """Lay rows end to end."""
        if len(parts) == 1:
            return parts[0]
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))


class CropSampler:
    """Draw crops; make it with `make_sampler`.

    Crop n depends on the seed and n alone, so that the order of access, the batch size and the number of workers cannot change
    what is drawn. Threads may share a sampler.
    """

    config: CropsConfig
    """How crops are drawn."""
    seed: int
    """Seed of the crop stream."""
    sources: tuple[RegionSampler, ...]
    """Volumes and planes that crops come from."""
    shares: list[float]
    """Share of the crops that each source gives."""
    left_out: tuple[str, ...]
    """Why volumes that were given are not among the sources."""
    budget: MemoryBudget
    """Memory for regions that are loaded."""

    def __init__(
        self,
        sources: Sequence[RegionSampler],
        weights: Sequence[float],
        config: CropsConfig,
        seed: int,
        budget: MemoryBudget,
        left_out: Sequence[str] = (),
    ) -> None:
        self.config = config
        self.seed = seed
        self.sources = tuple(sources)
        self.budget = budget
        self.left_out = tuple(left_out)
        self._turns = Turns(weights, seed)
        self.shares = self._turns.shares
        self._symmetry_counts = np.array([len(source.symmetries) for source in self.sources])
        self._turned = lru_cache(maxsize=16)(lambda number: stream(seed, "symmetry", number).random(TURNS_PER_STREAM))
        self._chunk = ComputedOnce(self._draw_chunk, CHUNKS_KEPT)

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
        return self.crops(n, 1)[0]

    def crops(self, first: int, count: int) -> list[Crop]:
        """Draw crops `first` … `first + count - 1`. Raises as `crop`."""
        rows = self.rows(first, count)
        return [
            Crop(n, Box(start=(z, y, x), shape=self.sources[source].shape), symmetry, attempts, source)
            for n, source, (z, y, x), symmetry, attempts in zip(
                rows.numbers.tolist(),
                rows.sources.tolist(),
                rows.starts.tolist(),
                rows.symmetries.tolist(),
                rows.attempts.tolist(),
                strict=True,
            )
        ]

    def rows(self, first: int, count: int) -> CropRows:
        """Draw crops `first` … `first + count - 1` as arrays, never to be written to. Raises as `crop`."""
        if not 0 < count <= CROPS_PER_CHUNK:
            return self._draw(first, count)
        chunks = range(first // CROPS_PER_CHUNK, (first + count - 1) // CROPS_PER_CHUNK + 1)
        try:
            drawn = [self._chunk(chunk) for chunk in chunks]
        except SegError:
            # Another crop of the chunk may be the one that cannot be drawn.
            return self._draw(first, count)
        begin = first - chunks.start * CROPS_PER_CHUNK
        return CropRows.joined(drawn).part(begin, begin + count)

    def _draw_chunk(self, chunk: int) -> CropRows:
        return self._draw(chunk * CROPS_PER_CHUNK, CROPS_PER_CHUNK)

    def _draw(self, first: int, count: int) -> CropRows:
        numbers = np.arange(first, first + count)
        turns = self._turns.of(numbers)
        starts, attempts = np.empty((count, 3), np.int64), np.empty(count, np.int64)
        for index, here in groups(turns.sources):
            starts[here], attempts[here] = self.sources[index].kept(turns.numbers[here])
        symmetries = (self._numbers_to_turn_by(numbers) * self._symmetry_counts[turns.sources]).astype(np.int64)
        return CropRows(numbers, turns.sources, starts, symmetries, attempts)

    def _numbers_to_turn_by(self, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        streams, places = np.divmod(numbers, TURNS_PER_STREAM)
        drawn = np.empty(len(numbers))
        for number, of_stream in groups(streams):
            drawn[of_stream] = self._turned(number)[places[of_stream]]
        return drawn


def make_sampler(
    volumes: Volume | Sequence[Volume],
    config: CropsConfig,
    seed: int,
    *,
    weights: Sequence[float] | None = None,
    leave_out: bool = True,
    budget_bytes: int = DEFAULT_BUDGET_BYTES,
) -> CropSampler:
    """Make a sampler of crops.

    Parameters
    ----------
    volumes : Volume or sequence of Volume
        Opened volumes with the same classes; must stay open while crops are drawn.
    config : CropsConfig
        Partition, shape, positions, rejection function and symmetries.
    seed : int
        Non-negative; the whole stream of crops follows from it.
    weights : sequence of float, optional
        Crops of each volume in proportion to each other, above 0; all alike when not given.
    leave_out : bool
        Whether a volume that can give no crop is left out (see `CropSampler.left_out`) as long as another one can; else it is an
        error. A volume given alone always is.
    budget_bytes : int
        Labels and images of the regions are loaded while they are together at most this large, otherwise read crop by crop.

    Returns
    -------
    CropSampler

    Raises
    ------
    VolumeError
        If a volume has no such partition, or volumes differ in their classes.
    CropError
        If the crop does not fit into the partition, the class of the rejection function is unknown or never occurs there, or
        nothing is ever kept.
    LabelVolumeError
        If crops are to be rejected and the volume has no labels, or labels outside its classes.
    """
    given = [volumes] if isinstance(volumes, Volume) else list(volumes)
    shares = list(weights) if weights is not None else [1.0] * len(given)
    _require_sources(given, shares)
    budget = MemoryBudget(budget_bytes)
    sources: list[RegionSampler] = []
    of_sources: list[float] = []
    left_out: list[str] = []
    for number, (volume, share) in enumerate(zip(given, shares, strict=True)):
        try:
            found = [
                RegionSampler(volume, config, seed, len(config.normals) * number + i, normal, budget)
                for i, normal in enumerate(config.normals)
            ]
            if len(given) > 1:
                for source in found:
                    source.kept(np.zeros(1, np.int64))
        except SegError as error:
            if len(given) == 1 or not leave_out:
                raise
            left_out.append(f"{volume.document.name} ({volume.path}): {error}")
            continue
        sources += found
        of_sources += [share / len(found)] * len(found)
    if not sources:
        msg = f"one volume at least must give crops; none of {len(given)} does. The first: {left_out[0]}"
        raise CropError(msg)
    return CropSampler(sources, of_sources, config, seed, budget, left_out)


def _require_sources(volumes: Sequence[Volume], weights: Sequence[float]) -> None:
    if not volumes or len(weights) != len(volumes) or not all(0 < weight < np.inf for weight in weights):
        msg = f"each volume needs one weight above 0; got {len(volumes)} volumes and the weights {list(weights)}."
        raise CropError(msg)
    first = volumes[0]
    for volume in volumes[1:]:
        if volume.document.class_names != first.document.class_names:
            msg = (
                f"volumes of one training set need the same classes in the same order; {first.path} has "
                f"{first.document.class_names} and {volume.path} has {volume.document.class_names}. Correct the documents."
            )
            raise CropError(msg)
        if volume.image.dtype != first.image.dtype or (volume.labels is None) != (first.labels is None):
            msg = (
                f"volumes of one training set need one dtype, and all or none labels; {first.path} and {volume.path} differ. "
                "Import them alike."
            )
            raise CropError(msg)
