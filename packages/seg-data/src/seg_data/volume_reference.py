"""Which scan a record is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.schema.prediction import VolumeReference

if TYPE_CHECKING:
    from seg_common.volume.opened_volume import Volume


def volume_reference(volume: Volume) -> VolumeReference:
    """Name a scan in a record: its document, digest, shape and voxel size."""
    document = volume.document
    return VolumeReference(
        path=str(volume.path),
        name=document.name,
        shape=document.shape,
        image_digest=document.image.digest,
        voxel_size=document.voxel_size,
        voxel_size_unit=document.voxel_size_unit,
    )
