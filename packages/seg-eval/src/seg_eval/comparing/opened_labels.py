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
from seg_eval.scoring.placement import stated_start

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import ExitStack

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_common.volume.array_reader import ArrayReader
    from seg_eval.comparing.found_members import FoundMember
    from seg_eval.comparing.member_facts import MemberFacts

Values = tuple[tuple[tuple[int, int], ...], tuple[int, ...]]


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
    def source(self) -> tuple[Path, str | None, Index3, Values]:
        """What makes two of them the same."""
        reader = self.array.reader
        return reader.path.resolve(), reader.dataset, self.array.start, self.values

    @property
    def values(self) -> Values:
        """What the values mean: the class of those that are no class indices, and those that are no class."""
        return tuple(sorted(self.classes.items())), self.ignored

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
        self._digests: dict[tuple[str, Box], str] = {}

    def reference_of(self, member: FoundMember) -> LabelFile:
        """Find the reference labels of an evaluation.

        Raises
        ------
        SegError
            If they are not found, or are not those that were measured.
        """
        facts = member.facts
        missing, other = [], []
        for location, ignored in self._reference_places(facts):
            try:
                reader = self._open(location)
            except VolumeError as error:
                missing.append(str(error))
                continue
            array = self._placed(reader, facts.region, facts.reference_digest)
            if array is None:
                other.append(str(reader))
                continue
            values = facts.label_values
            if values is not None:
                return LabelFile(array, values.reference, tuple(values.ignored))
            return LabelFile(array, {}, ignored)
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
        facts = member.facts
        place, _, dataset = facts.prediction.partition("::")
        beside = member.path / place
        location = f"{beside if beside.exists() else place}" + (f"::{dataset}" if dataset else "")
        reader = self._open(location)
        array = self._placed(reader, facts.region, facts.prediction_digest)
        if array is None:
            msg = f"the predicted labels must be those that {member.path} measured; {reader} changed since. Evaluate again."
            raise LabelVolumeError(msg)
        values = facts.label_values
        return LabelFile(array, {} if values is None else values.prediction)

    def digest(self, array: PlacedArray, box: Box) -> str:
        """Digest the voxels of a box in the volume's coordinates, once."""
        z, y, x = array.start
        key = str(array.reader), box.shifted((-z, -y, -x))
        if key not in self._digests:
            self._digests[key] = array_digest(array.reader, key[1])
        return self._digests[key]

    def _placed(self, reader: ArrayReader, region: Box, digest: str | None) -> PlacedArray | None:
        """Find out where a file lies in the volume: where its voxels of the region are those that were measured."""
        for start in dict.fromkeys([stated_start(reader), (0, 0, 0), region.start]):
            if start is None or not Box(start=start, shape=reader.shape).contains(region):
                continue
            array = PlacedArray(reader, start)
            if self.digest(array, region) == digest:
                return array
        return None

    def _open(self, location: str) -> ArrayReader:
        if location not in self._readers:
            self._readers[location] = self._opened.enter_context(open_label_volume(location))
        return self._readers[location]

    def _reference_places(self, facts: MemberFacts) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Where the reference may be, with its ignored label: the versions of the volume, then the path as it was given."""
        places: dict[str, tuple[int, ...]] = {}
        ignored: tuple[int, ...] = ()
        file = None if facts.volume is None else Path(facts.volume.path)
        if file is not None and file.is_file():
            for source in read_document(file, VolumeDocument).labels.values():
                dataset = f"::{source.dataset}" if source.dataset else ""
                ignored = () if source.ignored_label is None else (source.ignored_label,)
                places[f"{file.parent / source.path}{dataset}"] = ignored
        if self._moved is not None:
            yield self._moved, ignored
        yield from places.items()
        if facts.reference is not None:
            yield facts.reference, ignored
