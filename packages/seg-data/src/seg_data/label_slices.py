"""Files that hold one annotated slice each, and which slices of the volume they are."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from seg_common.errors import LabelVolumeError

if TYPE_CHECKING:
    from collections.abc import Iterable

SLICE_SUFFIXES = (".png", ".tif", ".tiff")
MOST_LISTED = 8
Axis = Literal["z", "y", "x"]


@dataclass(frozen=True)
class LabelSlices:
    """Annotated slices of a volume, one file each; all other voxels are ignored."""

    files: tuple[tuple[int, Path], ...]
    """Index of the slice along the axis, growing, and its file."""
    axis: Axis = "z"
    """Axis that the slices are perpendicular to: ``z``, ``y`` or ``x``."""

    @property
    def indices(self) -> list[int]:
        """Indices of the slices, growing."""
        return [index for index, _ in self.files]


def find_label_slices(location: Path | str, axis: Axis = "z", first_slice: int = 0) -> LabelSlices:
    """Find the files of annotated slices; the last number in a file's name tells which slice it is.

    Parameters
    ----------
    location : path or str
        A folder, or a pattern such as ``labels/slice*.png``; TIFF and PNG files in it are taken.
    axis : str, default "z"
        Axis that the slices are perpendicular to.
    first_slice : int, default 0
        Number of slice 0 in the file names: 1 where they count from one.

    Returns
    -------
    LabelSlices

    Raises
    ------
    LabelVolumeError
        If there is no such file, a name holds no number, or two files are the same slice.
    """
    location = Path(location)
    paths = location.iterdir() if location.is_dir() else map(Path, glob.glob(str(location)))  # noqa: PTH207 - absolute patterns
    found = [p for p in paths if p.suffix.lower() in SLICE_SUFFIXES and not p.name.startswith(".") and p.is_file()]
    if not found:
        kinds = ", ".join(SLICE_SUFFIXES)
        msg = f"label slices are {kinds} files in a folder or of a pattern; {location} has none. Check the path."
        raise LabelVolumeError(msg)
    return numbered_slices(((_number(path) - first_slice, path) for path in found), axis)


def numbered_slices(files: Iterable[tuple[int, Path]], axis: Axis = "z") -> LabelSlices:
    """Sort files of slices by their index.

    Raises
    ------
    LabelVolumeError
        If an index is negative, or two files have the same.
    """
    by_index: dict[int, Path] = {}
    for index, path in files:
        if index < 0:
            msg = (
                f"the index of a label slice must be 0 or more; {path} would be slice {index}. Correct --first-slice, "
                "the number of slice 0 in the file names."
            )
            raise LabelVolumeError(msg)
        if index in by_index:
            first, second = sorted((by_index[index], path))
            msg = (
                f"a slice must be annotated once; {first} and {second} are both slice {index} (the last number in the "
                "name counts). Rename one, or give each file with --label-slice INDEX=FILE."
            )
            raise LabelVolumeError(msg)
        by_index[index] = path
    return LabelSlices(tuple(sorted(by_index.items())), axis)


def parse_label_slice(text: str) -> tuple[int, Path]:
    """Read ``INDEX=FILE``.

    Raises
    ------
    LabelVolumeError
        If the text has another form.

    Examples
    --------
    >>> parse_label_slice("120=labels/middle.png")[0]
    120
    """
    match = re.fullmatch(r"([0-9]+)=(.+)", text)
    if match is None:
        msg = f"a label slice is written INDEX=FILE; got {text!r}. Write for example 120=labels/middle.png."
        raise LabelVolumeError(msg)
    return int(match[1]), Path(match[2])


def listed_slices(indices: list[int]) -> str:
    """Write indices for people: all of a few, the first and the last of many.

    Examples
    --------
    >>> listed_slices([3, 40, 77]), listed_slices(list(range(0, 100, 10)))
    ('3, 40, 77', '10 slices from 0 to 90')
    """
    if len(indices) <= MOST_LISTED:
        return ", ".join(map(str, indices))
    return f"{len(indices)} slices from {indices[0]} to {indices[-1]}"


def _number(path: Path) -> int:
    numbers = re.findall(r"[0-9]+", path.stem)
    if not numbers:
        msg = (
            f"the name of a label slice must hold the number of the slice; {path} holds none. Rename it, or give it with "
            "--label-slice INDEX=FILE."
        )
        raise LabelVolumeError(msg)
    return int(numbers[-1])
