"""A picture of the report: its files, and its description for those who cannot see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = (".png", ".svg", ".pdf")


@dataclass(frozen=True)
class ReportPicture:
    """One picture."""

    section: str
    """Part of the report in which it stands, such as ``sections`` or ``confusion``."""
    path: Path
    """PNG file inside the evaluation folder; SVG and PDF lie beside it."""
    caption: str
    """Text below the picture."""
    alt: str
    """What the picture shows, in words."""
    width: int
    """Width on the page in CSS pixels, where there is room."""
    uri: str | None = None
    """The picture as the page holds it, which need not be one of its files; the PNG file when not given."""

    @property
    def files(self) -> list[Path]:
        """Its files that exist."""
        return [path for suffix in FORMATS if (path := self.path.with_suffix(suffix)).is_file()]
