"""Write a phantom as a volume folder, with partitions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seg_data.array_in_memory import ArrayInMemory
from seg_data.partitions import AxisSplit
from seg_data.phantoms.composite import CLASS_NAMES, Phantom
from seg_data.volume_folder import describe_volume, write_volume_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from seg_data.partitions import Partitioning

# Fibres of glass are about 10 µm thick, and these are 8 voxels.
VOXEL_SIZE, VOXEL_SIZE_UNIT = (1.3, 1.3, 1.3), "um"


def write_phantom(
    phantom: Phantom,
    folder: Path | str,
    partitioning: Partitioning = AxisSplit(),  # noqa: B008 - frozen
    *,
    name: str | None = None,
    overwrite: bool = False,
    advance: Callable[[int], None] | None = None,
) -> Path:
    """Write a phantom as a volume folder.

    Parameters
    ----------
    phantom : Phantom
        Made by `make_phantom`.
    folder : path
        Where `image.h5`, `labels.h5` and `volume.yaml` go; made when missing.
    partitioning : Partitioning
        How to cut it; half of z for training, an eighth for validation and the rest for test when not given.
    name : str, optional
        Name of the volume; that of the folder when not given.
    overwrite : bool
        Whether an existing volume in the folder may be replaced.
    advance : callable, optional
        Told the number of slices after each slab; in all twice the slices.

    Returns
    -------
    Path
        The `volume.yaml`.

    Raises
    ------
    OutputExistsError
        If the folder holds a volume already.
    VolumeError
        If a partition would have no voxel.
    """
    folder = Path(folder)
    image, labels = ArrayInMemory(phantom.image), ArrayInMemory(phantom.labels)
    document = describe_volume(
        name or folder.resolve().name,
        image,
        labels,
        class_names=CLASS_NAMES,
        voxel_size=VOXEL_SIZE,
        voxel_size_unit=VOXEL_SIZE_UNIT,
        partitions=partitioning.boxes(image.shape),
    )
    attributes = {"made_by": "seg-data phantom", "seed": phantom.seed}
    return write_volume_folder(
        folder, document, image, labels, attributes=attributes, overwrite=overwrite, advance=advance
    )
