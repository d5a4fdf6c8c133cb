"""Tests of what happens without TensorFlow or PyTorch; with them, crops are tested where these are installed."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from seg_common.errors import MissingDependencyError
from seg_data.batches.tensorflow_dataset import tensorflow_dataset


def test_without_tensorflow_the_error_names_what_to_install(monkeypatch):
    """One line, and the command to run."""
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'seg-data\[tensorflow\]'"):
        tensorflow_dataset(None, batch_size=1, steps=1)


def test_without_torch_the_error_names_what_to_install(monkeypatch):
    """The module itself needs PyTorch."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "seg_data.batches.torch_dataset", raising=False)
    with pytest.raises(MissingDependencyError, match=r"pip install 'seg-data\[torch\]'"):
        importlib.import_module("seg_data.batches.torch_dataset")


def test_no_framework_is_imported_before_it_is_asked_for():
    """Every public name of the package can be had without."""
    program = (
        "import sys, seg_data, seg_data.batches.tensorflow_dataset\n"
        "[getattr(seg_data, name) for name in seg_data.__all__]\n"
        "print(sorted({'keras', 'tensorflow', 'torch'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
