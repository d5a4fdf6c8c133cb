"""Open an array whatever its format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.volume.formats import format_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.volume.array_reader import ArrayReader

IMAGE_DATASETS = ("image", "images", "data", "volume")
LABEL_DATASETS = ("label", "labels")


def open_array(
    path: Path | str, dataset: str | None = None, *, preferred: Sequence[str] = IMAGE_DATASETS
) -> ArrayReader:
    """Open a 3D array for lazy reading.

    Parameters
    ----------
    path : path
        HDF5 (.h5, .hdf5, .nxs, .dream3d), XDMF (.xdmf, .xmf), NumPy (.npy), raw (.raw, .vol, with a sidecar), TIFF (.tif,
        .tiff), NRRD (.nrrd, .nhdr), MetaImage (.mha, .mhd), or a folder: Zarr, OME-Zarr or TIFF slices.
    dataset : str, optional
        Array inside an HDF5, XDMF or Zarr, such as a level of an OME-Zarr; not needed when one alone has three axes, and
        the finest level when it is not given.
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
    MissingDependencyError
        If the format needs an extra that is not installed.
    """
    path = Path(path)
    try:
        if not path.exists():
            msg = f"the file must exist; got {path}. Check the spelling and the current folder ({Path.cwd()})."
            raise VolumeError(msg)
        reader = format_of(path).open(path, dataset, preferred)
    except OSError as error:
        msg = f"the file must be readable; {path}: {error.strerror or error}. Check the rights."
        raise VolumeError(msg) from None
    if reader.dtype.kind not in "buif":
        reader.close()
        msg = f"voxels must be integers or real numbers; {reader} has dtype {reader.dtype}. Convert them."
        raise VolumeError(msg)
    if min(reader.shape) < 1:
        reader.close()
        msg = f"a volume must hold a voxel; {reader} has shape {reader.shape}. Is it the wrong file or dataset?"
        raise VolumeError(msg)
    return reader


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
