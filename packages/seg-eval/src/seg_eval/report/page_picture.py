"""Pictures of voxels as the page holds them: compressed with some loss, which noise hides; the files beside it have every voxel."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

SHEET_QUALITY = 85
"""Of sheets with letters on them, as WebP counts it."""


def webp_uri(picture: Image, quality: int = SHEET_QUALITY) -> str:
    """Write a picture as a WebP data URI."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=4)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
