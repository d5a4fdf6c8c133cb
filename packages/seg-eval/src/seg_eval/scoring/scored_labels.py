"""Label volumes of any tool, read as class indices: values mapped, ignored ones told apart, anything else refused."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import LabelVolumeError
from seg_common.volume.array_reader import ArrayReader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box

IGNORED = 255
"""What voxels with an ignored label are read as; there are at most 255 classes, so it is never a class."""
MOST_CLASSES = 255
MOST_LISTED = 8
MOST_COUNTED = 1000
"""Wrong values that are told apart: single objects have millions of ids."""


class ScoredLabels(ArrayReader):
    """A label volume read as class indices (uint8), block by block.

    Parameters
    ----------
    labels : ArrayReader
        Integer labels.
    n_classes : int
        Class indices are 0 … n_classes - 1, at most 255 of them.
    mapping : mapping of int to int
        Class index by value, all at once: what a value became is not mapped again. Other values stand for themselves.
    ignored_labels : collection of int
        Values that are read as 255, class indices among them too.
    remedy : str
        The options that mend a wrong value, for the message of an error.
    """

    def __init__(
        self,
        labels: ArrayReader,
        n_classes: int,
        mapping: Mapping[int, int] | None = None,
        ignored_labels: Collection[int] = (),
        *,
        remedy: str = "Map them.",
    ) -> None:
        self._labels, self.n_classes = labels, n_classes
        self._mapping, self._ignored, self._remedy = dict(mapping or {}), tuple(ignored_labels), remedy
        _require_apart(self._mapping, self._ignored, n_classes, labels)
        self.path, self.dataset, self.shape = labels.path, labels.dataset, labels.shape
        self.dtype = np.dtype(np.uint8)
        self.voxel_size, self.voxel_size_unit = labels.voxel_size, labels.voxel_size_unit
        self.chunk_shape = labels.chunk_shape

    def _read(self, box: Box) -> NDArray[Any]:
        labels = self._labels.read(box)
        codes, known = self._codes(labels)
        if known is not None and not known.all():
            self._refuse(_count(labels[~known]))
        return codes

    def wrong_values(self, box: Box) -> Counter[int]:
        """Count the voxels of a box by values that are no class; of more than 1000 such values, not all."""
        labels = self._labels.read(box)
        _, known = self._codes(labels)
        return Counter() if known is None or known.all() else _count(labels[~known])

    def require_classes(self, boxes: Iterable[Box]) -> None:
        """Raise LabelVolumeError, with every wrong value and its voxels, unless all boxes hold classes."""
        wrong: Counter[int] = Counter()
        for box in boxes:
            wrong += self.wrong_values(box)
            if len(wrong) > MOST_COUNTED:
                break
        if wrong:
            self._refuse(wrong)

    def _codes(self, labels: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.bool_] | None]:
        """Class indices, and which voxels have one or are ignored: None for all of them."""
        plain = not (self._mapping or self._ignored)
        if plain and labels.min() >= 0 and labels.max() < self.n_classes:
            return labels.astype(np.uint8, copy=False), None
        if labels.dtype.kind == "u" and labels.dtype.itemsize <= 2:
            codes, known = self._translate(np.arange(np.iinfo(labels.dtype).max + 1, dtype=labels.dtype))
            return codes.take(labels), known.take(labels)
        return self._translate(labels)

    def _translate(self, labels: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        known = (labels >= 0) & (labels < self.n_classes)
        codes = np.where(known, labels, 0).astype(np.uint8)
        for old, new in (*((value, IGNORED) for value in self._ignored), *self._mapping.items()):
            chosen = labels == old
            codes[chosen] = new
            known |= chosen
        return codes, known

    def _refuse(self, wrong: Counter[int]) -> None:
        listed = sorted(wrong)[:MOST_LISTED]
        listing = ", ".join(f"{value} ({wrong[value]} voxels)" for value in listed)
        more = f" and {len(wrong) - len(listed)} more values" if len(wrong) > len(listed) else ""
        msg = f"labels must be class indices 0 … {self.n_classes - 1}; {self._labels} holds {listing}{more}. {self._remedy}"
        raise LabelVolumeError(msg)

    def close(self) -> None:
        """Close the label volume."""
        super().close()
        self._labels.close()


def _require_apart(mapping: Mapping[int, int], ignored: Collection[int], n_classes: int, labels: ArrayReader) -> None:
    both = sorted(set(mapping) & set(ignored))
    if both:
        msg = f"a value is either mapped or ignored; {labels} has both for {', '.join(map(str, both))}. Choose one."
        raise LabelVolumeError(msg)
    outside = [f"{old}={new}" for old, new in mapping.items() if not 0 <= new < n_classes]
    if outside:
        msg = (
            f"values must be mapped to class indices 0 … {n_classes - 1}; got {', '.join(outside)} for {labels}. "
            "Name more classes, or map to one of these."
        )
        raise LabelVolumeError(msg)


def _count(values: NDArray[Any]) -> Counter[int]:
    found, voxels = np.unique(values, return_counts=True)
    return Counter(dict(zip(found[:MOST_COUNTED].tolist(), voxels[:MOST_COUNTED].tolist(), strict=True)))


def largest_class(
    labels: ArrayReader, boxes: Iterable[Box], mapping: Mapping[int, int], ignored_labels: Collection[int]
) -> int:
    """Find the largest class index that label values stand for, when nobody has named the classes.

    Parameters
    ----------
    labels : ArrayReader
        Integer labels.
    boxes : iterable of Box
        Where to look.
    mapping : mapping of int to int
        Class index by value.
    ignored_labels : collection of int
        Values that do not count.

    Returns
    -------
    int
        0 when no voxel counts.

    Raises
    ------
    LabelVolumeError
        If a value is negative, or so large that labels are no classes.
    """
    others = np.array([*mapping, *ignored_labels], np.int64)
    largest = max(mapping.values(), default=0)
    for box in boxes:
        voxels = labels.read(box)
        if others.size:
            voxels = voxels[~np.isin(voxels, others)]
        if voxels.size and voxels.min() < 0:
            msg = (
                f"labels must not be negative; {labels} holds {int(voxels.min())}. "
                "Name the value that nobody annotated with --ignored-label."
            )
            raise LabelVolumeError(msg)
        largest = max(largest, int(voxels.max(initial=0)))
    if largest >= MOST_CLASSES:
        msg = (
            f"labels must be class indices 0 … {MOST_CLASSES - 1}; those of {labels} go up to {largest}. Are they ids of "
            "single objects? Name the value that nobody annotated with --ignored-label, or map it."
        )
        raise LabelVolumeError(msg)
    return largest


def parse_mapping(text: str) -> tuple[int, int]:
    """Read ``OLD=NEW`` or ``OLD:NEW``.

    Raises
    ------
    LabelVolumeError
        If the text has another form.

    Examples
    --------
    >>> parse_mapping("255=1")
    (255, 1)
    """
    found = re.fullmatch(r"\s*(-?\d+)\s*[=:]\s*(\d+)\s*", text)
    if found is None:
        msg = f"a mapping is written OLD=NEW with whole numbers; got {text!r}. Write for example 255=1."
        raise LabelVolumeError(msg)
    return int(found[1]), int(found[2])
