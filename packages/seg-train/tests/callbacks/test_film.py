"""The film of one slice: as many frames as pictures, in their order, all of one size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageSequence

from seg_common.model_paths import ModelPaths
from seg_train.callbacks.film import LAST_FRAME, MOST_FRAMES, write_film

if TYPE_CHECKING:
    from pathlib import Path


def draw_frame(paths: ModelPaths, epoch: int, grey: int, width: int = 40) -> None:
    """Draw a frame of one grey level."""
    paths.film_frames.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((30, width, 3), grey, np.uint8)).save(paths.film_frame(epoch))


def test_frames_follow_each_other_and_the_last_one_rests(tmp_path: Path) -> None:
    """Epochs 5, 10 and 100 in the order of their numbers; a wider frame widens all, on white."""
    paths = ModelPaths(root=tmp_path)
    for epoch, grey, width in ((100, 200, 40), (5, 10, 40), (10, 90, 48)):
        draw_frame(paths, epoch, grey, width)
    write_film(paths)
    with Image.open(paths.film) as film:
        frames = [(frame.convert("RGB"), frame.info["duration"]) for frame in ImageSequence.Iterator(film)]
    assert [picture.getpixel((0, 0)) for picture, _ in frames] == [(grey,) * 3 for grey in (10, 90, 200)]
    assert [picture.getpixel((47, 0)) for picture, _ in frames] == [(255,) * 3, (90,) * 3, (255,) * 3]
    assert frames[-1][1] == LAST_FRAME > frames[0][1] == frames[1][1]


def test_a_long_run_has_a_film_of_bounded_length(tmp_path: Path) -> None:
    """Of more frames than a film takes, it has the first, the last, and others evenly between them."""
    paths = ModelPaths(root=tmp_path)
    for epoch in range(1, 2 * MOST_FRAMES):
        draw_frame(paths, epoch, epoch)
    write_film(paths)
    with Image.open(paths.film) as film:
        greys = [frame.convert("RGB").getpixel((0, 0))[0] for frame in ImageSequence.Iterator(film)]
    assert greys == list(range(1, 2 * MOST_FRAMES, 2))


def test_a_picture_alone_is_no_film(tmp_path: Path) -> None:
    """Nothing is written for no frames, nor for one."""
    paths = ModelPaths(root=tmp_path)
    write_film(paths)
    draw_frame(paths, 5, 10)
    write_film(paths)
    assert not paths.film.exists()
