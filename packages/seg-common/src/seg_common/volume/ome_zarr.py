"""OME-Zarr's metadata: the levels of a multiscale image, their axes and their voxel sizes.

Version 0.4 keeps it in the attributes of a Zarr v2 group, version 0.5 under the attribute ``ome`` of a v3 group;
https://ngff.openmicroscopy.org.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seg_common.volume.voxel_sizes import unit_name

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Level:
    """One resolution of a multiscale image."""

    name: str
    """Name of its array, from the root of the Zarr."""
    axes: tuple[str, ...] | None
    """Names of its axes, in lower case; None where the version of the format has none."""
    scale: tuple[float, ...]
    """Lengths of a voxel along all axes; empty when they are not told."""
    units: tuple[str | None, ...]
    """Units of all axes."""


def multiscale_levels(attributes: Mapping[str, Any], group: str) -> list[Level]:
    """Levels of a multiscale image, the finest first.

    Parameters
    ----------
    attributes : mapping
        Attributes of the group.
    group : str
        Name of the group; empty for the root.

    Returns
    -------
    list of Level
        Empty when the group is no multiscale image; its first image when it holds several.
    """
    ome = attributes.get("ome")
    images = (ome if isinstance(ome, dict) else attributes).get("multiscales")
    if not isinstance(images, list) or not images or not isinstance(images[0], dict):
        return []
    image = images[0]
    axes = image.get("axes")
    named = [axis if isinstance(axis, dict) else {"name": axis} for axis in axes] if isinstance(axes, list) else []
    levels = []
    for dataset in image.get("datasets", ()):
        scales = [_scale(part.get("coordinateTransformations")) for part in (dataset, image)]
        levels.append(
            Level(
                name=f"{group}/{dataset['path']}".strip("/"),
                axes=tuple(str(axis.get("name")).lower() for axis in named) or None,
                scale=_product([scale for scale in scales if scale]),
                units=tuple(unit_name(axis.get("unit")) for axis in named),
            )
        )
    return levels


def _scale(transformations: object) -> tuple[float, ...]:
    """Scale among the transformations of a level or of an image; a translation does not matter here."""
    for step in transformations if isinstance(transformations, list) else ():
        if isinstance(step, dict) and step.get("type") == "scale" and isinstance(step.get("scale"), list):
            return tuple(float(n) for n in step["scale"])
    return ()


def _product(scales: list[tuple[float, ...]]) -> tuple[float, ...]:
    if len(scales) == 2 and len(scales[0]) == len(scales[1]):
        return tuple(a * b for a, b in zip(*scales, strict=True))
    return scales[0] if scales else ()
