"""Gather what made an output: code, command, environment, hardware."""

from __future__ import annotations

import os
import platform
import re
import socket
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from seg_common.redaction import SECRET_NAME, without_secrets
from seg_common.schema.provenance import GitState, Provenance

PACKAGES = (
    "seg-common",
    "seg-data",
    "seg-train",
    "seg-eval",
    "h5py",
    "keras",
    "numba",
    "numpy",
    "pydantic",
    "scipy",
    "tensorflow",
    "tifffile",
)
"""Distributions whose versions are recorded when they are installed."""

VARIABLES = re.compile(
    r"(TF|XLA|OMP|KMP)_\w+|NVIDIA_TF32_OVERRIDE|CUDA_VISIBLE_DEVICES|PYTHONHASHSEED|SLURM_(JOB_ID|NODELIST|JOB_NODELIST)"
)
"""Names of environment variables that are recorded, unless they sound secret."""


def gather_provenance() -> Provenance:
    """Describe the running process: command without secrets, versions, git state, machine."""
    return Provenance(
        command=[Path(sys.argv[0]).name, *map(without_secrets, sys.argv[1:])],
        created=timestamp(),
        packages=package_versions(),
        python=platform.python_version(),
        git=git_state(),
        platform=platform.platform(),
        hostname=socket.gethostname(),
        cpu=_cpu_model(),
        cpu_count=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        environment=environment(),
    )


def timestamp() -> str:
    """Local time with its offset from UTC, ISO 8601, to the second."""
    return datetime.now(UTC).astimezone().isoformat(timespec="seconds")


def package_versions() -> dict[str, str]:
    """Versions of the installed packages that can change a result."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def environment() -> dict[str, str]:
    """Environment variables that change results or speed, by name; no secrets."""
    return {
        name: without_secrets(value)
        for name, value in sorted(os.environ.items())
        if VARIABLES.fullmatch(name) and not SECRET_NAME.search(name)
    }


def git_state() -> GitState | None:
    """State of the source tree that this package runs from; None when it is not a git checkout."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(Path(__file__).parent), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout

    try:
        tracked = git("ls-files", "--error-unmatch", Path(__file__).name)
        commit = git("rev-parse", "HEAD").strip()
        changed = git("status", "--porcelain", "--untracked-files=no").strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return GitState(commit=commit, dirty=bool(changed)) if tracked else None


def peak_memory_bytes() -> int:
    """Largest resident memory that the process has had so far."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux, where getrusage tells the memory of the process that started this one, if that is more
        found = re.search(r"^VmHWM:\s*(\d+) kB", status.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if found:
            return int(found[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return int(psutil.Process().memory_info()._asdict()["peak_wset"])
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
