"""Further label versions of a volume: a second annotator, a correction, a model's prediction."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.errors import LabelVolumeError, OutputExistsError
from seg_common.schema.volume import DEFAULT_COLORS, ClassInfo, LabelSource, VolumeDocument
from seg_common.volume.digests import array_digest
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.opened_volume import open_volume
from seg_common.volume.voxel_sizes import voxel_size_attributes
from seg_common.yaml_documents import write_document
from seg_data.label_import import classes_of, count_origin, open_origin, stored_labels
from seg_data.progress_percent import percent_of
from seg_data.sparse_labels import SparseLabels
from seg_data.volume_folder import LABELS_DATASET, LABELS_FILE, LABELS_VERSION, ArrayCopy

if TYPE_CHECKING:
    from collections.abc import Callable

    from seg_data.label_check import LabelReport
    from seg_data.label_import import LabelOrigin


def add_labels(
    volume: Path | str,
    name: str,
    origin: LabelOrigin,
    *,
    class_names: tuple[str, ...] = (),
    overwrite: bool = False,
    advance_percent: Callable[[int], object] | None = None,
) -> LabelReport:
    """Add a label version to a volume, in a file of its own.

    The version becomes part of the volume when `volume.yaml` is rewritten, as the last step: at each moment the document
    names whole files only, also when a version is replaced.

    Parameters
    ----------
    volume : path
        A `volume.yaml` or the folder that holds it.
    name : str
        Name of the version: letters, digits, ``-`` and ``_``.
    origin : LabelOrigin
        Where the labels come from, and what their values mean.
    class_names : tuple of str
        Classes by index of a volume that has no classes yet; ``class 0``, … when not given.
    overwrite : bool
        Whether an existing version of that name may be replaced.
    advance_percent : callable, optional
        Told the percent done after each block, for progress bars.

    Returns
    -------
    LabelReport
        What the version holds.

    Raises
    ------
    OutputExistsError
        If the volume has a version of that name.
    LabelVolumeError
        If the name is no file name, classes are given to a volume that has other ones, labels have another shape than the
        image, or hold values that are no classes.
    VolumeError
        If a file is missing or damaged.
    """
    with ExitStack() as files:
        opened = files.enter_context(open_volume(volume))
        document, folder = opened.document, opened.path.parent
        file = _version_file(folder, document, name, overwrite=overwrite)
        _require_known_classes(document, class_names, opened.path)
        labels = files.enter_context(open_origin(origin, opened.image))
        advance = percent_of(opened.box.voxels * (1 if isinstance(labels, SparseLabels) else 2), advance_percent)
        known = tuple(document.class_names) or class_names
        stored, report = stored_labels(origin, labels, count_origin(labels, advance), known)
        source = LabelSource(
            path=file.name,
            dataset=LABELS_DATASET,
            ignored_label=origin.stored_ignored_label,
            annotated=origin.annotated,
        )
        classes = document.classes or [
            ClassInfo(name=text, color=DEFAULT_COLORS[i % len(DEFAULT_COLORS)])
            for i, text in enumerate(classes_of(report))
        ]
        # Made anew, and so checked, before the voxels are copied.
        changed = VolumeDocument.model_validate(
            {**document.model_dump(), "labels": {**document.labels, name: source}, "classes": classes}
        )
        plane = labels.shape[1] * labels.shape[2]
        attributes = voxel_size_attributes(document.voxel_size, document.voxel_size_unit)
        with hdf5_writer(
            file,
            LABELS_DATASET,
            stored.shape,
            stored.dtype,
            overwrite=overwrite,
            compressed=True,
            attributes=attributes,
        ) as target:
            digest = array_digest(ArrayCopy(stored, target), advance=lambda slices: advance(slices * plane))
        versions = {**changed.labels, name: source.model_copy(update={"digest": digest})}
        write_document(opened.path, changed.model_copy(update={"labels": versions}), overwrite=True)
        _remove_replaced(folder, document, name, file)
    return report


def _own_files(name: str) -> tuple[str, str]:
    """Two file names for a version, in turns: the old file stays until the document names the new one."""
    stem = Path(LABELS_FILE).stem
    if name != LABELS_VERSION:
        stem += f"_{name}"
    return f"{stem}.h5", f"{stem}.2.h5"


def _version_file(folder: Path, document: VolumeDocument, name: str, *, overwrite: bool) -> Path:
    """File for a version: one that the document does not name now."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        msg = f"a label version is named with letters, digits, '-' and '_'; got {name!r}. Write for example expert-2."
        raise LabelVolumeError(msg)
    if name in document.labels and not overwrite:
        msg = (
            f"an existing label version is never overwritten unasked; {folder} has {', '.join(document.labels)}. Choose "
            "another name or give --overwrite (overwrite=True)."
        )
        raise OutputExistsError(msg)
    first, second = _own_files(name)
    return folder / (second if any(source.path == first for source in document.labels.values()) else first)


def _require_known_classes(document: VolumeDocument, class_names: tuple[str, ...], path: Path) -> None:
    if class_names and document.classes and list(class_names) != document.class_names:
        msg = (
            f"the classes are those of the volume, {', '.join(document.class_names)}; got {', '.join(class_names)} for "
            f"{path}. Leave --class away."
        )
        raise LabelVolumeError(msg)


def _remove_replaced(folder: Path, document: VolumeDocument, name: str, file: Path) -> None:
    """Remove the file of the version that was replaced, when it is one that was made here and nothing else names."""
    before = document.labels.get(name)
    others = [source.path for version, source in document.labels.items() if version != name]
    if before is not None and before.path in _own_files(name) and before.path not in [file.name, *others]:
        (folder / before.path).unlink(missing_ok=True)
