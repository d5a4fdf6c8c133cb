"""From any format to a volume folder, piece by piece: the source is never whole in memory, and a killed import goes on."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, fields
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seg_common.errors import LabelVolumeError, OutputExistsError, VolumeError
from seg_common.volume.open_array import open_array
from seg_common.volume.voxel_sizes import voxel_size_attributes
from seg_data.axis_order import AXES, reordered
from seg_data.import_journal import ImportJournal, ImportPlan, source_state
from seg_data.label_import import LabelOrigin, classes_of, count_origin, open_origin, stored_labels
from seg_data.partitions import AxisSplit
from seg_data.progress_percent import percent_of
from seg_data.source_voxel_size import choose_voxel_size
from seg_data.sparse_labels import SparseLabels
from seg_data.volume_folder import IMAGE_FILE, LABELS_FILE, describe_volume, write_volume_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seg_common.schema.volume import VolumeDocument
    from seg_common.volume.array_reader import ArrayReader
    from seg_data.label_slices import LabelSlices
    from seg_data.partitions import Partitioning


@dataclass(frozen=True)
class ImportOptions:
    """What a file does not say about its voxels."""

    dataset: str | None = None
    """Dataset of the image inside an HDF5 file; not needed when one alone has three axes."""
    axes: str = AXES
    """Order of the axes of image and labels as they are stored; ``xyz`` for Fortran-ordered data."""
    labels: str | None = None
    """Label volume, ``path`` or ``path::dataset``; None for a volume without labels."""
    label_slices: LabelSlices | None = None
    """Annotated slices instead of a label volume; all other voxels are ignored."""
    class_names: tuple[str, ...] = ()
    """Classes by index; ``class 0``, ``class 1``, … when not given."""
    mapping: tuple[tuple[int, int], ...] = ()
    """New value for values of the label file; others keep theirs."""
    ignored_label: int | None = None
    """Value of the label file for voxels that nobody annotated."""
    voxel_size: tuple[float, float, float] | None = None
    """Edge lengths (z, y, x) of a voxel; those of the file when not given."""
    voxel_size_unit: str | None = None
    """Unit of `voxel_size`, or of a voxel size that the file tells without one."""
    partitioning: Partitioning | None = None
    """Partitions; None leaves the volume in one piece."""
    name: str | None = None
    """Name of the volume; that of the folder when not given."""

    @property
    def label_origin(self) -> LabelOrigin | None:
        """Where the labels come from; None for a volume without."""
        if self.labels is not None and self.label_slices is not None:
            msg = "labels are a label volume or label slices; got both. Leave one of them away."
            raise LabelVolumeError(msg)
        source = self.label_slices or self.labels
        return None if source is None else LabelOrigin(source, self.axes, self.mapping, self.ignored_label)

    def as_texts(self) -> dict[str, str]:
        """All options but the sources, to compare them with those of another run."""
        sources = ("dataset", "labels", "label_slices")
        texts = {field.name: str(getattr(self, field.name)) for field in fields(self) if field.name not in sources}
        if self.label_slices is not None:
            texts["label_slices"] = f"{self.label_slices.axis} {self.label_slices.indices}"
        return texts


def import_volume(
    source: Path | str,
    folder: Path | str,
    options: ImportOptions = ImportOptions(partitioning=AxisSplit()),  # noqa: B008 - frozen
    *,
    overwrite: bool = False,
    restart: bool = False,
    advance_percent: Callable[[int], object] | None = None,
    notify: Callable[[str], object] = lambda _line: None,
) -> Path:
    """Convert a scan, and its labels if it has any, to a volume folder.

    An import that was killed is continued by the same call: finished pieces are kept in the folder ``.NAME.importing``
    beside the output NAME until the volume is whole. That takes the size of the voxels once more, uncompressed.

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
    restart : bool
        Whether what a killed import has finished is thrown away.
    advance_percent : callable, optional
        Told the percent done after each piece, for progress bars.
    notify : callable, optional
        Told a line when the file and the options differ in the voxel size.

    Returns
    -------
    Path
        The `volume.yaml`.

    Raises
    ------
    VolumeError
        If a file is missing, of another format or damaged, its voxel size has no unit, a partition does not fit, or another
        import was begun for this folder.
    LabelVolumeError
        If labels are not integers, have another shape than the image, or hold values that are no classes after mapping.
    OutputExistsError
        If the folder holds a volume already, or the source is a file that would be replaced.
    """
    folder = Path(folder)
    journal = ImportJournal(folder)
    with ExitStack() as files:
        image = files.enter_context(reordered(open_array(source, options.dataset), options.axes))
        _refuse_own_source(folder, [image.path, *_label_files(options)])
        partitions = options.partitioning.boxes(image.shape) if options.partitioning else {}
        size, unit = choose_voxel_size(image, options.voxel_size, options.voxel_size_unit, notify)
        origin = options.label_origin
        labels = None if origin is None else files.enter_context(open_origin(origin, image))
        plan = ImportPlan(sources=_source_states(image, labels, options), options=options.as_texts())
        journal.prepare(plan, overwrite=overwrite, restart=restart)
        if journal.is_assembled:
            return journal.publish(overwrite=overwrite)
        advance = percent_of(prod(image.shape) * _passes(labels), advance_percent)
        counts: dict[int, int] = {}
        stored, report = None, None
        if origin is not None and labels is not None:
            counts = journal.counts() or {}
            if counts:  # by the run that is continued
                advance(prod(image.shape))
            else:
                counts = count_origin(labels, advance)
            stored, report = stored_labels(origin, labels, counts, options.class_names)
        document = describe_volume(
            options.name or folder.resolve().name,
            image,
            stored,
            class_names=options.class_names if report is None else classes_of(report),
            ignored_label=None if origin is None else origin.stored_ignored_label,
            annotated=None if origin is None else origin.annotated,
            voxel_size=size,
            voxel_size_unit=unit,
            partitions=partitions,
        )
        journal.begin(plan, counts)
        with journal.dropped_when_empty():
            _assemble(journal, document, image, stored, advance)
            now = _source_states(image, labels, options)
        if now != plan.sources:
            journal.remove()
            msg = f"a source must not change while it is imported; that of {folder} did. Import it again."
            raise VolumeError(msg)
        journal.note_assembled()
        return journal.publish(overwrite=overwrite)


def _label_files(options: ImportOptions) -> list[Path]:
    if options.label_slices is not None:
        return [path for _, path in options.label_slices.files]
    return [] if options.labels is None else [Path(options.labels.partition("::")[0])]


def _refuse_own_source(folder: Path, sources: Iterable[Path]) -> None:
    """Refuse to replace a file by what is made of it, also when other files may be replaced."""
    for source in sources:
        if source.resolve() in [(folder / name).resolve() for name in (IMAGE_FILE, LABELS_FILE)]:
            msg = f"an import never replaces its source; {source} lies in {folder}. Choose another folder."
            raise OutputExistsError(msg)


def _passes(labels: ArrayReader | None) -> int:
    """Count how often the voxels of a volume are read: all are copied twice, and label volumes are counted before."""
    if labels is None:
        return 2
    return 3 if isinstance(labels, SparseLabels) else 5


def _source_states(image: ArrayReader, labels: ArrayReader | None, options: ImportOptions) -> dict[str, Any]:
    states = {"image": source_state(image, [image.path])}
    if labels is not None:
        states["labels"] = source_state(labels, _label_files(options))
    return states


def _assemble(
    journal: ImportJournal,
    document: VolumeDocument,
    image: ArrayReader,
    labels: ArrayReader | None,
    advance: Callable[[int], None],
) -> None:
    """Copy what is missing in pieces, and put the pieces together to the files of the volume."""
    copies: list[ArrayReader | None] = []
    for name, source in (("image", image), ("labels", labels)):
        if source is None or isinstance(source, SparseLabels):
            copies.append(source)
        else:
            pieces = journal.pieces(name, source)
            pieces.fill(advance)
            copies.append(pieces)
    plane = image.shape[1] * image.shape[2]
    write_volume_folder(
        journal.assembled,
        document,
        copies[0] or image,
        copies[1],
        attributes=voxel_size_attributes(document.voxel_size, document.voxel_size_unit),
        advance=lambda slices: advance(slices * plane),
    )
