"""Zarr v2 and v3: arrays, groups, and OME-Zarr with its levels.

Zarr takes a chunk that is not there for one that holds the fill value only, so that a lost file would read as a black box.
Here a missing chunk is an error, unless the attributes of the array say ``missing_chunks: fill_value``. Shards are looked
for likewise; a chunk that is missing inside a shard cannot be told from an empty one.
"""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING, Any

from seg_common.errors import SegError, VolumeError
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.dataset_choice import choose_dataset
from seg_common.volume.formats import ZARR_MARKS
from seg_common.volume.ome_zarr import Level, multiscale_levels
from seg_common.volume.volume_axes import index_of_box, picked_axes, volume_axes
from seg_common.volume.voxel_sizes import stated_voxel_size
from seg_common.volume.zarr_library import require_zarr

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box

MISSING_CHUNKS = "missing_chunks"
FILL_VALUE = "fill_value"
# What damaged metadata and damaged chunks make zarr and its codecs raise.
DAMAGE = (OSError, ValueError, LookupError, TypeError, RuntimeError, AttributeError, EOFError, zlib.error)


class ZarrReader(ArrayReader):
    """One array of a Zarr folder: the one asked for, the finest level of an OME-Zarr, or the only one."""

    def __init__(self, path: Path, dataset: str | None, preferred: Sequence[str]) -> None:
        zarr = require_zarr(path)
        self.path = path
        with _damage_is_an_error(path):
            root = zarr.open(path, mode="r")
            level = None
            if isinstance(root, zarr.Group):
                self.dataset, level = _choose_array(zarr, root, path, dataset, preferred)
                self._array = root[self.dataset]
            else:
                self.dataset = None
                self._array = root
                if dataset is not None:
                    msg = f"a single Zarr array has no datasets; got dataset {dataset!r} of {path}. Leave it away."
                    raise VolumeError(msg)
            self._describe(level)

    def _describe(self, level: Level | None) -> None:
        array = self._array
        names = _axis_names(array, level)
        if names is not None and len(names) != array.ndim:
            msg = f"the metadata must name every axis; {self} has shape {array.shape} and axes {names}. Correct it."
            raise VolumeError(msg)
        self._axes = volume_axes(array.shape, str(self), names)
        self.shape = picked_axes(array.shape, self._axes)
        self.dtype = array.dtype.newbyteorder("=")
        self.chunk_shape = picked_axes(array.chunks, self._axes)
        self._stored_shape = array.shards or array.chunks
        self._all_stored = array.attrs.get(MISSING_CHUNKS) != FILL_VALUE
        if level is not None and len(level.scale) == len(level.units) == array.ndim:
            units = {level.units[axis] for axis in self._axes}
            if len(units) == 1:
                lengths = [level.scale[axis] for axis in self._axes]
                self.voxel_size, self.voxel_size_unit = stated_voxel_size(lengths, units.pop())

    def _read(self, box: Box) -> NDArray[Any]:
        index = index_of_box(box, self._axes, self._array.ndim)
        if self._all_stored:
            self._require_stored(index)
        with _damage_is_an_error(self.path):
            voxels: NDArray[Any] = self._array[index]
        return voxels.astype(self.dtype, copy=False)

    def attribute(self, name: str) -> Any:
        """Give an attribute of the array, or None."""
        return self._array.attrs.get(name)

    def _require_stored(self, index: tuple[int | slice, ...]) -> None:
        """Look for the files that hold a part of the array."""
        ranges = [
            range(part // n, part // n + 1)
            if isinstance(part, int)
            else range(part.start // n, (part.stop - 1) // n + 1)
            for part, n in zip(index, self._stored_shape, strict=True)
        ]
        folder = self.path / self._array.path
        for place in product(*ranges):
            key = self._array.metadata.encode_chunk_key(place)
            if not (folder / key).is_file():
                msg = (
                    f"every chunk must be stored; {self} has no chunk {key}. Is the copy complete? If empty chunks were left "
                    f"out on purpose, add the attribute {MISSING_CHUNKS}: {FILL_VALUE} to the array."
                )
                raise VolumeError(msg)


def _choose_array(
    zarr: Any, root: Any, path: Path, dataset: str | None, preferred: Sequence[str]
) -> tuple[str, Level | None]:
    """Name of the array in a group, and its level where it is one."""
    members = {name: root[name] for name in _member_names(path)}
    images = {"": multiscale_levels(root.attrs, "")}
    images |= {
        name: multiscale_levels(item.attrs, name) for name, item in members.items() if isinstance(item, zarr.Group)
    }
    images = {name: levels for name, levels in images.items() if levels}
    shapes = {name: item.shape for name, item in members.items() if isinstance(item, zarr.Array)}
    wanted = None if dataset is None else dataset.strip("/")
    if wanted is None and len(roots := [name for name in images if not _is_label_image(name)]) == 1:
        wanted = roots[0]  # also the one image of a collection
    if wanted in images:
        wanted = images[wanted][0].name
    chosen = choose_dataset(shapes, path, wanted, preferred)
    levels = (level for found in images.values() for level in found)
    return chosen, next((level for level in levels if level.name == chosen), None)


def _member_names(folder: Path, prefix: str = "") -> Iterator[str]:
    """Names of the groups and arrays below a group; zarr's own search warns of every other file."""
    for child in sorted(folder.iterdir()):
        if any((child / mark).is_file() for mark in ZARR_MARKS):
            yield f"{prefix}{child.name}"
            yield from _member_names(child, f"{prefix}{child.name}/")


def _is_label_image(group: str) -> bool:
    """Tell whether a group is one of the label images that OME-Zarr keeps inside an image."""
    return "labels" in group.split("/")


def _axis_names(array: Any, level: Level | None) -> tuple[str, ...] | None:
    """Names of the axes from OME-Zarr, Zarr v3 or xarray."""
    if level is not None:
        return level.axes
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS")
    return None if not names else tuple(str(name).lower() for name in names)


@contextmanager
def _damage_is_an_error(path: Path) -> Iterator[None]:
    try:
        yield
    except SegError:
        raise
    except DAMAGE as error:
        text = " ".join(str(error).split()) or type(error).__name__
        msg = f"the folder must be readable Zarr; {path}: {text}. Is it incomplete or damaged?"
        raise VolumeError(msg) from None
