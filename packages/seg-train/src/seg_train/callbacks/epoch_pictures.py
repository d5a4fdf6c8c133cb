"""The pictures of a run: crops after every few epochs, always the same ones, the best and the worst; a slice as it is learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_train.callbacks.best_and_worst import best_and_worst
from seg_train.callbacks.examples import EXAMPLE_CROPS, PANEL_SIDE, draw_examples
from seg_train.callbacks.film import write_film
from seg_train.crop_source import IGNORED

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.model_paths import ModelPaths
    from seg_train.batch_queue import Batch
    from seg_train.prepared_run import Prepared

FILM_SIDE = 384
"""Longest side of a panel of the film in pixels, about."""


class EpochPictures:
    """Draw what the network makes of validation voxels, while it learns.

    Parameters
    ----------
    prepared : Prepared
        The run.
    paths : ModelPaths
        Where to draw.
    """

    def __init__(self, prepared: Prepared, paths: ModelPaths) -> None:
        self._every = prepared.config.examples_every
        self._name = prepared.config.name
        self._steps, self._source, self._paths = prepared.steps, prepared.source, paths
        self._classes = prepared.data[0].classes
        if self._every:
            self._examples = prepared.source.example_batch(EXAMPLE_CROPS)
            self._slice = prepared.source.slice_batch()

    def epoch_ended(self, epoch: int) -> None:
        """Draw, if it is time; `epoch` is counted from 1."""
        if not self._every or epoch % self._every:
            return
        self._draw(self._paths.examples(epoch), self._examples, f"validation crops after epoch {epoch}")
        self._draw(self._paths.film_frame(epoch), self._slice, f"epoch {epoch}", panel_side=FILM_SIDE)
        extremes = best_and_worst(self._steps, self._source, len(self._classes), IGNORED)
        if extremes:
            title = f"worst to best of {extremes.scored} crops after epoch {epoch}"
            self._draw(self._paths.best_and_worst(epoch), extremes.batch, title)

    def run_ended(self) -> None:
        """Make a film of the frames of all epochs."""
        write_film(self._paths)

    def _draw(self, path: Path, batch: Batch, title: str, *, panel_side: int = PANEL_SIDE) -> None:
        title = f"{self._name}: {title}"
        draw_examples(path, self._steps, batch, self._classes, IGNORED, title, panel_side=panel_side)
