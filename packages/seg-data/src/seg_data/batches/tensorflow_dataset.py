"""Crops as a `tf.data.Dataset`, in the dtypes of the volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seg_common.errors import MissingDependencyError
from seg_data.batches.number_checks import require_at_least

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg_data.crop_reader import CropBatch, CropReader


def tensorflow_dataset(reader: CropReader, batch_size: int, steps: int, first_step: int = 0, threads: int = 1) -> Any:
    """Make a dataset of batches, for ``keras.Model.fit`` or a loop of your own.

    The batch of step n holds crops n·B … n·B + B - 1 of the sampler's stream, whatever the number of threads: with `first_step` a
    training goes on where it stopped.

    Parameters
    ----------
    reader : CropReader
        Its volumes must stay open while the dataset is used. One crop of it is read now, to know dtypes and shapes.
    batch_size : int
        Crops per batch, B.
    steps : int
        Batches of the dataset.
    first_step : int
        Step that it begins with.
    threads : int
        Batches that are read at one time, ahead of the network.

    Returns
    -------
    tf.data.Dataset
        Batches (image, labels, weights), without those that the reader has none of. The shapes are static:
        image (batch, [z,] y, x, channel) in the dtype of the volume, labels (batch, [z,] y, x) uint8 with 255 where ignored,
        weights (batch, [z,] y, x) float32.

    Raises
    ------
    CropError
        If a number is out of range.
    MissingDependencyError
        If TensorFlow is not installed.

    Notes
    -----
    The reader stays in this process: the dataset cannot be saved or sent to another. ``fit`` begins it anew in each epoch; to draw
    on and on, give the steps of all epochs to the dataset and ``steps_per_epoch`` to ``fit``. Shuffling is not needed: the stream
    is random already.
    """
    require_at_least(1, batch_size=batch_size, steps=steps, threads=threads)
    require_at_least(0, first_step=first_step)
    try:
        import tensorflow as tf
    except ImportError:
        msg = "tensorflow_dataset needs TensorFlow, and it is not installed; run pip install 'seg-data[tensorflow]'."
        raise MissingDependencyError(msg) from None

    specimen = _arrays(reader.batch(first_step * batch_size, 1))
    dtypes = [tf.as_dtype(array.dtype) for array in specimen]

    def read(step: np.int64) -> tuple[NDArray[Any], ...]:
        return _arrays(reader.batch(int(step) * batch_size, batch_size))

    def tensors(step: Any) -> tuple[Any, ...]:
        batch = tf.numpy_function(read, [step], dtypes)
        for tensor, array in zip(batch, specimen, strict=True):
            tensor.set_shape((batch_size, *array.shape[1:]))
        return tuple(batch)

    numbers = tf.data.Dataset.range(first_step, first_step + steps)
    return numbers.map(tensors, num_parallel_calls=threads, deterministic=True).prefetch(threads)


def _arrays(batch: CropBatch) -> tuple[NDArray[Any], ...]:
    return tuple(array for array in (batch.image, batch.labels, batch.weights) if array is not None)
