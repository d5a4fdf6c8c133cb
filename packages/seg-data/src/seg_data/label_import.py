"""Labels on their way into a volume: opened, counted, mapped to class indices, refused when they are no classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seg_common.errors import LabelVolumeError
from seg_common.schema.volume import AnnotatedSlices
from seg_common.volume.open_array import open_label_volume
from seg_data.axis_order import ReorderedAxes, reordered
from seg_data.label_check import LabelReport, check_labels
from seg_data.label_mapping import STORED_IGNORED_LABEL, MappedLabels, map_counts, mapping_with_ignored
from seg_data.label_slices import LabelSlices
from seg_data.sparse_labels import SparseLabels
from seg_data.volume_folder import require_same_shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from seg_common.volume.array_reader import ArrayReader


@dataclass(frozen=True)
class LabelOrigin:
    """Where labels come from, and what their values mean."""

    source: str | LabelSlices
    """Label volume, ``path`` or ``path::dataset``, or annotated slices."""
    axes: str = "zyx"
    """Order of the axes of the label volume as it is stored."""
    mapping: tuple[tuple[int, int], ...] = ()
    """New value for values of the files; others keep theirs."""
    ignored_label: int | None = None
    """Value of the files for voxels that nobody annotated."""

    @property
    def full_mapping(self) -> dict[int, int]:
        """Stored value for values of the files, with that of ignored voxels."""
        return mapping_with_ignored(self.mapping, self.ignored_label)

    @property
    def stored_ignored_label(self) -> int | None:
        """Stored value of ignored voxels; None when there are none."""
        sparse = isinstance(self.source, LabelSlices)
        return STORED_IGNORED_LABEL if sparse or self.ignored_label is not None else None

    @property
    def annotated(self) -> AnnotatedSlices | None:
        """The annotated slices; None for a label volume."""
        if not isinstance(self.source, LabelSlices):
            return None
        return AnnotatedSlices(axis=self.source.axis, indices=self.source.indices)


def open_origin(origin: LabelOrigin, image: ArrayReader) -> ArrayReader:
    """Open labels as the files hold them; slices already as they will be stored.

    Parameters
    ----------
    origin : LabelOrigin
        Where they come from.
    image : ArrayReader
        The volume that they belong to.

    Returns
    -------
    ArrayReader
        Of the image's shape.

    Raises
    ------
    VolumeError
        If a file is missing or damaged.
    LabelVolumeError
        If labels are not integers, or of another shape than the image.
    """
    if isinstance(origin.source, LabelSlices):
        return SparseLabels(origin.source, image.shape, origin.full_mapping)
    labels = reordered(open_label_volume(origin.source), origin.axes)
    try:
        require_same_shape(image, labels)
    except LabelVolumeError:
        labels.close()
        raise
    return labels


def count_origin(labels: ArrayReader, advance: Callable[[int], object] | None = None) -> dict[int, int]:
    """Count the values of labels that `open_origin` opened, as the files hold them.

    `advance` is told the number of voxels after each block.
    """
    if isinstance(labels, SparseLabels):
        return labels.file_counts
    # The order of the axes changes no count, and as they are stored they are read once from the beginning to the end.
    stored = labels.stored if isinstance(labels, ReorderedAxes) else labels
    return check_labels(stored, advance=advance).counts


def stored_labels(
    origin: LabelOrigin, labels: ArrayReader, counts: dict[int, int], class_names: tuple[str, ...]
) -> tuple[ArrayReader, LabelReport]:
    """Map labels to what is stored, after a check that all values will be classes.

    Parameters
    ----------
    origin : LabelOrigin
        What the values mean.
    labels : ArrayReader
        Opened by `open_origin`.
    counts : dict
        Voxels by value, by `count_origin`.
    class_names : tuple of str
        Classes by index; empty when nobody named them.

    Returns
    -------
    ArrayReader
        The labels as uint8 class indices, with 255 for ignored voxels.
    LabelReport
        Their counts.

    Raises
    ------
    LabelVolumeError
        If a value will be no class.
    """
    ignored = origin.stored_ignored_label
    _require_no_hidden_class(origin, labels, counts, ignored)
    mapping = origin.full_mapping
    report = LabelReport(
        source=f"{labels} (after --map)" if origin.mapping else str(labels),
        dtype=labels.dtype.name,
        shape=labels.shape,
        counts=map_counts(counts, mapping),
        class_names=class_names,
        ignored_label=ignored,
    )
    report.require_classes()
    if isinstance(labels, SparseLabels):
        ignored_voxels = labels.unannotated + report.counts.get(STORED_IGNORED_LABEL, 0)
        return labels, replace(report, counts={**report.counts, STORED_IGNORED_LABEL: ignored_voxels})
    if isinstance(labels, ReorderedAxes):
        return ReorderedAxes(MappedLabels(labels.stored, mapping), labels.axes), report
    return MappedLabels(labels, mapping), report


def classes_of(report: LabelReport) -> tuple[str, ...]:
    """Names of the classes: those given, or ``class 0``, ``class 1``, … for the values that occur."""
    return report.class_names or tuple(report.name_of(v) for v in report.counts if v != report.ignored_label)


def _require_no_hidden_class(
    origin: LabelOrigin, labels: ArrayReader, counts: dict[int, int], ignored: int | None
) -> None:
    """Refuse a 255 that nobody said to be ignored: it would vanish among the ignored voxels."""
    voxels = counts.get(STORED_IGNORED_LABEL)
    if ignored is not None and voxels and STORED_IGNORED_LABEL not in origin.full_mapping:
        msg = (
            f"{STORED_IGNORED_LABEL} is stored for ignored voxels, so it cannot be a class; {labels} holds it in {voxels} "
            f"voxels. Give its class with --map {STORED_IGNORED_LABEL}:1, or say that it is ignored with --ignore "
            f"{STORED_IGNORED_LABEL}."
        )
        raise LabelVolumeError(msg)
