"""A scan opened for reading: its document, its grey levels, its labels if it has any, and voxel weights when asked for."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from seg_common.errors import LabelVolumeError, SegError, VolumeError
from seg_common.geometry.box import Box
from seg_common.schema.volume import ArraySource, LabelSource, VolumeDocument
from seg_common.volume.open_array import IMAGE_DATASETS, LABEL_DATASETS, open_array, require_label_dtype
from seg_common.yaml_documents import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seg_common.volume.array_reader import ArrayReader

VOLUME_FILE = "volume.yaml"
WEIGHT_DATASETS = ("weight", "weights")


@dataclass(frozen=True)
class Volume:
    """A scan opened for reading; close it, or use it as a context manager."""

    path: Path
    """Its `volume.yaml`."""
    document: VolumeDocument
    """What that file says."""
    image: ArrayReader
    """Grey levels (z, y, x)."""
    labels: ArrayReader | None
    """Class indices (z, y, x) of the chosen version; None when the volume has no labels."""
    labels_name: str | None
    """Name of the chosen label version."""
    weights: ArrayReader | None = None
    """How much each voxel (z, y, x) counts; None unless asked for by name."""
    weights_name: str | None = None
    """Name of the chosen voxel weights."""
    _beside: list[ArrayReader] = field(default_factory=list, repr=False, compare=False)

    @property
    def label_source(self) -> LabelSource | None:
        """What the document says of the chosen label version."""
        return None if self.labels_name is None else self.document.labels[self.labels_name]

    @property
    def ignored_label(self) -> int | None:
        """Value of voxels that neither train nor count."""
        return None if self.label_source is None else self.label_source.ignored_label

    @property
    def box(self) -> Box:
        """Box of the whole volume."""
        return Box.whole(self.document.shape)

    def partition(self, name: str) -> Box:
        """Box of a named partition.

        Raises
        ------
        VolumeError
            If the volume has no partition of that name.
        """
        try:
            return self.document.partitions[name]
        except KeyError:
            known = ", ".join(self.document.partitions) or "none"
            msg = f"the partition must be named in {self.path}; got {name!r}, it has: {known}."
            raise VolumeError(msg) from None

    def require_labels(self) -> ArrayReader:
        """Labels, or a LabelVolumeError when the volume has none."""
        if self.labels is None:
            msg = f"this work needs labels; {self.path} names none. Add them under the key labels."
            raise LabelVolumeError(msg)
        return self.labels

    def close_too(self, reader: ArrayReader) -> None:
        """Close another array, such as a mask beside the volume, when the volume is closed."""
        self._beside.append(reader)

    def close(self) -> None:
        """Release the files."""
        for reader in (self.image, self.labels, self.weights, *self._beside):
            if reader is not None:
                reader.close()

    def __enter__(self) -> Self:
        """Use the volume as a context manager that closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        self.close()


def volume_file(path: Path | str) -> Path:
    """Path of `volume.yaml`, given that file or the folder that holds it.

    Raises
    ------
    SegError
        If there is none.
    """
    path = Path(path)
    if path.is_dir():
        path = path / VOLUME_FILE
    if not path.is_file():
        msg = (
            f"a volume is a {VOLUME_FILE} or the folder that holds it; {path} does not exist. "
            "Make one with seg-data import or seg-data phantom."
        )
        raise SegError(msg)
    return path


def open_volume(path: Path | str, labels: str | None = None, weights: str | None = None) -> Volume:
    """Open a scan for lazy reading.

    Parameters
    ----------
    path : path
        A `volume.yaml` or the folder that holds it.
    labels : str, optional
        Label version; the first one in the document when not given.
    weights : str, optional
        Voxel weights; none when not given.

    Returns
    -------
    Volume
        To be closed, or used as a context manager.

    Raises
    ------
    DocumentError
        If `volume.yaml` does not match its schema.
    VolumeError
        If a file is missing or differs from the document in shape or dtype, or the label version or the weights are unknown.
    LabelVolumeError
        If labels are not integers or have another shape than the image.
    """
    path = volume_file(path)
    document = read_document(path, VolumeDocument)
    name = next(iter(document.labels), None) if labels is None else labels
    _require_named(path, "label version", name, document.labels)
    _require_named(path, "voxel weights", weights, document.weights)
    with ExitStack() as undo:
        image = undo.enter_context(_open_source(path, document.image, IMAGE_DATASETS))
        _require_as_documented(image, document, path)
        opened = None if name is None else undo.enter_context(_open_labels(path, document, name))
        weighed = None if weights is None else undo.enter_context(_open_weights(path, document, weights))
        undo.pop_all()
    return Volume(path, document, image, opened, name, weighed, weights)


def _require_named(path: Path, what: str, name: str | None, known: Mapping[str, ArraySource]) -> None:
    if name is not None and name not in known:
        msg = f"the {what} must be named in {path}; got {name!r}, it has: {', '.join(known) or 'none'}."
        raise VolumeError(msg)


def _require_as_documented(image: ArrayReader, document: VolumeDocument, path: Path) -> None:
    found = (image.shape, image.dtype.name)
    if found != (document.shape, document.dtype):
        msg = (
            f"the image must be as {path} says, shape {document.shape} and dtype {document.dtype}; "
            f"{image} has {found[0]} and {found[1]}. Correct the document."
        )
        raise VolumeError(msg)


def _open_labels(path: Path, document: VolumeDocument, name: str) -> ArrayReader:
    reader = _open_source(path, document.labels[name], LABEL_DATASETS)
    require_label_dtype(reader)
    if reader.shape != document.shape:
        reader.close()
        msg = f"labels must have the image's shape {document.shape}; {reader} has {reader.shape}."
        raise LabelVolumeError(msg)
    return reader


def _open_weights(path: Path, document: VolumeDocument, name: str) -> ArrayReader:
    reader = _open_source(path, document.weights[name], WEIGHT_DATASETS)
    if reader.shape != document.shape:
        reader.close()
        msg = (
            f"voxel weights must have the image's shape {document.shape}; {reader} has {reader.shape}. Make them anew."
        )
        raise VolumeError(msg)
    return reader


def _open_source(path: Path, source: ArraySource, preferred: tuple[str, ...]) -> ArrayReader:
    return open_array(path.parent / source.path, source.dataset, preferred=preferred)
