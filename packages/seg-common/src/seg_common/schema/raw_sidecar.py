"""`NAME.raw.yaml`: what a raw file cannot say of itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seg_common.geometry.box import Shape3
from seg_common.schema.base import Document
from seg_common.schema.volume import PositiveFloat, VoxelType


class RawSidecar(Document):
    """Layout of a raw file of voxels, x fastest."""

    kind: Literal["raw_sidecar"] = "raw_sidecar"
    shape: Shape3
    """Voxels along (z, y, x)."""
    dtype: VoxelType
    """Type of the voxels."""
    byte_order: Literal["little", "big"] = "little"
    """Order of the bytes of a voxel."""
    header_bytes: Annotated[int, Field(ge=0)] = 0
    """Bytes before the first voxel."""
    voxel_size: tuple[PositiveFloat, PositiveFloat, PositiveFloat] | None = None
    """Edge lengths (z, y, x) of a voxel."""
    voxel_size_unit: str | None = None
    """Unit of `voxel_size`, for example ``um``."""
