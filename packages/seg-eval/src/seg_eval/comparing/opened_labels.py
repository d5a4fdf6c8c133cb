"""The label files behind evaluations: found again, and refused when they are not the ones that were measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import LabelVolumeError, SegError, VolumeError
from seg_common.geometry.box import Box
from seg_common.schema.volume import VolumeDocument
from seg_common.volume.digests import array_digest
from seg_common.volume.open_array import open_label_volume
from seg_common.yaml_documents import read_document
from seg_eval.measured_arrays import PlacedArray

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import ExitStack

    from numpy.typing import NDArray

    from seg_common.schema.evaluation import EvaluationDocument
    from seg_common.volume.array_reader import ArrayReader
    from seg_eval.comparing.found_members import FoundMember


@dataclass(frozen=True)
class LabelFile:
    """Labels of one file in the coordinates of the volume, as classes."""

    array: PlacedArray
    """Values as stored."""
    classes: Mapping[int, int]
    """Class by value, where values are not class indices."""
    ignored: tuple[int, ...] = ()
    """Values that are no class."""

    @property
    def source(self) -> tuple[Path, str | None, tuple[tuple[int, int], ...], tuple[int, ...]]:
        """What makes two of them the same."""
        reader = self.array.reader
        return reader.path.resolve(), reader.dataset, tuple(sorted(self.classes.items())), self.ignored

    def read(self, box: Box) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Read class indices, and where they are known; elsewhere they are any number."""
        values = self.array.read(box)
        known = ~np.isin(values, self.ignored) if self.ignored else np.ones(values.shape, np.bool_)
        if self.classes:
            labels = values.copy()
            for value, index in self.classes.items():
                labels[values == value] = index
            values = labels
        return values, known


class LabelFiles:
    """Open label files once each, until the stack is closed.

    Parameters
    ----------
    opened : ExitStack
        Closes them.
    reference : str, optional
        Where the reference labels are, as ``path`` or ``path::dataset``, when they were moved.
    """

    def __init__(self, opened: ExitStack, reference: str | None = None) -> None:
        self._opened = opened
        self._moved = reference
        self._readers: dict[str, ArrayReader] = {}
        self._digests: dict[tuple[str, Box | None], str] = {}

    def reference_of(self, member: FoundMember) -> LabelFile:
        """Find the reference labels of an evaluation.

        Raises
        ------
        SegError
            If they are not found, or are not those that were measured.
        """
        document = member.document
        box = document.region if document.scheme != "label_volumes" else None
        missing, other = [], []
        for location, ignored in self._reference_places(document):
            try:
                reader = self._open(location)
            except VolumeError as error:
                missing.append(str(error))
                continue
            if self.digest(reader, box) == document.reference_digest:
                values = document.label_values
                if values is not None:
                    return LabelFile(PlacedArray(reader), values.reference, tuple(values.ignored))
                return LabelFile(PlacedArray(reader), {}, ignored)
            other.append(str(reader))
        if other:
            msg = (
                f"the reference labels must be those that {member.path} was measured with; {', '.join(other)} changed "
                "since. Evaluate again."
            )
        else:
            msg = (
                f"the reference labels of {member.path} must be found again: {' '.join(missing)} "
                "If they were moved, name them with --reference."
            )
        raise SegError(msg)

    def prediction_of(self, member: FoundMember) -> LabelFile:
        """Find the predicted labels of an evaluation.

        Raises
        ------
        SegError
            If they are not found, or are not those that were measured.
        """
        document = member.document
        place, _, dataset = document.prediction.partition("::")
        beside = member.path / place
        location = f"{beside if beside.exists() else place}" + (f"::{dataset}" if dataset else "")
        reader = self._open(location)
        if self.digest(reader, None) != document.prediction_digest:
            msg = f"the predicted labels must be those that {member.path} measured; {reader} changed since. Evaluate again."
            raise LabelVolumeError(msg)
        start = document.region.start if document.scheme == "aggregated_volume" else (0, 0, 0)
        values = document.label_values
        return LabelFile(PlacedArray(reader, start), {} if values is None else values.prediction)

    def digest(self, reader: ArrayReader, box: Box | None) -> str:
        """Digest voxels, once."""
        if box is not None and not Box.whole(reader.shape).contains(box):
            return ""  # another volume altogether
        key = str(reader), box
        if key not in self._digests:
            self._digests[key] = array_digest(reader, box)
        return self._digests[key]

    def _open(self, location: str) -> ArrayReader:
        if location not in self._readers:
            self._readers[location] = self._opened.enter_context(open_label_volume(location))
        return self._readers[location]

    def _reference_places(self, document: EvaluationDocument) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Where the reference may be, with its ignored label: the versions of the volume, then the path as it was given."""
        places: dict[str, tuple[int, ...]] = {}
        ignored: tuple[int, ...] = ()
        file = None if document.volume is None else Path(document.volume.path)
        if file is not None and file.is_file():
            for source in read_document(file, VolumeDocument).labels.values():
                dataset = f"::{source.dataset}" if source.dataset else ""
                ignored = () if source.ignored_label is None else (source.ignored_label,)
                places[f"{file.parent / source.path}{dataset}"] = ignored
        if self._moved is not None:
            yield self._moved, ignored
        yield from places.items()
        if document.reference is not None:
            yield document.reference, ignored
