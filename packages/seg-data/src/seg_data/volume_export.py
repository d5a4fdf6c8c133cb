"""From a volume folder to one file of any format: the image, a label version or voxel weights, whole or in part."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.errors import OutputExistsError, VolumeError
from seg_common.volume.open_array import open_array
from seg_common.volume.opened_volume import open_volume
from seg_common.volume.writing.array_writer import array_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seg_common.geometry.box import Box
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume
    from seg_common.volume.voxel_sizes import VoxelSize
    from seg_data.partitions import PartitionRange

IMAGE, LABELS, WEIGHTS = "image", "labels", "weights"


def export_volume(
    volume: Path | str,
    output: Path | str,
    what: str = IMAGE,
    *,
    part: str | PartitionRange | None = None,
    compressed: bool = False,
    overwrite: bool = False,
    advance: Callable[[int], object] | None = None,
) -> Box:
    """Write one array of a volume as a file that other programs read; its voxels keep their values and their dtype.

    Parameters
    ----------
    volume : path
        A `volume.yaml` or the folder that holds it.
    output : path
        The suffix names the format; see `seg_common.volume.writing.array_writer.array_writer`.
    what : str, default "image"
        ``image``, ``labels`` (the first version), ``labels:VERSION`` or ``weights:NAME``.
    part : str or PartitionRange, optional
        Name of a partition, or ranges of voxels; the whole volume when not given.
    compressed : bool
        Whether voxels are compressed, losslessly, by formats that can.
    overwrite : bool
        Whether an existing output may be replaced.
    advance : callable, optional
        Told the number of voxels after each slab.

    Returns
    -------
    Box
        The part that was written, in voxels of the volume.

    Raises
    ------
    VolumeError
        If there is no such array or partition, the format is unknown or cannot hold the dtype, or a file is damaged.
    OutputExistsError
        If the output exists and `overwrite` is false.
    MissingDependencyError
        If the format needs an extra that is not installed.
    """
    with _open_part(volume, what) as (opened, reader):
        _refuse_own_file(opened, Path(output))
        box = _box(opened, part)
        document = opened.document
        with array_writer(
            output,
            box.shape,
            reader.dtype,
            voxel_size=document.voxel_size,
            voxel_size_unit=document.voxel_size_unit,
            overwrite=overwrite,
            compressed=compressed,
        ) as writer:
            for slab in writer.slabs():
                writer.write(slab, reader.read(slab.shifted(box.start)))
                if advance is not None:
                    advance(slab.voxels)
    return box


def kept_voxel_size(output: Path | str) -> tuple[VoxelSize | None, str | None]:
    """Read back which voxel size and unit an exported file tells; not every format has a place for both."""
    with open_array(output) as reader:
        return reader.voxel_size, reader.voxel_size_unit


@contextmanager
def _open_part(path: Path | str, what: str) -> Iterator[tuple[Volume, ArrayReader]]:
    """Open a volume and one of its arrays."""
    kind, _, name = what.partition(":")
    if kind not in (IMAGE, LABELS, WEIGHTS) or (kind == IMAGE and name) or (kind == WEIGHTS and not name):
        msg = (
            f"what to export is image, labels, labels:VERSION or weights:NAME; got {what!r}. Write for example labels."
        )
        raise VolumeError(msg)
    chosen = {kind: name} if name else {}
    with open_volume(path, **chosen) as volume:
        yield volume, volume.weights or (volume.image if kind == IMAGE else volume.require_labels())


def _refuse_own_file(volume: Volume, output: Path) -> None:
    """Refuse to replace a file of the volume itself, also when other files may be replaced."""
    document = volume.document
    sources = (document.image, *document.labels.values(), *document.weights.values())
    own = [volume.path, *(volume.path.parent / source.path for source in sources)]
    if output.resolve() in [path.resolve() for path in own]:
        msg = f"an export never replaces a file of its volume; {output} is one of {volume.path}. Choose another name."
        raise OutputExistsError(msg)


def _box(volume: Volume, part: str | PartitionRange | None) -> Box:
    if part is None:
        return volume.box
    return volume.partition(part) if isinstance(part, str) else part.box(volume.document.shape)
