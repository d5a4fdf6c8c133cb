"""Crops in an HDF5 file, for training loops that read files: images, labels and weights, one chunk per crop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py

from seg_common.atomic_files import atomic_path
from seg_common.errors import CropError
from seg_common.provenance import gather_provenance
from seg_common.schema.crops import CropsDocument
from seg_common.yaml_documents import dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.schema.crops import CropsConfig
    from seg_data.crop_reader import CropBatch

DATASETS = ("image", "labels", "weights")


def write_crop_file(
    path: Path,
    batches: Iterable[CropBatch],
    count: int,
    config: CropsConfig,
    seed: int,
    *,
    overwrite: bool = False,
    advance: Callable[[int], None] | None = None,
) -> Path:
    """Write crops as they come; memory is that of a batch.

    The file has the datasets ``image``, ``labels`` and ``weights``, as far as there are any, with crops along the first axis and
    the axes and dtypes of `CropBatch`; and the attributes ``crops`` (the configuration as YAML, which
    ``seg-data preview-crops --config`` reads), ``seed`` and ``provenance`` (JSON).

    Parameters
    ----------
    path : Path
        The file; appears when it is complete.
    batches : iterable of CropBatch
        What to write.
    count : int
        Crops of all batches together, 1 or more.
    config : CropsConfig
        How they were drawn.
    seed : int
        Seed of the stream.
    overwrite : bool
        Whether an existing file may be replaced.
    advance : callable, optional
        Told the number of crops after each batch.

    Returns
    -------
    Path

    Raises
    ------
    OutputExistsError
        If the file exists.
    CropError
        If there are no crops, or not as many as announced.
    """
    written = 0
    with atomic_path(path, overwrite=overwrite) as temporary:
        with h5py.File(temporary, "w") as file:
            file.attrs["crops"] = dump(CropsDocument(seed=seed, crops=config))
            file.attrs["seed"] = seed
            file.attrs["provenance"] = gather_provenance().model_dump_json()
            for batch in batches:
                size = len(batch.image)
                for name in DATASETS:
                    array = getattr(batch, name)
                    if array is not None:
                        _dataset(file, name, array, count)[written : written + size] = array
                written += size
                if advance is not None:
                    advance(size)
        if not written or written != count:
            msg = f"a file of crops needs one crop or more, and as many as announced; got {written} of {count}. Draw them again."
            raise CropError(msg)
    return path


def _dataset(file: h5py.File, name: str, array: NDArray[Any], count: int) -> h5py.Dataset:
    if name in file:
        return file[name]
    return file.create_dataset(name, shape=(count, *array.shape[1:]), dtype=array.dtype, chunks=(1, *array.shape[1:]))
