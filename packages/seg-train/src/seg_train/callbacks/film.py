"""One slice along the training, as an animated picture for talks."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from seg_common.atomic_files import atomic_write_bytes

if TYPE_CHECKING:
    from seg_common.model_paths import ModelPaths

LONGEST_FRAME, SHORTEST_FRAME, WHOLE_FILM, LAST_FRAME = 600, 80, 8000, 2500
"""Milliseconds: a film takes about as long however many frames it has, and rests on its last one."""
MOST_FRAMES = WHOLE_FILM // SHORTEST_FRAME
"""Frames of a film; of more, these many are taken evenly, so that a long run needs no more memory at its end."""
PAPER = (255, 255, 255)


def write_film(paths: ModelPaths) -> None:
    """Put the frames that were drawn during training one after the other; nothing is written for fewer than two.

    Parameters
    ----------
    paths : ModelPaths
        Model folder with frames; its GIF is replaced when it exists.
    """
    files = sorted(paths.film_frames.glob("epoch_*.png"))
    if len(files) < 2:
        return
    last, count = len(files) - 1, min(len(files), MOST_FRAMES)
    files = [files[round(place * last / (count - 1))] for place in range(count)]
    sizes = []
    for file in files:
        with Image.open(file) as frame:
            sizes.append(frame.size)
    width, height = (max(sides) for sides in zip(*sizes, strict=True))
    pages = []
    for file in files:
        page = Image.new("RGB", (width, height), PAPER)
        with Image.open(file) as frame:
            page.paste(frame.convert("RGB"))
        pages.append(page.quantize(256, dither=Image.Dither.NONE))
    each = min(LONGEST_FRAME, max(SHORTEST_FRAME, WHOLE_FILM // len(pages)))
    film = io.BytesIO()
    pages[0].save(
        film,
        "GIF",
        save_all=True,
        append_images=pages[1:],
        duration=[*[each] * (len(pages) - 1), LAST_FRAME],
        loop=0,
    )
    atomic_write_bytes(paths.film, film.getvalue(), overwrite=True)
