"""Write an array slab by slab into any format; the file appears when it is whole, or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box, Index3
from seg_common.geometry.tiling import block_boxes
from seg_common.volume.voxel_sizes import unit_name
from seg_common.volume.voxel_sizes import voxel_size as checked_voxel_size
from seg_common.volume.writing.output_array import OutputArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

    from seg_common.volume.voxel_sizes import VoxelSize
    from seg_common.volume.writing.output_array import Store

# The module of each suffix has a context manager `store_array`; it is imported when a file is written, for some take a second.
FORMATS = {
    ".tif": "tiff_file",
    ".tiff": "tiff_file",
    ".raw": "raw_file",
    ".vol": "raw_file",
    ".npy": "npy_file",
    ".nrrd": "nrrd_file",
    ".mha": "metaimage_file",
    ".h5": "hdf5_file",
    ".hdf5": "hdf5_file",
    ".xdmf": "xdmf_file",
    ".xmf": "xdmf_file",
    ".zarr": "zarr_folder",
}
WRITABLE_SUFFIXES = tuple(FORMATS)
SLAB_BYTES = 2**26
SLAB_SLICES = 64


class ArrayWriter:
    """An array that is being written: whole slices, in the order of z.

    Made by `array_writer`.
    """

    def __init__(self, output: OutputArray, store: Store) -> None:
        self._output = output
        self._store = store
        self._next = 0
        self.path = output.path
        self.shape = output.shape
        self.dtype = output.dtype

    def slabs(self) -> Iterator[Box]:
        """Boxes that cover the array as it is best written: in order, aligned with the chunks, at most 64 MiB or one slice."""
        _, rows, columns = self.shape
        yield from block_boxes(Box.whole(self.shape), (self._output.slab_depth, rows, columns))

    def write(self, box: Box, voxels: NDArray[Any]) -> None:
        """Write the next slices.

        Parameters
        ----------
        box : Box
            Whole slices that begin where the last ones ended; any number of them, those of `slabs` best.
        voxels : ndarray, shape box.shape
            Of the array's dtype, in any byte order.

        Raises
        ------
        VolumeError
            If the box skips or repeats slices or does not hold whole ones, or the voxels have another shape or dtype.
        """
        depth, rows, columns = self.shape
        if box.start != (self._next, 0, 0) or box.shape[1:] != (rows, columns) or box.stop[0] > depth:
            msg = (
                f"slices must be written whole and in order, z {self._next}:… of shape {self.shape} come next; got {box} "
                f"for {self.path}. Write the boxes that slabs() gives."
            )
            raise VolumeError(msg)
        if voxels.shape != box.shape or voxels.dtype.newbyteorder("=") != self.dtype:
            msg = (
                f"voxels must have shape {box.shape} and dtype {self.dtype.name}; got {voxels.shape} and "
                f"{voxels.dtype.name} for {self.path}. Convert them before they are written."
            )
            raise VolumeError(msg)
        self._store(box, np.ascontiguousarray(voxels, dtype=self.dtype))
        self._next = box.stop[0]

    def _require_whole(self) -> None:
        if self._next != self.shape[0]:
            msg = (
                f"every slice must be written; {self.path} got {self._next} of {self.shape[0]}. Write the rest of them."
            )
            raise VolumeError(msg)


@contextmanager
def array_writer(
    path: Path | str,
    shape: Index3,
    dtype: DTypeLike,
    *,
    voxel_size: VoxelSize | None = None,
    voxel_size_unit: str | None = None,
    overwrite: bool = False,
    compressed: bool = False,
) -> Iterator[ArrayWriter]:
    """Write an array into a new file that appears when the block succeeds.

    Parameters
    ----------
    path : path
        The suffix names the format: TIFF (.tif, .tiff), raw with a YAML sidecar (.raw, .vol), NumPy (.npy), NRRD (.nrrd),
        MetaImage (.mha), HDF5 (.h5, .hdf5), XDMF beside its HDF5 file (.xdmf, .xmf) or OME-Zarr (.zarr, a folder).
    shape : tuple of int
        Voxels along (z, y, x).
    dtype : dtype
        Type of the voxels; they are written as they are.
    voxel_size : tuple of float, optional
        Edge lengths (z, y, x) of a voxel; kept by every format but .npy.
    voxel_size_unit : str, optional
        Their unit, for example ``um``; MetaImage has no place for it.
    overwrite : bool
        Whether existing files, or an existing Zarr folder, may be replaced.
    compressed : bool
        Whether voxels are compressed, losslessly; not for raw and .npy.

    Yields
    ------
    ArrayWriter
        To be given every slice, in the order of z. Memory is that of a slab.

    Raises
    ------
    VolumeError
        If the format is unknown or cannot hold the dtype, the compression or the shape; at the end of the block, if slices
        are missing.
    OutputExistsError
        If the output exists and `overwrite` is false.
    MissingDependencyError
        If the format needs an extra that is not installed.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with array_writer(folder / "a.nrrd", (4, 5, 6), "uint8", voxel_size=(2, 1, 1), voxel_size_unit="um") as writer:
    ...     for box in writer.slabs():
    ...         writer.write(box, np.zeros(box.shape, "uint8"))
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        msg = f"the suffix of the output must be one of {', '.join(FORMATS)}; got {path}."
        raise VolumeError(msg)
    if len(tuple(shape)) != 3 or min(shape) < 1:
        msg = f"a volume has three axes (z, y, x) with a voxel each; got shape {tuple(shape)} for {path}."
        raise VolumeError(msg)
    size = checked_voxel_size(voxel_size)
    if voxel_size is not None and size is None:
        msg = f"a voxel size must be three positive lengths (z, y, x); got {voxel_size} for {path}."
        raise VolumeError(msg)
    kind = np.dtype(dtype).newbyteorder("=")
    output = OutputArray(
        path=path,
        shape=shape,
        dtype=kind,
        voxel_size=size,
        voxel_size_unit=None if size is None else unit_name(voxel_size_unit),
        overwrite=overwrite,
        compressed=compressed,
        slab_depth=min(shape[0], SLAB_SLICES, max(1, SLAB_BYTES // (shape[1] * shape[2] * kind.itemsize))),
    )
    module = import_module(f"seg_common.volume.writing.{FORMATS[suffix]}")
    with module.store_array(output) as store:
        writer = ArrayWriter(output, store)
        yield writer
        writer._require_whole()
