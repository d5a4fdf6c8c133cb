"""The only module that imports TensorFlow, tested without it: the real one is tested where it is installed."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from seg_common.errors import MissingDependencyError, ModelFolderError, SegError
from seg_eval.prediction.model_runner import KerasNetwork, require_tensorflow


class OutOfMemory(Exception):
    """What TensorFlow raises when a tensor cannot be allocated."""


@pytest.fixture
def libraries(monkeypatch, capfd):
    """Stand-ins for tensorflow and keras whose model answers with its input, doubled into two classes."""
    calls = []

    def model(tiles, training):
        assert training is False
        calls.append(tiles)
        if tiles.shape[1] > 100:
            raise OutOfMemory
        answer = np.concatenate([tiles, tiles], axis=-1).astype(np.float32)
        return SimpleNamespace(numpy=lambda: answer)

    model.input_shape = (None, None, None, 1)

    def load_model(path, *, compile, safe_mode):
        assert (compile, safe_mode) == (False, True)
        if path.read_bytes() != b"model":
            msg = "File not found: no model\nsecond line"
            raise ValueError(msg)
        return model

    tensorflow = ModuleType("tensorflow")
    tensorflow.constant = lambda tiles: tiles
    tensorflow.function = lambda call, jit_compile: call
    tensorflow.errors = SimpleNamespace(ResourceExhaustedError=OutOfMemory)
    keras = ModuleType("keras")
    keras.saving = SimpleNamespace(load_model=load_model)
    for library in (tensorflow, keras):
        library.__spec__ = ModuleSpec(library.__name__, None)
        monkeypatch.setitem(sys.modules, library.__name__, library)
    return SimpleNamespace(model=model, calls=calls)


@pytest.fixture
def weights(tmp_path):
    """A file that the stand-in loads."""
    path = tmp_path / "best.keras"
    path.write_bytes(b"model")
    return path


def test_small_batches_are_filled_up(libraries, weights):
    """Every call has the same shape, and the filling is not part of the answer."""
    network = KerasNetwork(weights, batch_size=4)
    tiles = np.arange(3 * 8 * 8, dtype=np.uint8).reshape(3, 1, 8, 8, 1)
    answer = network.predict(tiles)
    assert answer.shape == (3, 1, 8, 8, 2)
    np.testing.assert_array_equal(answer[..., 0], tiles[..., 0])
    assert libraries.calls[0].shape == (4, 8, 8, 1)
    assert libraries.calls[0].dtype == np.uint8


def test_3d_tiles_keep_their_depth(libraries, weights):
    libraries.model.input_shape = (None, None, None, None, 1)
    answer = KerasNetwork(weights, batch_size=1).predict(np.ones((1, 4, 8, 8, 1), np.uint8))
    assert answer.shape == (1, 4, 8, 8, 2)


def test_a_file_that_is_no_model_is_refused(libraries, tmp_path):
    (tmp_path / "best.keras").write_bytes(b"text")
    with pytest.raises(ModelFolderError, match=r"best.keras: File not found: no model Is the file"):
        KerasNetwork(tmp_path / "best.keras", 1)


def test_too_little_memory_is_said(libraries, weights):
    with pytest.raises(SegError, match=r"fit into memory.*\(1, 128, 8, 1\).*--batch-size"):
        KerasNetwork(weights, 1).predict(np.ones((1, 1, 128, 8, 1), np.uint8))


def test_missing_tensorflow_is_said_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'seg-eval\[tensorflow\]'"):
        require_tensorflow()


def test_what_is_printed_while_loading_fails_is_not_lost(monkeypatch, weights, capfd):
    """TensorFlow talks on descriptor 2 while it starts; that is held back unless the start fails."""
    spec = ModuleType("tensorflow")
    spec.__spec__ = ModuleSpec("tensorflow", None)
    monkeypatch.setitem(sys.modules, "tensorflow", spec)
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(ImportError):
        KerasNetwork(weights, 1)
