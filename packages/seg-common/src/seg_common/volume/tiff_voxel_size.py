"""Voxel size of a TIFF, from what ImageJ, OME or this package wrote into it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

from seg_common.volume.voxel_sizes import stated_voxel_size, unit_name

if TYPE_CHECKING:
    import tifffile

    from seg_common.volume.voxel_sizes import VoxelSize

IMAGEJ_DENOMINATOR = 10**6


def tiff_voxel_size(file: tifffile.TiffFile) -> tuple[VoxelSize | None, str | None]:
    """Edge lengths (z, y, x) of a voxel and their unit.

    A plain TIFF tells dots per inch and no thickness of a slice: it has none.
    """
    if file.is_ome:
        return _ome_voxel_size(file.ome_metadata or "")
    texts = file.imagej_metadata or (file.shaped_metadata or ({},))[0]
    unit = unit_name(texts.get("unit"))
    spacing = texts.get(
        "spacing", 1.0 if file.is_imagej and unit is not None else None
    )  # ImageJ leaves out a depth of one
    tags = file.pages.first.tags
    in_plane = [_edge(tags[name].value) if name in tags else None for name in ("YResolution", "XResolution")]
    if spacing is None or None in in_plane:
        return None, None
    return stated_voxel_size([abs(float(spacing)), *in_plane], unit)


def _edge(resolution: tuple[int, int]) -> float | None:
    """Edge of a pixel from pixels per unit, with as many digits as the fraction holds."""
    pixels, units = resolution
    if pixels <= 0 or units <= 0:
        return None
    return float(f"{units / pixels:.{6 if units == IMAGEJ_DENOMINATOR else 9}g}")


def _ome_voxel_size(text: str) -> tuple[VoxelSize | None, str | None]:
    """Physical size in OME's XML; https://www.openmicroscopy.org/Schemas/Documentation/Generated/OME-2016-06/."""
    try:
        pixels = ET.fromstring(text).find("{*}Image/{*}Pixels")
    except ET.ParseError:
        return None, None
    if pixels is None:
        return None, None
    units = {unit_name(pixels.get(f"PhysicalSize{axis}Unit", "\u00b5m")) for axis in "ZYX"}
    lengths: list[Any] = [pixels.get(f"PhysicalSize{axis}") for axis in "ZYX"]
    return stated_voxel_size(lengths, units.pop()) if len(units) == 1 else (None, None)
