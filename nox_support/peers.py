"""The libraries that benchmarks run beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import nox


def install_peers(session: nox.Session, requirements: str) -> str:
    """Install other libraries, which want other Zarr and numpy than ours, into an environment of their own; its Python."""
    peers = Path(session.create_tmp()) / "peers"
    session.run("python", "-m", "venv", str(peers))
    python = str(next(peers.glob("[Sb]*/python*")))
    session.run(python, "-m", "pip", "install", "-q", "-r", requirements, external=True)
    return python
