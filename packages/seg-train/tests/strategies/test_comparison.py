"""Every strategy computes what one device does: loss, gradients and weights, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seg_train.strategies.cluster import free_addresses

SCRIPT = Path(__file__).with_name("compared_training.py")
COMPARED = [
    ("mirrored_0", "batch", "batch"),
    ("mirrored_0", "parts", "group"),
    ("multi_worker_0", "batch", "batch"),
    ("multi_worker_1", "batch", "batch"),
    ("multi_worker_0", "parts", "group"),
    ("multi_worker_1", "parts", "group"),
    ("central_storage_0", "group", "group"),
    ("central_storage_0", "parts", "group"),
]
"""A process of each strategy, what it trains, and what one device trains that has to come to the same."""


def start(folder: Path, *kinds: str, tf_config: str = "") -> subprocess.Popen[str]:
    """Start a process: a second mirrored strategy would collide with that of other tests. An empty TF_CONFIG means nothing."""
    command = [sys.executable, str(SCRIPT), str(folder), *kinds]
    return subprocess.Popen(command, env={**os.environ, "TF_CONFIG": tf_config}, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what two workers on loopback, and then all strategies of one process, have found."""
    folder = tmp_path_factory.mktemp("compared")
    cluster = {"worker": free_addresses(2)}
    configs = [json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}) for index in (0, 1)]
    workers = [start(folder, "multi_worker", tf_config=config) for config in configs]
    finish(workers)
    finish([start(folder, "one_device", "mirrored", "central_storage")])
    return folder


def finish(processes: list[subprocess.Popen[str]]) -> None:
    try:
        for process in processes:
            _, errors = process.communicate(timeout=900)
            assert process.returncode == 0, errors
    finally:
        for process in processes:
            process.kill()


def arrays(trained: Path, process: str, case: str, dtype: str) -> dict[str, np.ndarray]:
    with np.load(trained / f"{process}_{case}_{dtype}.npz") as file:
        return dict(file)


@pytest.mark.parametrize(("process", "case", "case_alone"), COMPARED)
def test_twenty_steps_in_float64(trained: Path, process: str, case: str, case_alone: str) -> None:
    """Losses of all steps, gradients of the last one and weights after it agree to 1e-9; every voxel is counted alike."""
    alone = arrays(trained, "one_device_0", case_alone, "float64")
    together = arrays(trained, process, case, "float64")
    assert together.keys() == alone.keys()
    assert alone["losses"].shape == (20,)
    assert alone["losses"][-1] < 0.8 * alone["losses"][0]
    assert max(np.abs(array).max() for name, array in alone.items() if name.startswith("gradient")) > 1e-3
    for name, array in alone.items():
        assert array.dtype == together[name].dtype
        np.testing.assert_allclose(together[name], array, rtol=0, atol=1e-9, err_msg=name)


@pytest.mark.parametrize(("process", "case", "case_alone"), COMPARED)
def test_the_first_step_in_float32(trained: Path, process: str, case: str, case_alone: str) -> None:
    """Loss and gradients agree to 1e-5 of the largest one."""
    alone = arrays(trained, "one_device_0", case_alone, "float32")
    together = arrays(trained, process, case, "float32")
    np.testing.assert_allclose(together["losses"], alone["losses"], rtol=1e-5)
    np.testing.assert_array_equal(together["counts"], alone["counts"])
    gradients = [name for name in alone if name.startswith("gradient")]
    largest = max(np.abs(alone[name]).max() for name in gradients)
    for name in gradients:
        np.testing.assert_allclose(together[name], alone[name], rtol=0, atol=1e-5 * largest, err_msg=name)
