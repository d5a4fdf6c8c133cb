"""A few annotated slices read as a label volume in which all other voxels are ignored."""

from __future__ import annotations

import tempfile
import warnings
from collections import Counter
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from seg_common.counting.label_values import count_label_values
from seg_common.errors import LabelVolumeError
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.open_array import open_label_volume
from seg_data.label_mapping import STORED_IGNORED_LABEL, map_labels

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_data.label_slices import LabelSlices

AXES = "zyx"
GREY_MODES = ("1", "L", "I", "I;16", "I;16B", "I;16L")
# What Pillow raises for files that are damaged or too large.
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning)


class SparseLabels(ArrayReader):
    """Annotated slices in a volume of ignored voxels, as uint8.

    The slices are decoded once, into a temporary file that no other program sees, so that memory does not grow with their
    number.

    Parameters
    ----------
    slices : LabelSlices
        The files.
    shape : tuple of int
        Voxels (z, y, x) of the volume.
    mapping : mapping of int to int
        Stored value, in [0, 255], of values of the files; others keep theirs.

    Raises
    ------
    LabelVolumeError
        If a slice lies outside the volume, has another shape than its slices, or is damaged or no grey picture.
    """

    dataset = None

    def __init__(self, slices: LabelSlices, shape: Index3, mapping: Mapping[int, int]) -> None:
        self._axis = AXES.index(slices.axis)
        self._indices = slices.indices
        self.path = slices.files[0][1].parent
        self.shape = shape
        self.dtype = np.dtype(np.uint8)
        _require_inside(slices, shape[self._axis])
        plane = shape[: self._axis] + shape[self._axis + 1 :]
        counts: Counter[int] = Counter()
        with tempfile.TemporaryFile() as file:
            for _, path in slices.files:
                labels = read_label_slice(path)
                _require_plane(path, labels.shape, plane, AXES.replace(slices.axis, ""))
                counts.update(count_label_values([labels]))
                file.write(map_labels(labels, mapping).tobytes())
            file.flush()
            self._planes = np.memmap(file, np.uint8, "r", shape=(len(slices.files), *plane))
        self.file_counts: dict[int, int] = dict(sorted(counts.items()))
        """Voxels of each value of the files, before the mapping."""

    def _read(self, box: Box) -> NDArray[Any]:
        voxels = np.full(box.shape, STORED_IGNORED_LABEL, np.uint8)
        ranges = box.slices()
        along = ranges[self._axis]
        rows, columns = (part for axis, part in enumerate(ranges) if axis != self._axis)
        for number, index in enumerate(self._indices):
            if along.start <= index < along.stop:
                place: list[slice | int] = [slice(None)] * 3
                place[self._axis] = index - along.start
                voxels[tuple(place)] = self._planes[number, rows, columns]
        return voxels

    @property
    def unannotated(self) -> int:
        """Voxels outside the annotated slices."""
        return prod(self.shape) - self._planes.size


def read_label_slice(path: Path) -> NDArray[Any]:
    """Read a slice of labels.

    Parameters
    ----------
    path : Path
        A PNG, or a TIFF of one page; of grey levels, not of colours.

    Returns
    -------
    ndarray of int, shape (rows, columns)

    Raises
    ------
    VolumeError
        If the file is missing or damaged.
    LabelVolumeError
        If it is a picture of colours, or holds several slices or no integers.
    """
    if path.suffix.lower() == ".png":
        return _read_png(path)
    with open_label_volume(str(path)) as reader:
        if reader.shape[0] != 1:
            msg = f"a label slice must be one picture; {path} holds {reader.shape[0]}. Give the stack with --labels."
            raise LabelVolumeError(msg)
        return reader[0]


def _read_png(path: Path) -> NDArray[Any]:
    try:
        with warnings.catch_warnings(action="error"), Image.open(path) as picture:
            mode = picture.mode
            if mode in GREY_MODES:
                return np.asarray(picture).astype(np.uint8 if mode in ("1", "L") else np.uint16, casting="unsafe")
    except DAMAGE as error:
        msg = f"a label slice must be a readable PNG; {path}: {error}. Is it truncated or damaged?"
        raise LabelVolumeError(msg) from None
    if mode == "P":
        found = "holds numbers of a colour table, which may differ from file to file"
    else:
        found = f"is a picture of colours or with transparency (mode {mode})"
    msg = (
        f"a label slice must be a grey picture whose grey levels are class indices; {path} {found}. Save it as 8-bit grey "
        "PNG or TIFF with one number per class."
    )
    raise LabelVolumeError(msg)


def _require_inside(slices: LabelSlices, length: int) -> None:
    index, path = slices.files[-1]
    if index >= length:
        msg = (
            f"a label slice must lie inside the volume, {slices.axis} 0 … {length - 1}; {path} is slice {index}. Correct "
            "--first-slice, the number of slice 0 in the file names, or --label-axis."
        )
        raise LabelVolumeError(msg)


def _require_plane(path: Path, found: tuple[int, ...], expected: tuple[int, ...], axes: str) -> None:
    if found != expected:
        turned = " It is turned: exchange rows and columns." if found == expected[::-1] else " Correct --label-axis?"
        msg = (
            f"a label slice must have the size of the volume's slices, {expected[0]} rows ({axes[0]}) and {expected[1]} "
            f"columns ({axes[1]}); {path} has {found[0]} and {found[1]}.{turned}"
        )
        raise LabelVolumeError(msg)
