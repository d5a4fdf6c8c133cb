"""The formats that are read: which suffix, or which folder, belongs to which reader."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from seg_common.errors import VolumeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seg_common.volume.array_reader import ArrayReader


@dataclass(frozen=True)
class Format:
    """A format and the class that reads it; its module is imported when a file needs it, for some take a second."""

    name: str
    """Name in messages."""
    suffixes: tuple[str, ...]
    """Suffixes of its files, in lower case."""
    module: str
    """Module in this folder."""
    reader: str
    """Class in that module: made from a path and, if it holds several arrays, a dataset and preferred names."""
    holds_datasets: bool = False
    """Whether a file holds several arrays, each with a name."""

    def open(self, path: Path, dataset: str | None, preferred: Sequence[str]) -> ArrayReader:
        """Open a file of this format."""
        reader = getattr(import_module(f"seg_common.volume.{self.module}"), self.reader)
        if self.holds_datasets:
            return cast("ArrayReader", reader(path, dataset, preferred))
        if dataset is not None:
            *names, last = (known.name for known in FORMATS if known.holds_datasets)
            msg = f"only {', '.join(names)} and {last} have datasets; got dataset {dataset!r} of {path}. Leave the dataset away."
            raise VolumeError(msg)
        return cast("ArrayReader", reader(path))


ZARR = Format("Zarr", (".zarr",), "zarr_array", "ZarrReader", holds_datasets=True)
TIFF_FOLDER = Format("folder of TIFF slices", (), "tiff", "TiffFolderReader")
FORMATS = (
    Format("HDF5", (".h5", ".hdf5", ".hdf", ".he5", ".nxs", ".dream3d"), "hdf5", "Hdf5Reader", holds_datasets=True),
    Format("XDMF", (".xdmf", ".xmf"), "xdmf", "XdmfReader", holds_datasets=True),
    ZARR,
    Format("NumPy", (".npy",), "npy", "NpyReader"),
    Format("raw", (".raw", ".vol"), "raw", "open_raw"),
    Format("TIFF", (".tif", ".tiff"), "tiff", "TiffReader"),
    Format("NRRD", (".nrrd", ".nhdr"), "nrrd", "NrrdReader"),
    Format("MetaImage", (".mha", ".mhd"), "metaimage", "MetaImageReader"),
)
ZARR_MARKS = ("zarr.json", ".zarray", ".zgroup")
"""Files one of which every Zarr folder holds."""


def format_of(path: Path) -> Format:
    """Tell the format of an existing file or folder.

    Raises
    ------
    VolumeError
        If the suffix is unknown.
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        is_zarr = suffix in ZARR.suffixes or any((path / mark).is_file() for mark in ZARR_MARKS)
        return ZARR if is_zarr else TIFF_FOLDER
    for known in FORMATS:
        if suffix in known.suffixes and known is not ZARR:
            return known
    suffixes = ", ".join(name for known in FORMATS if known is not ZARR for name in known.suffixes)
    msg = f"the file's suffix must be one of {suffixes}, or the path a folder of Zarr or of TIFF slices; got {path}."
    raise VolumeError(msg)
