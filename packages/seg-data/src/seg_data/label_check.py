"""Which values a label volume holds, whether they are classes, and how to map them if not."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seg_common.blocks.plan import block_shape_for
from seg_common.counting.label_values import count_label_values
from seg_common.errors import LabelVolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_common.volume.open_array import open_label_volume
from seg_common.volume.opened_volume import open_volume
from seg_data.progress_percent import percent_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume

BLOCK_BYTES = 2**26
MOST_LISTED, MOST_CLASSES = 12, 255
DOCUMENT_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class LabelReport:
    """The values of a label volume, or of a part of it."""

    source: str
    """File, with its dataset."""
    dtype: str
    """Type of the stored labels."""
    shape: tuple[int, int, int]
    """Voxels (z, y, x) of the part that was counted."""
    counts: dict[int, int]
    """Voxels of each value, by growing value."""
    class_names: tuple[str, ...] = ()
    """Classes by index; empty when nobody named them."""
    ignored_label: int | None = None
    """Value of voxels that are in no class."""

    @property
    def outside(self) -> dict[int, int]:
        """Voxels of each value that is neither a class index nor ignored; without class names, any run 0, 1, 2, … is right."""
        values = sum(1 for value in self.counts if value != self.ignored_label)
        classes = len(self.class_names) or min(values, MOST_CLASSES)
        return {v: c for v, c in self.counts.items() if not 0 <= v < classes and v != self.ignored_label}

    @property
    def proposed_mapping(self) -> dict[int, int] | None:
        """Class index for each value, in growing order, when some values are no classes; else None."""
        return propose_mapping(v for v in self.counts if v != self.ignored_label) if self.outside else None

    def name_of(self, value: int) -> str:
        """Class name of a value, ``ignored``, or ``no class``."""
        if value == self.ignored_label:
            return "ignored"
        if value in self.outside:
            return "no class"
        return self.class_names[value] if self.class_names else f"class {value}"

    def require_classes(self) -> None:
        """Raise LabelVolumeError, with counts and a mapping, when some values are no classes."""
        if not self.outside:
            return
        listing = ", ".join(f"{v} ({c} voxels)" for v, c in list(self.outside.items())[:MOST_LISTED])
        more = f" and {len(self.outside) - MOST_LISTED} more values" if len(self.outside) > MOST_LISTED else ""
        classes = f"class indices 0 … {len(self.class_names) - 1}" if self.class_names else "class indices 0, 1, 2, …"
        if len(self.counts) > MOST_LISTED:
            remedy = "Are these instance numbers? Give a label volume with one value per class."
        else:
            remedy = f"Import it with {mapping_options(self.proposed_mapping or {})}."
        msg = f"labels must be {classes}; {self.source} holds {listing}{more}. {remedy}"
        raise LabelVolumeError(msg)

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        voxels = sum(self.counts.values())
        return {
            "source": self.source,
            "dtype": self.dtype,
            "shape": list(self.shape),
            "values": [
                {"value": v, "name": self.name_of(v), "voxels": c, "fraction": c / voxels}
                for v, c in self.counts.items()
            ],
            "valid": not self.outside,
            "proposed_mapping": self.proposed_mapping,
        }


def check_labels(
    labels: ArrayReader,
    class_names: Iterable[str] = (),
    ignored_label: int | None = None,
    box: Box | None = None,
    advance: Callable[[int], object] | None = None,
) -> LabelReport:
    """Count the values of a label volume, block by block.

    Parameters
    ----------
    labels : ArrayReader
        Integer labels (z, y, x).
    class_names : iterable of str
        Classes by index; empty when nobody named them.
    ignored_label : int, optional
        Value of voxels that are in no class.
    box : Box, optional
        Part to count; all of it when not given.
    advance : callable, optional
        Told the number of voxels after each block, for progress bars.

    Returns
    -------
    LabelReport
        It raises nothing by itself; see `LabelReport.require_classes`.
    """
    box = box or Box.whole(labels.shape)
    counts = count_label_values(_read_blocks(labels, box, advance))
    return LabelReport(str(labels), labels.dtype.name, box.shape, counts, tuple(class_names), ignored_label)


def check_any(location: str, advance_percent: Callable[[int], object] | None = None) -> dict[str, LabelReport]:
    """Count the labels of a volume, in each label version and partition, or of a label file alone.

    Parameters
    ----------
    location : str
        A `volume.yaml`, the folder that holds it, or a label volume ``path`` or ``path::dataset``.
    advance_percent : callable, optional
        Told the percent done after each block, for progress bars.

    Returns
    -------
    dict
        Reports by what was counted: ``reference``, ``reference / train``, …, or the file's name.

    Raises
    ------
    SegError
        If there is no such file.
    VolumeError
        If a file is damaged or differs from its document.
    LabelVolumeError
        If labels are not integers, have another shape than the image, or there are none.
    """
    path = Path(location)
    if path.suffix not in DOCUMENT_SUFFIXES and ("::" in location or path.is_file()):
        with open_label_volume(location) as labels:
            return {path.name: check_labels(labels, advance=percent_of(prod(labels.shape), advance_percent))}
    with open_volume(path) as volume:
        volume.require_labels()
        versions = list(volume.document.labels)
    reports = {}
    for version in versions:
        with open_volume(path, version) as volume:
            advance = percent_of(2 * len(versions) * volume.box.voxels, advance_percent)
            for name, report in check_volume(volume, advance).items():
                reports[f"{version} / {name}" if name else version] = report
    return reports


def check_volume(volume: Volume, advance: Callable[[int], object] | None = None) -> dict[str, LabelReport]:
    """Count the labels of an open volume as a whole and in each partition.

    Parameters
    ----------
    volume : Volume
        With labels.
    advance : callable, optional
        Told the number of voxels after each block.

    Returns
    -------
    dict
        Reports by name of the partition; the whole volume has the name ``""``.

    Raises
    ------
    LabelVolumeError
        If the volume has no labels.
    """
    labels = volume.require_labels()
    names = volume.document.class_names
    boxes = {"": volume.box, **volume.document.partitions}
    return {name: check_labels(labels, names, volume.ignored_label, box, advance) for name, box in boxes.items()}


def report_table(reports: Mapping[str, LabelReport]) -> str:
    """Write reports as a table for people."""
    lines = []
    for name, report in reports.items():
        voxels = sum(report.counts.values())
        lines.append(f"{name}: {report.source}, {report.dtype}, shape {report.shape} (z, y, x)")
        listed = list(report.counts.items())[:MOST_LISTED]
        lines += [f"  {v:>6}  {report.name_of(v):<16} {c:>14}  {100 * c / voxels:7.3f} %" for v, c in listed]
        if len(report.counts) > MOST_LISTED:
            lines.append(f"  and {len(report.counts) - MOST_LISTED} more values")
    return "\n".join(lines)


def propose_mapping(values: Iterable[int]) -> dict[int, int]:
    """Give each value its place in growing order.

    Examples
    --------
    >>> propose_mapping([0, 2, 3])
    {0: 0, 2: 1, 3: 2}
    """
    return {value: index for index, value in enumerate(sorted(values))}


def mapping_options(mapping: Mapping[int, int]) -> str:
    """Write a mapping as options of ``seg-data import``."""
    return " ".join(f"--map {old}:{new}" for old, new in mapping.items())


def _read_blocks(labels: ArrayReader, box: Box, advance: Callable[[int], object] | None) -> Iterator[NDArray[Any]]:
    # A histogram of labels makes a copy of eight bytes per voxel.
    for block in block_boxes(box, block_shape_for(box.shape, labels.dtype.itemsize + 8, BLOCK_BYTES)):
        yield labels.read(block)
        if advance is not None:
            advance(block.voxels)
