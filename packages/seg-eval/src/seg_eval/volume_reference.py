"""Identity of a scan in records and documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.schema.prediction import VolumeReference

if TYPE_CHECKING:
    from seg_common.volume.opened_volume import Volume


def volume_reference(volume: Volume, image_digest: str | None) -> VolumeReference:
    """Describe a scan.

    Parameters
    ----------
    volume : Volume
        The scan.
    image_digest : str or None
        Digest of its grey levels; None when it is not known.

    Returns
    -------
    VolumeReference
        With the absolute path of its document.
    """
    document = volume.document
    return VolumeReference(
        path=str(volume.path.resolve()),
        name=document.name,
        shape=document.shape,
        image_digest=image_digest,
        voxel_size=document.voxel_size,
        voxel_size_unit=document.voxel_size_unit,
    )
