"""The formats that networks are exported to: how each is written, read and called."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from seg_common.model_paths import ExportPaths

    Predict = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True)
class Format:
    """A format of networks."""

    libraries: tuple[str, ...]
    """Modules that it needs; all are distributions of the same name."""
    extra: str
    """What to install when one is missing."""
    target: Callable[[ExportPaths], Path]
    """File or folder that is loaded."""
    write: Callable[[keras.Model, Path], None]
    """Writes a network."""
    read: Callable[[Path, str], Predict]
    """Loads what was written, and gives its function; the string is the input's name."""

    def require_libraries(self) -> None:
        """Raise MissingDependencyError with the command that installs what is missing, importing nothing."""
        missing = [name for name in self.libraries if find_spec(name) is None]
        if missing:
            msg = f"this format needs {', '.join(self.libraries)}; {', '.join(missing)} missing. Install: pip install '{self.extra}'."
            raise MissingDependencyError(msg)


def _write_saved_model(network: keras.Model, path: Path) -> None:
    network.export(path, format="tf_saved_model", verbose=False)


def _read_saved_model(path: Path, _: str) -> Predict:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))

    def predict(voxels: NDArray[Any]) -> NDArray[Any]:
        probabilities: NDArray[Any] = loaded.serve(tf.constant(voxels)).numpy()
        return probabilities

    return predict


def _write_onnx(network: keras.Model, path: Path) -> None:
    network = without_groups(network)
    network(network.input)  # Keras writes networks to ONNX that were called once only
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # the converter asks numpy for names that it has given up
        network.export(path, format="onnx", verbose=False)


def _read_onnx(path: Path, input_name: str) -> Predict:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def predict(voxels: NDArray[Any]) -> NDArray[Any]:
        probabilities: NDArray[Any] = session.run(None, {input_name: voxels})[0]
        return probabilities

    return predict


FORMATS = {
    "savedmodel": Format(("tensorflow",), "seg-train", lambda paths: paths.root, _write_saved_model, _read_saved_model),
    "onnx": Format(
        ("onnx", "onnxruntime", "tf2onnx"), "seg-train[onnx]", lambda paths: paths.onnx, _write_onnx, _read_onnx
    ),
}
"""Formats by name."""


def in_float32(network: keras.Model) -> keras.Model:
    """Let a network compute in float32 that was trained in half precision; its weights are float32 already.

    Not every runtime has bfloat16 or float16, and each rounds at other places.

    Parameters
    ----------
    network : keras.Model
        Is not changed.

    Returns
    -------
    keras.Model
        The same one when it computes in float32.
    """
    import keras

    half = {layer.name for layer in network.layers if layer.compute_dtype in ("bfloat16", "float16")}
    if not half:
        return network

    def clone(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        return layer.__class__.from_config({**config, "dtype": "float32"} if layer.name in half else config)

    full = keras.models.clone_model(network, clone_function=clone)
    full.set_weights(network.get_weights())
    return full


def without_groups(network: keras.Model) -> keras.Model:
    """Replace grouped convolutions by full ones whose kernels are 0 between groups, which give the same numbers.

    Keras compiles grouped convolutions with XLA on processors, and ONNX has no operation for what it compiled.

    Parameters
    ----------
    network : keras.Model
        Is not changed.

    Returns
    -------
    keras.Model
        The same one when it has no grouped convolution.
    """
    import keras

    grouped = {layer.name for layer in network.layers if getattr(layer, "groups", 1) > 1 and hasattr(layer, "kernel")}
    if not grouped:
        return network

    def clone(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        return layer.__class__.from_config({**config, "groups": 1} if layer.name in grouped else config)

    full = keras.models.clone_model(network, clone_function=clone)
    for layer in network.layers:
        weights = layer.get_weights()
        if layer.name in grouped:
            weights[0] = _full_kernel(weights[0], layer.groups)
        full.get_layer(layer.name).set_weights(weights)
    return full


def _full_kernel(kernel: NDArray[Any], groups: int) -> NDArray[Any]:
    """Spread a kernel (…, channels of a group, filters) over all channels."""
    *sides, channels, filters = kernel.shape
    full = np.zeros((*sides, channels * groups, filters), kernel.dtype)
    for group in range(groups):
        own = slice(group * filters // groups, (group + 1) * filters // groups)
        full[..., group * channels : (group + 1) * channels, own] = kernel[..., own]
    return full
