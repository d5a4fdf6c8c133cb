"""From any format to a volume folder, block by block: the source is never whole in memory."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.volume.open_array import open_array, open_label_volume
from seg_data.label_check import LabelReport, check_labels
from seg_data.label_mapping import MappedLabels
from seg_data.partitions import AxisSplit
from seg_data.volume_folder import describe_volume, refuse_existing_folder, require_same_shape, write_volume_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from seg_common.volume.array_reader import ArrayReader
    from seg_data.partitions import Partitioning

STORED_IGNORED_LABEL = 255
"""Value of ignored voxels in an imported volume; there are at most 255 classes, so it is never a class."""


@dataclass(frozen=True)
class ImportOptions:
    """What a file does not say about its voxels."""

    dataset: str | None = None
    """Dataset of the image inside an HDF5 file; not needed when one alone has three axes."""
    labels: str | None = None
    """Label volume, ``path`` or ``path::dataset``; None for a volume without labels."""
    class_names: tuple[str, ...] = ()
    """Classes by index; ``class 0``, ``class 1``, … when not given."""
    mapping: tuple[tuple[int, int], ...] = ()
    """New value for values of the label file; others keep theirs."""
    ignored_label: int | None = None
    """Value of the label file for voxels that nobody annotated."""
    voxel_size: tuple[float, float, float] | None = None
    """Edge lengths (z, y, x) of a voxel."""
    voxel_size_unit: str | None = None
    """Unit of `voxel_size`."""
    partitioning: Partitioning | None = None
    """Partitions; None leaves the volume in one piece."""
    name: str | None = None
    """Name of the volume; that of the folder when not given."""


def import_volume(
    source: Path | str,
    folder: Path | str,
    options: ImportOptions = ImportOptions(partitioning=AxisSplit()),  # noqa: B008 - frozen
    *,
    overwrite: bool = False,
    advance: Callable[[int], None] | None = None,
) -> Path:
    """Convert a scan, and its labels if it has any, to a volume folder.

    Parameters
    ----------
    source : path
        Any format that `seg_common.open_array` reads.
    folder : path
        Where `image.h5`, `labels.h5` and `volume.yaml` go; made when missing.
    options : ImportOptions
        Labels, classes, voxel size and partitions; half of z for training, an eighth for validation and the rest for test when
        not given.
    overwrite : bool
        Whether an existing volume in the folder may be replaced.
    advance : callable, optional
        Told the number of slices after each slab; in all three times the slices with labels, once without.

    Returns
    -------
    Path
        The `volume.yaml`.

    Raises
    ------
    VolumeError
        If a file is missing, of another format or damaged, or a partition does not fit.
    LabelVolumeError
        If labels are not integers, have another shape than the image, or hold values that are no classes after mapping.
    OutputExistsError
        If the folder holds a volume already.
    """
    folder = Path(folder)
    refuse_existing_folder(folder, overwrite=overwrite)
    with ExitStack() as files:
        image = files.enter_context(open_array(source, options.dataset))
        labels = files.enter_context(open_label_volume(options.labels)) if options.labels else None
        stored = None
        class_names = options.class_names
        partitions = options.partitioning.boxes(image.shape) if options.partitioning else {}
        if labels is not None:
            require_same_shape(image, labels)
            mapping = _full_mapping(options)
            report = _check_values(labels, options, mapping, advance)
            class_names = class_names or tuple(report.name_of(v) for v in report.counts if v != report.ignored_label)
            stored = MappedLabels(labels, mapping)
        document = describe_volume(
            options.name or folder.resolve().name,
            image,
            stored,
            class_names=class_names,
            ignored_label=None if options.ignored_label is None else STORED_IGNORED_LABEL,
            voxel_size=options.voxel_size,
            voxel_size_unit=options.voxel_size_unit,
            partitions=partitions,
        )
        return write_volume_folder(folder, document, image, stored, overwrite=overwrite, advance=advance)


def _full_mapping(options: ImportOptions) -> dict[int, int]:
    """Join the mapping of classes and that of the ignored label to the value that it is stored as."""
    mapping = dict(options.mapping)
    if options.ignored_label is not None:
        mapping[options.ignored_label] = STORED_IGNORED_LABEL
    return mapping


def _check_values(
    labels: ArrayReader, options: ImportOptions, mapping: dict[int, int], advance: Callable[[int], None] | None
) -> LabelReport:
    """Count the labels as they will be stored, and refuse values that are no classes before anything is written."""
    plane = labels.shape[1] * labels.shape[2]

    def advance_slices(voxels: int) -> None:
        if advance is not None:
            advance(voxels // plane)

    found = check_labels(labels, advance=advance_slices)
    counts: dict[int, int] = {}
    for value, voxels in found.counts.items():
        new = mapping.get(value, value)
        counts[new] = counts.get(new, 0) + voxels
    report = replace(
        found,
        source=f"{labels} (after --map)" if options.mapping else str(labels),
        counts=dict(sorted(counts.items())),
        class_names=options.class_names,
        ignored_label=None if options.ignored_label is None else STORED_IGNORED_LABEL,
    )
    report.require_classes()
    return report
