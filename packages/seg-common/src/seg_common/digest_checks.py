"""Compare the voxels of volumes with the digests that their documents record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_common.errors import DocumentError, SegError
from seg_common.schema.volume import VolumeDocument
from seg_common.volume.digests import array_digest
from seg_common.volume.opened_volume import open_volume
from seg_common.yaml_documents import read_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume


@dataclass(frozen=True)
class RecordedArray:
    """An array whose digest a volume's document records."""

    document: Path
    """The `volume.yaml`."""
    what: str
    """What it is to the volume, for example ``labels 'expert'``."""
    digest: str
    """The digest that was recorded."""
    slices: int
    """Slices along z."""
    labels: str | None = None
    """Label version that it is, if it is one."""
    weights: str | None = None
    """Voxel weights that it is, if it is some."""

    def of(self, volume: Volume) -> ArrayReader:
        """Give the array of a volume that was opened with these labels and weights."""
        chosen = volume.labels if self.labels is not None else volume.weights
        return volume.image if chosen is None else chosen


def recorded_arrays(volumes: Iterable[Path]) -> list[RecordedArray]:
    """List the arrays of valid `volume.yaml` files that have a digest; nothing is read but the documents."""
    found = []
    for path in volumes:
        document = read_document(path, VolumeDocument)
        slices = document.shape[0]
        if document.image.digest is not None:
            found.append(RecordedArray(path, "the image", document.image.digest, slices))
        for name, labels in document.labels.items():
            if labels.digest is not None:
                found.append(RecordedArray(path, f"labels {name!r}", labels.digest, slices, labels=name))
        for name, weights in document.weights.items():
            if weights.digest is not None:
                found.append(RecordedArray(path, f"weights {name!r}", weights.digest, slices, weights=name))
    return found


def require_digests(arrays: Iterable[RecordedArray], advance: Callable[[int], None]) -> None:
    """Read arrays whole, in bounded memory, and compare them with their digests.

    Parameters
    ----------
    arrays : iterable of RecordedArray
        See `recorded_arrays`.
    advance : callable
        Told the number of slices that were read, for progress bars.

    Raises
    ------
    DocumentError
        If an array differs from its digest or cannot be read; lists every such array, one a line.
    """
    problems = []
    for array in arrays:
        try:
            with open_volume(array.document, array.labels, array.weights) as volume:
                reader = array.of(volume)
                found = array_digest(reader, advance=advance)
                name = str(reader)
        except SegError as error:
            problems.append(str(error))
            continue
        if found != array.digest:
            problems.append(
                f"{array.what} must have the digest that {array.document} records, {array.digest}; {name} has {found}. "
                "Was the file changed? Restore it, or import it again."
            )
    if problems:
        raise DocumentError("\n".join(problems))
