"""Run the network that training saved: the only module that imports TensorFlow, and only when it is called."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import MissingDependencyError, ModelFolderError, SegError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray


class KerasNetwork:
    """A saved Keras model as a `seg_eval.prediction.network.Network`.

    Parameters
    ----------
    path : Path
        A ``.keras`` file with built-in layers only, input (batch, [z,] y, x, channel), softmax output (…, class).
    batch_size : int
        Tiles per call. Smaller batches are filled up: libraries choose their algorithms by the shape of a batch, and the
        answer for a tile would else depend on how many others were left.

    Raises
    ------
    MissingDependencyError
        If TensorFlow is not installed.
    ModelFolderError
        If the file cannot be loaded.
    """

    def __init__(self, path: Path, batch_size: int) -> None:
        tensorflow, keras = _import_quietly()
        try:
            # safe_mode: a model file must never run code of its own.
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
        except (OSError, ValueError, TypeError, KeyError) as error:
            reason = str(error).strip().splitlines()[0]
            msg = (
                f"the weights must be a Keras model of built-in layers; {path}: {reason} "
                "Is the file damaged, or from another tool?"
            )
            raise ModelFolderError(msg) from error
        self._batch_size = batch_size
        self._planar = len(model.input_shape) == 4
        self._to_tensor = tensorflow.constant
        self._call = tensorflow.function(lambda tiles: model(tiles, training=False), jit_compile=False)
        self._out_of_memory = tensorflow.errors.ResourceExhaustedError

    def predict(self, tiles: NDArray[Any]) -> NDArray[np.float32]:
        """Classify tiles; see `seg_eval.prediction.network.Network`."""
        count = len(tiles)
        if count < self._batch_size:
            filled = np.zeros((self._batch_size, *tiles.shape[1:]), tiles.dtype)
            filled[:count] = tiles
            tiles = filled
        if self._planar:
            tiles = tiles[:, 0]
        try:
            probabilities: NDArray[np.float32] = self._call(self._to_tensor(tiles)).numpy()[:count]
        except self._out_of_memory:
            msg = (
                f"the network must fit into memory; it does not for a batch of shape {tiles.shape}. "
                "Choose a smaller --batch-size or --tile-shape."
            )
            raise SegError(msg) from None
        return probabilities[:, np.newaxis] if self._planar else probabilities


def require_tensorflow() -> None:
    """Raise MissingDependencyError when TensorFlow is not installed, without importing it."""
    from importlib.util import find_spec

    if find_spec("tensorflow") is None:
        msg = (
            "prediction needs TensorFlow, and it is not installed; run pip install 'seg-eval[tensorflow]'. "
            "seg-eval score works without it."
        )
        raise MissingDependencyError(msg)


def _import_quietly() -> tuple[Any, Any]:
    require_tensorflow()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow turns oneDNN on by itself for processors with AVX-512 or AMX only; it is faster without them, too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with _without_stderr():
        import keras
        import tensorflow
    return tensorflow, keras


@contextlib.contextmanager
def _without_stderr() -> Iterator[None]:
    """Hold back what C++ prints on descriptor 2 while TensorFlow starts: no variable of its own silences it.

    When the block fails, the text is printed after all.
    """
    saved = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
