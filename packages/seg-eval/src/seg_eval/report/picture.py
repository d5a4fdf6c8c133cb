"""A picture of the report: its file, and its description for those who cannot see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class ReportPicture:
    """One picture."""

    section: str
    """Part of the report: ``sections``, ``confusion``, ``fractions`` or ``blobs``."""
    path: Path
    """PNG file inside the evaluation folder."""
    caption: str
    """Text below the picture."""
    alt: str
    """What the picture shows, in words."""
    width: int
    """Width on the page in CSS pixels, where there is room."""
