"""Tables kept beside the volume, so that the pass over the labels is made once for each region and crop shape."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from seg_common.atomic_files import atomic_path
from seg_common.errors import SegError
from seg_data.crop_content.lattice import Lattice, build_lattice
from seg_data.training_labels import IGNORED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume

CACHE_FOLDER = ".crop-tables"
SMALLEST_CACHED = 2**24
"""Voxels of a region below which its tables are built faster than they would be worth a file."""
FORMAT = 3


def cached_lattice(
    volume: Volume, labels: ArrayReader, region: Box, cell: Index3, counted: Sequence[Sequence[int]]
) -> Lattice:
    """Take the tables of a region from the volume's folder, or build and keep them there.

    The file's name is a digest of the label file's state, the region, the cells, the classes counted and the ignored label: anything
    that could change the tables asks for another file. A damaged file is replaced; a folder that cannot be written is left
    alone.

    Parameters
    ----------
    volume : Volume
        An opened volume with labels.
    labels : ArrayReader
        Its training labels.
    region : Box
        What to count.
    cell : tuple of int
        Voxels of a cell (z, y, x).
    counted : sequence of sequences of int
        Classes that each table counts together.

    Returns
    -------
    Lattice

    Raises
    ------
    LabelVolumeError
        If a label is neither a class index nor the ignored label.
    """
    n_classes = len(volume.document.classes)
    path = None
    if region.voxels >= SMALLEST_CACHED:
        path = volume.path.parent / CACHE_FOLDER / f"{_key(volume, region, cell, counted)}.npy"
        kept = _load(path, region, cell, len(counted))
        if kept is not None:
            return kept
    lattice = build_lattice(labels, region, cell, counted, n_classes, IGNORED)
    if path is not None:
        # Without a cache the next run builds the tables again: slower, and as right.
        with suppress(OSError, SegError):
            _save(path, lattice)
    return lattice


def _key(volume: Volume, region: Box, cell: Index3, counted: Sequence[Sequence[int]]) -> str:
    source = volume.label_source
    assert source is not None
    # A digest in the document is a claim about a file that may have been replaced since.
    state = volume.require_labels().path.stat()
    content = [
        FORMAT,
        source.digest,
        source.path,
        source.dataset,
        state.st_size,
        state.st_mtime_ns,
        source.ignored_label,
        len(volume.document.classes),
        region.start,
        region.shape,
        cell,
        counted,
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


def _load(path: Path, region: Box, cell: Index3, n_tables: int) -> Lattice | None:
    shape = (n_tables, *(-(-n // c) + 1 for n, c in zip(region.shape, cell, strict=True)))
    try:
        with path.open("rb") as file:
            tables, digest = np.load(file), file.read()
    except (OSError, ValueError, EOFError):
        return None
    return Lattice(region, cell, tables) if tables.shape == shape and digest == _digest(tables) else None


def _save(path: Path, lattice: Lattice) -> None:
    path.parent.mkdir(exist_ok=True)
    with atomic_path(path, overwrite=True) as temporary, temporary.open("wb") as file:
        # Not as an archive, which is read and written through copies of the tables.
        np.save(file, lattice.tables)
        file.write(_digest(lattice.tables))


def _digest(tables: NDArray[np.uint32]) -> bytes:
    return hashlib.sha256(np.ascontiguousarray(tables).data).digest()
