"""Open an array whatever its format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import LabelVolumeError, VolumeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.volume.array_reader import ArrayReader

HDF5_SUFFIXES = (".h5", ".hdf5", ".hdf", ".he5")
NPY_SUFFIXES = (".npy",)
RAW_SUFFIXES = (".raw", ".vol")
TIFF_SUFFIXES = (".tif", ".tiff")
IMAGE_DATASETS = ("image", "images", "data", "volume")
LABEL_DATASETS = ("label", "labels")


def open_array(
    path: Path | str, dataset: str | None = None, *, preferred: Sequence[str] = IMAGE_DATASETS
) -> ArrayReader:
    """Open a 3D array for lazy reading.

    Parameters
    ----------
    path : path
        HDF5 (.h5, .hdf5), NumPy (.npy), raw (.raw, .vol, with a sidecar), TIFF (.tif, .tiff) or a folder of TIFF slices.
    dataset : str, optional
        Dataset of an HDF5 file; not needed when one alone has three axes.
    preferred : sequence of str
        Names to choose by when `dataset` is not given and several have three axes.

    Returns
    -------
    ArrayReader
        To be closed, or used as a context manager.

    Raises
    ------
    VolumeError
        If the file is missing, of another format, damaged, or has not three axes.
    """
    path = Path(path)
    if not path.exists():
        msg = f"the file must exist; got {path}. Check the spelling and the current folder ({Path.cwd()})."
        raise VolumeError(msg)
    reader = _choose_reader(path, dataset, preferred)
    if reader.dtype.kind not in "buif":
        reader.close()
        msg = f"voxels must be integers or real numbers; {reader} has dtype {reader.dtype}. Convert them."
        raise VolumeError(msg)
    if min(reader.shape) < 1:
        reader.close()
        msg = f"a volume must hold a voxel; {reader} has shape {reader.shape}. Is it the wrong file or dataset?"
        raise VolumeError(msg)
    return reader


def _choose_reader(path: Path, dataset: str | None, preferred: Sequence[str]) -> ArrayReader:
    """Open a file by its suffix; the module of a format is imported when a file needs it, for some take a second."""
    suffix = path.suffix.lower()
    if suffix in HDF5_SUFFIXES:
        from seg_common.volume.hdf5 import Hdf5Reader

        return Hdf5Reader(path, dataset, preferred)
    if dataset is not None:
        msg = f"only HDF5 files have datasets; got dataset {dataset!r} of {path}. Leave the dataset away."
        raise VolumeError(msg)
    if suffix in TIFF_SUFFIXES or path.is_dir():
        from seg_common.volume.tiff import TiffFolderReader, TiffReader

        return TiffFolderReader(path) if path.is_dir() else TiffReader(path)
    if suffix in NPY_SUFFIXES:
        from seg_common.volume.npy import NpyReader

        return NpyReader(path)
    if suffix in RAW_SUFFIXES:
        from seg_common.volume.raw import RawReader

        return RawReader(path)
    known = ", ".join((*HDF5_SUFFIXES, *NPY_SUFFIXES, *RAW_SUFFIXES, *TIFF_SUFFIXES))
    msg = f"the file's suffix must be one of {known}, or the path a folder of TIFF slices; got {path}."
    raise VolumeError(msg)


def open_label_volume(location: str) -> ArrayReader:
    """Open a label volume given as ``path`` or ``path::dataset``.

    Parameters
    ----------
    location : str
        A file with one 3D dataset, or one called ``label`` or ``labels``, needs no dataset name.

    Returns
    -------
    ArrayReader
        With an integer dtype.

    Raises
    ------
    VolumeError
        As `open_array`.
    LabelVolumeError
        If the voxels are not integers.
    """
    path, _, dataset = location.partition("::")
    reader = open_array(path, dataset or None, preferred=LABEL_DATASETS)
    require_label_dtype(reader)
    return reader


def require_label_dtype(reader: ArrayReader) -> None:
    """Close the reader and raise LabelVolumeError unless its voxels are integers."""
    if not np.issubdtype(reader.dtype, np.integer):
        reader.close()
        msg = f"labels must be integers; {reader} has dtype {reader.dtype}. Convert it to uint8 class indices."
        raise LabelVolumeError(msg)
