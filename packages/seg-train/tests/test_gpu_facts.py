"""What a record says about GPUs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from seg_train.gpu_facts import gpu_libraries, peak_gpu_memory_bytes

if TYPE_CHECKING:
    from pathlib import Path

PROPRIETARY = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version:  gcc 12.2.0\n"
OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  570.86.15  Release Build  (dvs-builder@U16)\nGCC version: 13\n"


@pytest.mark.parametrize(
    ("text", "version"), [(PROPRIETARY, "550.54.15"), (OPEN, "570.86.15"), ("other", None), (None, None)]
)
def test_versions_are_those_of_the_build_and_the_driver(
    tensorflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, version: str | None
) -> None:
    """A build for CUDA names it; the driver says its version in a file, in either of its two wordings."""
    driver = tmp_path / "version"
    if text is not None:
        driver.write_text(text)
    known = {"NVIDIA driver": version} if version else {}
    build = {
        "is_cuda_build": True,
        "cuda_version": "12.5.1",
        "cudnn_version": "9",
        "cuda_compute_capabilities": ["sm_60"],
    }
    monkeypatch.setattr(tensorflow.sysconfig, "get_build_info", lambda: build)
    assert gpu_libraries(driver) == {"CUDA": "12.5.1", "cuDNN": "9"} | known
    monkeypatch.setattr(tensorflow.sysconfig, "get_build_info", lambda: {"is_cuda_build": False})
    assert gpu_libraries(driver) == known


def test_this_build_answers(tensorflow, tmp_path: Path) -> None:
    """What the installed TensorFlow says about itself is understood, whatever it was built for."""
    assert ("CUDA" in gpu_libraries(tmp_path / "none")) == bool(tensorflow.test.is_built_with_cuda())


def test_the_fullest_gpu_counts(tensorflow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three GPUs, one of which does not count; a machine without any has no peak."""
    monkeypatch.setattr(tensorflow.config, "list_logical_devices", lambda _: [])
    assert peak_gpu_memory_bytes() is None
    peaks = {"GPU:0": 5 * 2**30, "GPU:1": 7 * 2**30}

    def memory(name: str) -> dict[str, int]:
        if name not in peaks:
            msg = "Allocator stats not available for device"
            raise ValueError(msg)
        return {"current": 1, "peak": peaks[name]}

    gpus = [SimpleNamespace(name=f"/device:GPU:{place}") for place in range(3)]
    monkeypatch.setattr(tensorflow.config, "list_logical_devices", lambda _: gpus)
    monkeypatch.setattr(tensorflow.config.experimental, "get_memory_info", memory)
    assert peak_gpu_memory_bytes() == 7 * 2**30
