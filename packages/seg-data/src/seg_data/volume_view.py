"""A volume, or any array that is to become one, opened to be looked at."""

from __future__ import annotations

from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, Any

from seg_common.errors import VolumeError
from seg_common.pictures.contact_sheet import write_png
from seg_common.volume.open_array import open_array
from seg_common.volume.opened_volume import open_volume
from seg_data.axis_order import AXES, reordered
from seg_data.volume_description import (
    describe,
    describe_array,
    is_bare_array,
    shape_text,
    slices_to_show,
    voxel_size_text,
)
from seg_data.volume_picture import PicturedLabels, draw_slices

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL.Image import Image

    from seg_common.geometry.box import Index3
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume
    from seg_data.grey_range import GreyRange


class VolumeView:
    """An open image with the volume that it belongs to, if it belongs to one; made by `open_view`."""

    def __init__(self, image: ArrayReader, volume: Volume | None) -> None:
        self.image = image
        """Grey levels (z, y, x)."""
        self.volume = volume
        """The volume; None for an array alone."""

    @property
    def name(self) -> str:
        """Name for a file that is made of it."""
        return self.image.path.stem if self.volume is None else self.volume.path.resolve().parent.name

    @property
    def voxels(self) -> int:
        """Number of voxels."""
        return prod(self.image.shape)

    def describe(self, grey_levels: GreyRange | None = None) -> dict[str, Any]:
        """Describe it as plain data; `grey_levels` become part of it."""
        return describe_array(self.image, grey_levels) if self.volume is None else describe(self.volume, grey_levels)

    def draw(self, at: Index3 | None = None) -> Image:
        """Draw three orthogonal slices; see `seg_data.volume_picture.draw_slices`."""
        data = self.describe()
        unknown = data["voxel_size"] is None
        size = "unknown: voxels are drawn as cubes" if unknown else voxel_size_text(data).replace(" um ", " µm ")
        lines = [f"shape {shape_text(data)}", f"voxel size {size}"]
        labels = None
        if self.volume is not None and self.volume.labels is not None:
            at = at or slices_to_show(self.volume)
            document = self.volume.document
            classes = list(zip(document.class_names, document.class_colors, strict=True))
            labels = PicturedLabels(self.volume.labels, classes, self.volume.ignored_label)
            grey = "" if labels.ignored_label is None else "; grey where nobody annotated"
            lines.append(f"labels {self.volume.labels_name} on the right{grey}")
        return draw_slices(
            self.image,
            title=data["name"],
            lines=lines,
            labels=labels,
            voxel_size=data["voxel_size"],
            voxel_size_unit=data["voxel_size_unit"],
            at=at,
        )

    def write_picture(self, path: Path, *, at: Index3 | None = None, overwrite: bool = False) -> None:
        """Write three orthogonal slices as PNG, atomically."""
        write_png(path, self.draw(at), overwrite=overwrite)


@contextmanager
def open_view(
    path: Path, *, version: str | None = None, dataset: str | None = None, axes: str = AXES
) -> Iterator[VolumeView]:
    """Open a volume, or an array of any format.

    Parameters
    ----------
    path : Path
        A `volume.yaml`, the folder that holds it, or any file or folder that `seg_common.open_array` reads.
    version : str, optional
        Label version of a volume; the first one when not given.
    dataset : str, optional
        Dataset of an array's file.
    axes : str, default "zyx"
        Order of the axes of an array as they are stored.

    Yields
    ------
    VolumeView

    Raises
    ------
    SegError
        If there is no such volume.
    VolumeError
        If a file is damaged, or the options do not fit what it is.
    """
    if is_bare_array(path):
        if version is not None:
            msg = f"an array alone has no label versions; got {version!r} for {path}. Leave it away, or give a volume."
            raise VolumeError(msg)
        with reordered(open_array(path, dataset), axes) as image:
            yield VolumeView(image, None)
        return
    if dataset is not None or axes != AXES:
        msg = (
            f"a volume says where its voxels are; got dataset {dataset!r} and axes {axes!r} for {path}. Leave them away, or "
            "give the file that is to be imported."
        )
        raise VolumeError(msg)
    with open_volume(path, version) as volume:
        yield VolumeView(volume.image, volume)
