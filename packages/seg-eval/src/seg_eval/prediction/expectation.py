"""Say before the work starts what it will take: memory, disk and time."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_common.errors import SegError
from seg_eval.prediction.block_image import BlockImage
from seg_eval.prediction.memory_budget import LIBRARY_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seg_common.volume.array_reader import ArrayReader
    from seg_eval.prediction.network import Network
    from seg_eval.prediction.plan import PredictionPlan

GIB = 2**30
FEW_CALLS = 8
"""So few calls of the network are over before a trial of two would tell anything."""


@dataclass(frozen=True)
class Expectation:
    """What a prediction will take."""

    tiles: int
    """Tiles that go through the networks."""
    twice: float
    """Share of the tiles of the grids that are computed once more, for another block."""
    blocks: int
    """Blocks of the region."""
    memory_bytes: int
    """Libraries, network and one block."""
    disk_bytes: int
    """Working store and results, before compression."""
    seconds: float | None
    """Time in the networks; None when there are too few calls to try."""

    def __str__(self) -> str:
        """One line for people."""
        time_text = "" if self.seconds is None else f", about {_duration(self.seconds)} in the network"
        blocks = "1 block" if self.blocks == 1 else f"{self.blocks:,} blocks"
        return (
            f"{self.tiles:,} tiles ({self.twice:.0%} computed twice) in {blocks}; expected: "
            f"{self.memory_bytes / GIB:.2f} GiB of memory, up to {self.disk_bytes / GIB:.2f} GiB of disk{time_text}"
        )


def expect(
    plan: PredictionPlan, networks: Sequence[Network], image: ArrayReader, disk_bytes: int, *, try_out: bool
) -> Expectation:
    """Estimate what a prediction will take.

    Parameters
    ----------
    plan : PredictionPlan
        What will be computed.
    networks : sequence of Network
        Loaded networks.
    image : ArrayReader
        Grey levels of the volume.
    disk_bytes : int
        Space that the results and the working store need.
    try_out : bool
        Whether to run a batch twice for each pass, and to time the second run.

    Returns
    -------
    Expectation
        The time is that of the trial, times the number of batches.
    """
    computed = plan.tiles_computed()
    calls = sum(plan.tiles_computed_in(one) / one.batch_size * len(one.symmetries) for one in plan.passes)
    return Expectation(
        tiles=computed,
        twice=computed / plan.tiles_in_grids() - 1,
        blocks=sum(1 for _ in plan.blocks()),
        memory_bytes=LIBRARY_BYTES + plan.budget.network_bytes + plan.block_memory,
        disk_bytes=disk_bytes,
        seconds=_tried(plan, networks, image) if try_out and calls > FEW_CALLS else None,
    )


def require_disk(folder: Path, disk_bytes: int) -> None:
    """Raise SegError when a folder's disk cannot hold the results; folders that are missing are made later."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < disk_bytes:
        msg = (
            f"the disk must hold the results and what is kept while they are computed, up to {disk_bytes / GIB:.2f} GiB; "
            f"{folder} has {free / GIB:.2f} GiB free. Make room, choose another --output, or save less."
        )
        raise SegError(msg)


def _tried(plan: PredictionPlan, networks: Sequence[Network], image: ArrayReader) -> float:
    """Seconds in the networks, from one batch of each pass; the run before it builds what is built once."""
    seconds = 0.0
    for one in plan.passes:
        tile = one.tiles.tile_at((0, 0, 0))
        batch = BlockImage(image, one.tiles, tile.used).batch([tile] * one.batch_size)
        networks[one.network].predict(batch)
        started = time.monotonic()
        networks[one.network].predict(batch)
        calls = plan.tiles_computed_in(one) / one.batch_size * len(one.symmetries)
        seconds += calls * (time.monotonic() - started)
    return seconds


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
