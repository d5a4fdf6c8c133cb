"""What a record says about GPUs: versions of the libraries below TensorFlow, and the memory that was taken."""

from __future__ import annotations

import re
from pathlib import Path

BUILT_FOR = {"CUDA": "cuda_version", "cuDNN": "cudnn_version", "ROCm": "rocm_version"}
"""Libraries, and what TensorFlow calls their versions."""


def gpu_libraries(driver: Path = Path("/proc/driver/nvidia/version")) -> dict[str, str]:
    """Give the versions of CUDA and cuDNN that TensorFlow was built for, and that of the driver.

    Parameters
    ----------
    driver : path
        File in which NVIDIA's driver for Linux tells its version.

    Returns
    -------
    dict
        Version by name, of those that are known: nothing for a build that knows no GPU, on a machine without one.
    """
    import tensorflow as tf

    build = tf.sysconfig.get_build_info()
    found = {name: str(build[key]) for name, key in BUILT_FOR.items() if build.get(key)}
    try:
        text = driver.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return found
    version = re.search(r"Kernel Module\D*?(\d+(?:\.\d+)+)", re.sub(r"x86_64|aarch64", "", text))
    return found | ({"NVIDIA driver": version[1]} if version else {})


def peak_gpu_memory_bytes() -> int | None:
    """Largest memory that TensorFlow has taken on one GPU of this process so far; None without a GPU that tells."""
    import tensorflow as tf

    peaks = []
    for gpu in tf.config.list_logical_devices("GPU"):
        try:
            peaks.append(int(tf.config.experimental.get_memory_info(gpu.name.removeprefix("/device:"))["peak"]))
        except ValueError:  # a device of another maker that does not count
            continue
    return max(peaks, default=None)
