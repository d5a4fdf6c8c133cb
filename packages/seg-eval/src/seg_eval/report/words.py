"""Words and numbers that several parts of the report say alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_eval.report.slice_choice import middle_voxel

if TYPE_CHECKING:
    from seg_common.schema.evaluation import BlobBox
    from seg_common.schema.evaluation_measures import NotableSlice

REASONS = {
    "largest_error_blob": "centre of the largest error blob",
    "largest_blob_in_slice": "largest error blob within a slice",
    "worst_slice": "largest share of wrong voxels",
    "most_uncertain_slice": "most uncertain",
}
BY_SHARE = ("worst_slice",)
BY_ENTROPY = ("most_uncertain_slice",)


def reason_in_words(one: NotableSlice) -> str:
    """Say why a slice is worth a look, with the number that tells it."""
    words = REASONS.get(one.reason, one.reason.replace("_", " "))
    return f"{words} ({value_in_words(one)})"


def value_in_words(one: NotableSlice) -> str:
    """Say the number behind a notable slice with what it counts."""
    if one.reason in BY_SHARE:
        return f"{one.value:.2%} wrong"
    if one.reason in BY_ENTROPY:
        return f"mean entropy {one.value:.3f}"
    return voxels_in_words(round(one.value))


def voxels_in_words(voxels: int) -> str:
    """Say how many voxels there are."""
    return f"{voxels:,} {'voxel' if voxels == 1 else 'voxels'}"


def blob_place(blob: BlobBox) -> str | None:
    """Give the voxel in the middle of a blob as the viewer takes it: axis, slice, and the two other coordinates."""
    voxel = middle_voxel(blob)
    return None if voxel is None else "z {} {} {}".format(*voxel)


def unit_in_words(unit: str | None) -> str:
    """Write a unit as people do."""
    return "\N{MICRO SIGN}m" if unit == "um" else unit or ""
