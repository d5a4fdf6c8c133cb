"""Crops as a `torch.utils.data.Dataset`; importing this module imports PyTorch."""

from __future__ import annotations

import os
from functools import partial
from operator import index
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from seg_common.errors import CropError, MissingDependencyError
from seg_common.volume.opened_volume import open_volume
from seg_data.batches.number_checks import require_at_least
from seg_data.crop_reader import CropReader
from seg_data.crop_sampler import make_sampler

try:
    import torch
    from torch.utils.data import Dataset
except ImportError:
    _msg = "crops for PyTorch need torch, and it is not installed; run pip install 'seg-data[torch]'."
    raise MissingDependencyError(_msg) from None

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.schema.crops import CropsConfig

# PyTorch computes little with unsigned integers of more than 8 bits; these hold the same values.
_SIGNED: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.uint16): np.dtype(np.int32),
    np.dtype(np.uint32): np.dtype(np.int64),
}
_NOT_SHARED = (
    "an open reader must stay in the process that opened it; got one in a worker. "
    "Use TorchCrops.from_volume, or give a function that opens a reader."
)


class TorchCrops(Dataset):  # type: ignore[misc] # a class of its own where PyTorch is installed
    """Crops of one stream as a map-style dataset: item n is crop n, whatever the workers, the batch size and the order.

    An item is a tuple (image, labels, weights), without those that the reader has none of: the image with its channel first,
    (channel, [z,] y, x), in the dtype of the volume, but uint16 as int32 and uint32 as int64, of which PyTorch can do more;
    labels uint8, ([z,] y, x), 255 where ignored; weights float32, of the same shape.

    Parameters
    ----------
    reader : CropReader or callable
        A reader that is open serves its own process only: a file that is inherited or copied is not safe to read. For a
        ``DataLoader`` with workers give a function without arguments that opens a reader; it is called once in each process, and
        must be one that can be pickled where workers are spawned. `from_volume` makes one.
    length : int
        Number of items.

    Raises
    ------
    CropError
        If the length is below 1; from an item, if an open reader came into another process.

    Notes
    -----
    A training draws crops on and on; give the crops of the whole training as `length`, and each epoch its share of the stream with
    ``DataLoader(crops, batch_size, sampler=range(first, stop))``. The same goes for a training that was interrupted. Shuffling is
    not needed: the stream is random already. Labels are small until the loss asks for more:
    ``cross_entropy(logits, labels.long(), ignore_index=255)``.
    """

    def __init__(self, reader: CropReader | Callable[[], CropReader], length: int) -> None:
        require_at_least(1, length=length)
        self._length = length
        self._open = None if isinstance(reader, CropReader) else reader
        self._reader = reader if isinstance(reader, CropReader) else None
        self._process = os.getpid()

    @classmethod
    def from_volume(
        cls, path: Path | str, config: CropsConfig, seed: int, length: int, labels: str | None = None
    ) -> Self:
        """Draw crops of a volume that each process opens for itself.

        Parameters
        ----------
        path : path
            Its ``volume.yaml``, or the folder that holds it.
        config : CropsConfig
            How crops are drawn.
        seed : int
            Seed of the crop stream.
        length : int
            Number of items.
        labels : str, optional
            Label version; the first one of the volume when not given.

        Raises
        ------
        SegError
            As `seg_common.open_volume` and `make_sampler`, now and not in a worker: the volume is opened once to see.
        """
        with open_volume(path, labels, config.voxel_weights) as volume:
            make_sampler(volume, config, seed)
        return cls(partial(_open_reader, path, labels, config, seed), length)

    def __len__(self) -> int:
        """Give the number of items."""
        return self._length

    def __getitem__(self, n: int) -> tuple[torch.Tensor, ...]:
        """Read crop n, as tensors of their own.

        Raises
        ------
        IndexError
            If n is not in 0 … length - 1.
        """
        n = index(n)
        if not 0 <= n < self._length:
            msg = f"a crop's number must be in 0 … {self._length - 1}; got {n}."
            raise IndexError(msg)
        batch = self._reader_of_this_process().batch(n, 1)
        image = _tensor(np.moveaxis(batch.image[0], -1, 0))
        others = (batch.labels, batch.weights)
        return image, *(_tensor(array[0]) for array in others if array is not None)

    def __getstate__(self) -> dict[str, Any]:
        """Leave an open reader behind when the dataset goes to another process."""
        if self._open is None:
            raise CropError(_NOT_SHARED)
        return {**self.__dict__, "_reader": None}

    def _reader_of_this_process(self) -> CropReader:
        inherited = self._process != os.getpid()
        if inherited and self._open is None:
            raise CropError(_NOT_SHARED)
        if inherited or self._reader is None:
            assert self._open is not None
            # What was inherited is closed first: the library behind it may find the file open else, and share it.
            self._reader = None
            self._reader, self._process = self._open(), os.getpid()
        return self._reader


def _open_reader(path: Path | str, labels: str | None, config: CropsConfig, seed: int) -> CropReader:
    """Open a volume for as long as the process, or the dataset that holds the reader, lives."""
    return CropReader(make_sampler(open_volume(path, labels, config.voxel_weights), config, seed))


def _tensor(array: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, _SIGNED.get(array.dtype, array.dtype)))
