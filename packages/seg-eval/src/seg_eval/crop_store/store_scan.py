"""The grid and the scan of a store of crops, found again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.errors import SegError, VolumeError
from seg_common.volume.digests import array_digest
from seg_common.volume.opened_volume import open_volume
from seg_eval.prediction.tile_plan import AxisGrid, TilePlan

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.schema.crop_store import CropStoreDocument
    from seg_common.volume.opened_volume import Volume


def stored_grid(record: CropStoreDocument) -> TilePlan:
    """Make the grid of the stored crops: they are tiles without a halo, which was cut off."""
    starts = record.positions.grid_starts
    if starts is None:
        msg = (
            "crops at random places do not cover every voxel; only those of a grid are aggregated. "
            "Compare stores as they are with seg-eval compare, or write one with --positions grid."
        )
        raise SegError(msg)
    z, y, x = (
        AxisGrid(origin, length, used, used, overlap, tuple(places))
        for origin, length, used, overlap, places in zip(
            record.region.start, record.region.shape, record.crop_shape, record.min_overlap, starts, strict=True
        )
    )
    return TilePlan(region=record.region, axes=(z, y, x))


def open_scan(record: CropStoreDocument, path: Path | str | None) -> Volume:
    """Open the volume of a store with the labels that it had then."""
    names: list[str | None] = [None]
    with open_volume(path or record.volume.path) as scan:
        digest = array_digest(scan.image)
        if digest != record.volume.image_digest:
            msg = (
                f"the volume must be the one that the crops were cut from, digest {record.volume.image_digest}; "
                f"{scan.path} has {digest}. Name the right one with --volume."
            )
            raise VolumeError(msg)
        if record.reference_digest is not None:
            names = list(scan.document.labels)
    for name in names:
        scan = open_volume(path or record.volume.path, name)
        if record.reference_digest is None or (
            scan.labels is not None and array_digest(scan.labels, record.region) == record.reference_digest
        ):
            return scan
        scan.close()
    msg = (
        f"the reference labels must be those that the crops were stored beside, digest {record.reference_digest}; "
        f"{path or record.volume.path} has no such version. Write the store again."
    )
    raise VolumeError(msg)
