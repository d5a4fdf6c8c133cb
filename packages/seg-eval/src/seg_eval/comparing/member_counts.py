"""Count what each member answers on the voxels that count for all of them, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from seg_common.cli_support import progress
from seg_common.counting.label_values import require_class_labels
from seg_common.errors import SegError
from seg_common.geometry.tiling import block_boxes
from seg_eval.balanced_blocks import balanced_block_shape
from seg_eval.crop_store.crop_counts import scaled_confusion
from seg_eval.metrics.class_codes import class_codes
from seg_eval.metrics.error_blobs import StreamingErrorBlobs
from seg_eval.streaming.component_pairs import StreamingComponentPairs
from seg_eval.streaming.region_counts import RegionCounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_eval.comparing.opened_labels import LabelFile
    from seg_eval.metrics.error_blobs import ErrorBlobSummaries
    from seg_eval.streaming.component_pairs import ComponentPairs
    from seg_eval.streaming.lattice import Lattice
    from seg_eval.streaming.streaming_blobs import Connectivity

BYTES_PER_VOXEL = 32
"""Reference, codes, masks and the runs of one block."""

BYTES_PER_ANSWER = 4
"""Answers of one member: one label, or a number for each class, and where they are known."""


@dataclass(frozen=True, eq=False)
class Blobs:
    """Connected components of a member with one label per voxel."""

    components: ComponentPairs
    """Those of the reference and of the prediction, and how they overlap."""
    errors: ErrorBlobSummaries
    """Those of wrong voxels."""


@dataclass(frozen=True, eq=False)
class MemberCounts:
    """What one member answers on the shared voxels."""

    lattice: Lattice
    """Where the cells lie."""
    cells: NDArray[Any]
    """Voxels by cell (z, y, x), reference class and answer; fractions of voxels where answers of one voxel differ."""
    answers: dict[int, NDArray[np.int64]]
    """Answers by (reference class, answer), by how often each voxel was seen."""
    blobs: Blobs | None
    """None without one label per voxel."""

    @property
    def scaled_confusion(self) -> NDArray[Any]:
        """Voxels by (reference class, answer) times the least common multiple of the visits: whole numbers without limit."""
        return scaled_confusion(self.answers, self.cells.shape[-1])


class Counter(Protocol):
    """Counts one member while all of them are read."""

    def read(self, block: Box) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Read the answers of a block, and where there are any; None for everywhere."""

    def add(self, block: Box, reference_codes: NDArray[Any], answers: NDArray[Any]) -> None:
        """Count the next block in raster order; voxels whose reference code is 0 do not count."""

    def finish(self) -> MemberCounts:
        """Return the counts of the whole region."""


class LabelCounter:
    """Counts of a member with one label per voxel.

    Parameters
    ----------
    labels : LabelFile
        Its answers.
    region : Box
        Shared region.
    n_classes : int
        Class indices are 0 … n_classes - 1.
    connectivity : {1, 2, 3}
        Neighbours of a voxel in a blob: 6, 18 or 26.
    """

    def __init__(self, labels: LabelFile, region: Box, n_classes: int, connectivity: Connectivity) -> None:
        self._labels, self._n_classes = labels, n_classes
        self._counts = RegionCounts(region, n_classes)
        self._components = StreamingComponentPairs(region, connectivity)
        self._errors = StreamingErrorBlobs(region, n_classes, connectivity)

    def read(self, block: Box) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Read the answers of a block, and where there are any; None for everywhere."""
        return self._labels.read(block)[0], None

    def add(self, block: Box, reference_codes: NDArray[Any], answers: NDArray[Any]) -> None:
        """Count the next block in raster order; voxels whose reference code is 0 do not count."""
        known = reference_codes > 0
        checked = answers if known.all() else answers[known]
        require_class_labels(checked, self._n_classes, None, self._labels.array.reader)
        codes = class_codes(answers, self._n_classes, known)
        self._counts.add(block, reference_codes, codes)
        self._components.add(block, reference_codes, codes)
        self._errors.add_codes(block, reference_codes, codes)

    def finish(self) -> MemberCounts:
        """Return the counts of the whole region."""
        return MemberCounts(
            lattice=self._counts.lattice,
            cells=self._counts.cells,
            answers={1: self._counts.confusion},
            blobs=Blobs(self._components.finish(), self._errors.finish()),
        )


def count_members(
    counters: Sequence[Counter],
    references: Sequence[LabelFile],
    region: Box,
    n_classes: int,
    *,
    block_bytes: int,
    quiet: bool = True,
) -> tuple[list[MemberCounts], int, Index3]:
    """Read all members together, block by block, and count them on the same voxels.

    Parameters
    ----------
    counters : sequence of Counter
        One per member.
    references : sequence of LabelFile
        Reference of each member; equal ones are read once.
    region : Box
        Shared region.
    n_classes : int
        Class indices are 0 … n_classes - 1.
    block_bytes : int
        Memory for one block.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    counts : list of MemberCounts
        The same for any block size.
    voxels : int
        Voxels that count: known in every reference, and answered by every member.
    block_shape : tuple of int
        Blocks that were read at one time.

    Raises
    ------
    LabelVolumeError
        If a label is no class.
    SegError
        If no voxel counts.
    """
    needed = BYTES_PER_VOXEL + BYTES_PER_ANSWER * (1 + n_classes) * len(counters)
    block_shape = balanced_block_shape(region.shape, needed, block_bytes)
    sources = {reference.source: reference for reference in references}
    voxels = 0
    with progress(region.voxels, "comparing voxels", quiet=quiet) as advance:
        for block in block_boxes(region, block_shape):
            read = {key: reference.read(block) for key, reference in sources.items()}
            answers = [counter.read(block) for counter in counters]
            counted = np.ones(block.shape, np.bool_)
            for _, known in read.values():
                counted &= known
            for _, answered in answers:
                if answered is not None:
                    counted &= answered
            codes = {}
            for key, (labels, _) in read.items():
                require_class_labels(labels[counted], n_classes, None, sources[key].array.reader)
                codes[key] = class_codes(labels, n_classes, counted)
            for counter, reference, (answer, _) in zip(counters, references, answers, strict=True):
                counter.add(block, codes[reference.source], answer)
            voxels += int(np.count_nonzero(counted))
            advance(block.voxels)
    if voxels == 0:
        msg = (
            f"members must share voxels that count; in [{region}] each voxel is ignored by a reference or unseen by a "
            "member. Compare others, or evaluate another region."
        )
        raise SegError(msg)
    return [counter.finish() for counter in counters], voxels, block_shape
