"""Voxel sizes as files tell them: names of units brought to one spelling, and numbers that can be lengths."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

VoxelSize = tuple[float, float, float]
"""Edge lengths (z, y, x) of a voxel."""

# Written out, abbreviated or with one of Unicode's two micro signs: formats and programs differ.
SPELLINGS = {
    "m": ("m", "meter", "metre", "meters", "metres"),
    "cm": ("cm", "centimeter", "centimetre", "centimeters", "centimetres"),
    "mm": ("mm", "millimeter", "millimetre", "millimeters", "millimetres"),
    "um": ("um", "\u00b5m", "\u03bcm", "micron", "microns", "micrometer", "micrometre", "micrometers", "micrometres"),
    "nm": ("nm", "nanometer", "nanometre", "nanometers", "nanometres"),
    "pm": ("pm", "picometer", "picometre", "picometers", "picometres"),
    "angstrom": ("angstrom", "angstroms", "\u00e5", "\u212b"),
    "in": ("in", "inch", "inches", '"'),
}
UNITS = {spelling: unit for unit, spellings in SPELLINGS.items() for spelling in spellings}
NO_UNITS = ("", "pixel", "pixels", "voxel", "voxels", "none", "null", "unknown", "???", "arbitrary")
MICROMETRES = {"m": 1e6, "cm": 1e4, "mm": 1e3, "um": 1.0, "nm": 1e-3, "pm": 1e-6, "angstrom": 1e-4, "in": 25400.0}
"""Micrometres in one of each unit."""


def unit_name(text: object) -> str | None:
    """Bring a unit to one spelling.

    Parameters
    ----------
    text : object
        What the file says; bytes are taken for UTF-8.

    Returns
    -------
    str or None
        ``um`` for micron, µm and micrometre alike; an unknown unit as it stands; None for pixels and for nothing.

    Examples
    --------
    >>> unit_name("micron"), unit_name("Millimeter"), unit_name("furlong"), unit_name("pixel")
    ('um', 'mm', 'furlong', None)
    """
    if text is None:
        return None
    plain = " ".join((text.decode(errors="replace") if isinstance(text, bytes) else str(text)).split())
    plain = plain.replace("\\u00B5", "\u00b5")  # as Fiji writes it into its TIFF
    lower = plain.lower()
    return None if lower in NO_UNITS else UNITS.get(lower, plain)


def voxel_size(lengths: Iterable[Any] | None) -> VoxelSize | None:
    """Take three numbers (z, y, x) for edge lengths, or None unless all are finite and positive."""
    try:
        z, y, x = (float(length) for length in (() if lengths is None else lengths))
    except (TypeError, ValueError):
        return None
    return (z, y, x) if all(isfinite(n) and n > 0 for n in (z, y, x)) else None


def stated_voxel_size(lengths: Iterable[Any] | None, unit: object) -> tuple[VoxelSize | None, str | None]:
    """Voxel size and unit of a file that must state a size, and states ones when nobody measured any.

    Examples
    --------
    >>> stated_voxel_size((2, 1, 1), "micron"), stated_voxel_size((1, 1, 1), None)
    (((2.0, 1.0, 1.0), 'um'), (None, None))
    """
    size, name = voxel_size(lengths), unit_name(unit)
    if size is None or (name is None and size == (1.0, 1.0, 1.0)):
        return None, None
    return size, name


def voxel_size_attributes(size: VoxelSize | None, unit: str | None) -> dict[str, object]:
    """Attributes of an HDF5 dataset that tell its voxel size; `seg_common.volume.hdf5` reads them back.

    Parameters
    ----------
    size : tuple of float, optional
        Edge lengths (z, y, x).
    unit : str, optional
        Their unit.

    Returns
    -------
    dict
        ``voxel_size``, ``voxel_size_unit`` and, where the unit is a known length, ``element_size_um``, which ilastik and
        the HDF5 plugin of Fiji read.

    Examples
    --------
    >>> voxel_size_attributes((2.0, 1.0, 1.0), "mm")
    {'voxel_size': (2.0, 1.0, 1.0), 'voxel_size_unit': 'mm', 'element_size_um': (2000.0, 1000.0, 1000.0)}
    """
    if size is None:
        return {}
    attributes: dict[str, object] = {"voxel_size": size}
    if unit is not None:
        attributes["voxel_size_unit"] = unit
    if unit in MICROMETRES:
        attributes["element_size_um"] = tuple(length * MICROMETRES[unit] for length in size)
    return attributes
