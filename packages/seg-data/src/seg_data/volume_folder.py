"""Write a volume folder: `image.h5`, `labels.h5` and the `volume.yaml` that names them, all or nothing."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, get_args

from seg_common.atomic_files import refuse_existing
from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.schema.volume import (
    DEFAULT_COLORS,
    AnnotatedSlices,
    ArraySource,
    ClassInfo,
    LabelSource,
    VolumeDocument,
    VoxelType,
)
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.digests import array_digest
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.opened_volume import VOLUME_FILE
from seg_common.yaml_documents import write_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import h5py
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box

IMAGE_FILE, LABELS_FILE = "image.h5", "labels.h5"
IMAGE_DATASET, LABELS_DATASET = "image", "labels"
LABELS_VERSION = "reference"


def refuse_existing_folder(folder: Path, *, overwrite: bool) -> None:
    """Raise OutputExistsError when the folder holds a volume already and it may not be overwritten."""
    for name in (VOLUME_FILE, IMAGE_FILE, LABELS_FILE):
        refuse_existing(folder / name, overwrite=overwrite)


def describe_volume(
    name: str,
    image: ArrayReader,
    labels: ArrayReader | None,
    *,
    class_names: Sequence[str] = (),
    ignored_label: int | None = None,
    annotated: AnnotatedSlices | None = None,
    voxel_size: tuple[float, float, float] | None = None,
    voxel_size_unit: str | None = None,
    partitions: Mapping[str, Box] | None = None,
) -> VolumeDocument:
    """Make the document of a volume that is about to be written, without digests.

    Raises
    ------
    VolumeError
        If the image's dtype cannot be stored.
    LabelVolumeError
        If image and labels differ in shape.
    pydantic.ValidationError
        If class names are repeated, voxel size and unit do not go together, or partitions overlap.
    """
    if image.dtype.name not in get_args(VoxelType):
        msg = (
            f"grey levels must have one of the types {', '.join(get_args(VoxelType))}; {image} has {image.dtype}. "
            "Convert the file."
        )
        raise VolumeError(msg)
    if labels is not None:
        require_same_shape(image, labels)
    source = LabelSource(path=LABELS_FILE, dataset=LABELS_DATASET, ignored_label=ignored_label, annotated=annotated)
    colors = [DEFAULT_COLORS[i % len(DEFAULT_COLORS)] for i in range(len(class_names))]
    return VolumeDocument(
        name=name,
        image=ArraySource(path=IMAGE_FILE, dataset=IMAGE_DATASET),
        labels={} if labels is None else {LABELS_VERSION: source},
        shape=image.shape,
        dtype=image.dtype.name,  # type: ignore[arg-type] # one of the types, as was just checked
        voxel_size=voxel_size,
        voxel_size_unit=voxel_size_unit,
        classes=[ClassInfo(name=n, color=c) for n, c in zip(class_names, colors, strict=True)],
        partitions=dict(partitions or {}),
    )


def require_same_shape(image: ArrayReader, labels: ArrayReader) -> None:
    """Raise LabelVolumeError, with both shapes, unless they are equal."""
    if labels.shape != image.shape:
        msg = (
            f"labels must have the image's shape (z, y, x); {labels} has {labels.shape} and {image} has {image.shape}. "
            "Give the labels of this image."
        )
        raise LabelVolumeError(msg)


def write_volume_folder(
    folder: Path,
    document: VolumeDocument,
    image: ArrayReader,
    labels: ArrayReader | None,
    *,
    attributes: Mapping[str, object] | None = None,
    overwrite: bool = False,
    advance: Callable[[int], None] | None = None,
) -> Path:
    """Copy image and labels into a folder, slab by slab, and write their document with digests.

    Parameters
    ----------
    folder : Path
        Made when missing.
    document : VolumeDocument
        Made by `describe_volume`.
    image, labels : ArrayReader
        What to copy; labels as they shall be stored.
    attributes : mapping, optional
        Attributes of both HDF5 datasets, such as where they come from.
    overwrite : bool
        Whether an existing volume may be replaced.
    advance : callable, optional
        Told the number of slices after each slab, of the image first and of the labels then.

    Returns
    -------
    Path
        The `volume.yaml`, written last: it exists only when the volume is whole.

    Raises
    ------
    OutputExistsError
        If the folder holds a volume already.
    VolumeError
        If a file cannot be read.
    """
    refuse_existing_folder(folder, overwrite=overwrite)
    with _removed_when_empty(folder), ExitStack() as files:
        copies: list[ArrayCopy] = []
        for reader, file, dataset in ((image, IMAGE_FILE, IMAGE_DATASET), (labels, LABELS_FILE, LABELS_DATASET)):
            if reader is not None:
                writer = hdf5_writer(
                    folder / file,
                    dataset,
                    reader.shape,
                    reader.dtype,
                    overwrite=overwrite,
                    compressed=reader is labels,
                    attributes=attributes,
                )
                copies.append(ArrayCopy(reader, files.enter_context(writer)))
        digests = [array_digest(copy, advance=advance) for copy in copies]
        files.close()  # both files appear here, one after the other
        sources = {"image": document.image.model_copy(update={"digest": digests[0]})}
        versions = {
            name: source.model_copy(update={"digest": digest})
            for (name, source), digest in zip(document.labels.items(), digests[1:], strict=True)
        }
        path = folder / VOLUME_FILE
        write_document(path, document.model_copy(update={**sources, "labels": versions}), overwrite=overwrite)
    return path


class ArrayCopy(ArrayReader):
    """A reader that writes all it reads to a dataset, so that one pass both copies and digests.

    Parameters
    ----------
    reader : ArrayReader
        What is read.
    target : h5py.Dataset
        Filled where it is read.
    """

    def __init__(self, reader: ArrayReader, target: h5py.Dataset) -> None:
        self._reader = reader
        self._target = target
        self.path, self.dataset = reader.path, reader.dataset
        self.shape, self.dtype = reader.shape, reader.dtype
        # A packed chunk that is written in two parts is packed twice.
        self.chunk_shape = None if target.compression is None else target.chunks

    def _read(self, box: Box) -> NDArray[Any]:
        voxels = self._reader.read(box)
        self._target[box.slices()] = voxels
        return voxels


@contextmanager
def _removed_when_empty(folder: Path) -> Iterator[None]:
    """Leave no empty folder behind when the work fails."""
    existed = folder.exists()
    try:
        yield
    except BaseException:
        if not existed:
            with suppress(OSError):
                folder.rmdir()
        raise
