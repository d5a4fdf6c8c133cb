"""The volumes of a run, opened together."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from seg_common.volume.opened_volume import open_volume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.schema.training import TrainingConfig
    from seg_common.volume.opened_volume import Volume


@contextmanager
def opened_training_set(config: TrainingConfig) -> Iterator[list[Volume]]:
    """Open the volumes that a configuration names, with the label versions and voxel weights that it asks for.

    Yields
    ------
    list of Volume
        In the order of the configuration; closed at the end.

    Raises
    ------
    SegError
        As `seg_common.volume.opened_volume.open_volume`.
    """
    with ExitStack() as stack:
        yield [
            stack.enter_context(open_volume(volume.path, volume.labels, config.crops.voxel_weights))
            for volume in config.training_set
        ]
