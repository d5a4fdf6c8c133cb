"""Volumes to test with: small, on disk, and made of values that can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import settings

from seg_common.geometry.box import Box
from seg_common.volume.opened_volume import Volume, open_volume
from seg_data.array_in_memory import ArrayInMemory
from seg_data.volume_folder import describe_volume, write_volume_folder

if TYPE_CHECKING:
    from pathlib import Path

# The first call of a compiled function takes seconds.
settings.register_profile("seg", deadline=None, max_examples=40)
settings.load_profile("seg")

CLASS_NAMES = ("matrix", "fibre", "pore")
VolumeMaker = Callable[..., Volume]


def numbered_image(shape: tuple[int, int, int], dtype: str = "uint16") -> np.ndarray:
    """Give every voxel its own grey level, so that a voxel tells where it was read."""
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@pytest.fixture
def make_volume(tmp_path: Path) -> Iterator[VolumeMaker]:
    """Write arrays as a volume and open it; the partition `train` is the whole volume unless boxes are given."""
    with ExitStack() as opened:

        def make(
            image: np.ndarray,
            labels: np.ndarray | None = None,
            *,
            partitions: dict[str, Box] | None = None,
            class_names: tuple[str, ...] = CLASS_NAMES,
            ignored_label: int | None = None,
            voxel_size: tuple[float, float, float] | None = None,
            voxel_size_unit: str | None = None,
        ) -> Volume:
            readers = [None if array is None else ArrayInMemory(array) for array in (image, labels)]
            document = describe_volume(
                "sample",
                readers[0],
                readers[1],
                class_names=class_names,
                ignored_label=ignored_label,
                voxel_size=voxel_size,
                voxel_size_unit=voxel_size_unit,
                partitions={"train": Box.whole(image.shape)} if partitions is None else partitions,
            )
            folder = tmp_path / f"volume{len(list(tmp_path.iterdir()))}"
            path = write_volume_folder(folder, document, readers[0], readers[1])
            return opened.enter_context(open_volume(path))

        yield make


@pytest.fixture
def sparse_labels() -> np.ndarray:
    """16 x 24 x 20 voxels of matrix with a little pore in one corner: rare, as in a real part."""
    labels = np.zeros((16, 24, 20), np.uint8)
    labels[2:5, 3:9, 4:10] = 2
    labels[:, 12:15, :] = 1
    return labels


@pytest.fixture
def sparse_volume(make_volume: VolumeMaker, sparse_labels: np.ndarray) -> Any:
    """The sparse labels with numbered grey levels."""
    return make_volume(numbered_image(sparse_labels.shape), sparse_labels)
