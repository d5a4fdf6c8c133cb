"""What made an output: code, command, environment and hardware; part of every record."""

from __future__ import annotations

from pydantic import Field

from seg_common.schema.base import StrictModel


class GitState(StrictModel):
    """State of the source tree that the code ran from."""

    commit: str
    """Full hash of the commit."""
    dirty: bool
    """Whether tracked files were changed."""


class Provenance(StrictModel):
    """What made an output."""

    command: list[str]
    """The command line, word by word."""
    created: str
    """Local time with its offset from UTC, ISO 8601."""
    packages: dict[str, str]
    """Versions of the packages of this toolkit and of the libraries that compute."""
    python: str
    """Version of Python."""
    git: GitState | None
    """State of the source tree; None for an installed package."""
    platform: str
    """Operating system and processor architecture."""
    hostname: str
    """Name of the machine."""
    cpu: str
    """Model of the processor."""
    cpu_count: int
    """Processor cores that the process may use."""
    memory_bytes: int
    """Installed memory."""
    environment: dict[str, str] = Field(default={})
    """Environment variables that change results or speed, and the names of a scheduler's job; those that are set."""
