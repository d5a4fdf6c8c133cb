"""What an evaluation compares: arrays that hold parts of one volume, in its coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_common.volume.array_reader import ArrayReader
    from seg_eval.metrics.surface_distance import VoxelSize
    from seg_eval.probability_volume import ProbabilitySource


@dataclass(frozen=True)
class PlacedArray:
    """An array that holds a part of a volume, read in the volume's coordinates."""

    reader: ArrayReader
    """The array."""
    start: Index3 = (0, 0, 0)
    """Where its first voxel lies in the volume."""

    def read(self, box: Box) -> NDArray[Any]:
        """Read a box given in the volume's coordinates."""
        return self.reader.read(box.shifted((-self.start[0], -self.start[1], -self.start[2])))


@dataclass(frozen=True)
class MeasuredArrays:
    """What is compared, all in one coordinate system."""

    region: Box
    """Voxels to measure."""
    n_classes: int
    """Class indices are 0 … n_classes - 1."""
    prediction: PlacedArray
    """Predicted labels."""
    reference: PlacedArray | None = None
    """Reference labels."""
    ignored_label: int | None = None
    """Reference value of voxels that are left out; there the prediction may hold it as well."""
    image: PlacedArray | None = None
    """Grey levels; needed for baselines and for histograms of grey levels."""
    probabilities: ProbabilitySource | None = None
    """Probabilities of the classes, when they are stored."""
    other_labels: Mapping[str, PlacedArray] = field(default_factory=dict)
    """Labels of other methods, by name, to judge on the same voxels."""
    voxel_size: VoxelSize | None = None
    """Edge lengths (z, y, x) of a voxel."""
    voxel_size_unit: str | None = None
    """Their unit."""
