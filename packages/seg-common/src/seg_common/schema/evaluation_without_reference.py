"""Parts of `evaluation.json` that need no reference: doubt, grey levels beside those of training, slices to annotate."""

from __future__ import annotations

from pydantic import Field

from seg_common.schema.base import Fraction, StrictModel
from seg_common.schema.evaluation_measures import Axis, OptionalFraction


class AxisUncertainty(StrictModel):
    """Mean normalised entropy of the slices across one axis; `profiles.csv` has every slice."""

    axis: Axis
    """Axis across the slices."""
    least: Fraction
    """That of the surest slice."""
    median: Fraction
    """That of the slice in the middle of the order."""
    most: Fraction
    """That of the least sure slice."""
    most_at: int
    """Where it is, in the volume's coordinates."""


class Uncertainty(StrictModel):
    """How sure the network is of its answer."""

    mean_entropy: Fraction
    """Mean normalised entropy of the region: 0 for certainty, 1 for equal probabilities."""
    low_confidence_below: Fraction
    """Voxels whose highest probability is less have low confidence."""
    low_confidence_share: Fraction
    """Share of the voxels measured that have low confidence."""
    low_confidence_by_class: dict[str, OptionalFraction]
    """The same by class of the prediction, or of the reference where there is one; null for a class without voxels."""
    axes: list[AxisUncertainty]
    """By axis, in the order z, y, x; axes along which the region is one voxel wide are left out."""


class GreyRange(StrictModel):
    """Grey levels of the region beside those that the network was trained on."""

    trained_on: str
    """Volumes and region of training."""
    low: float
    """0.1 % of the training region's voxels are darker; the edge of a bin."""
    high: float
    """0.1 % of the training region's voxels are brighter; the edge of a bin."""
    share_below: Fraction
    """Share of this region's voxels that are darker than `low`."""
    share_above: Fraction
    """Share of this region's voxels that are brighter than `high`."""
    histogram_distance: OptionalFraction
    """Total variation distance between the two histograms; amounts of the classes differ in it as well."""
    unexplained_share: OptionalFraction
    """Total variation distance to the training histograms of the classes in the predicted amounts."""


class SliceToAnnotate(StrictModel):
    """A slice whose labels would help the next training."""

    axis: Axis
    """Axis across the slice."""
    index: int
    """Its place along that axis, in the volume's coordinates."""
    mean_entropy: Fraction
    """How unsure the network is there."""
    similarity: Fraction
    """Largest similarity, in predicted amounts of the classes, to a slice chosen before: 1 for equal amounts."""
    score: float = Field(le=1)
    """Doubt in units of the least sure slice, less what the similarity takes away."""
