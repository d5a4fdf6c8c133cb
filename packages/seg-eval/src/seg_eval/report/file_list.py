"""Files of an evaluation folder, and what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seg_common.evaluation_paths import EvaluationPaths

FILES = {
    "report": "this page",
    "evaluation": "all scores (JSON)",
    "predicted_labels": "predicted labels (HDF5, dataset labels)",
    "prediction": "how the labels were predicted (YAML)",
    "probabilities": "probabilities of the classes (HDF5)",
    "entropy": "normalised entropy of the probabilities (HDF5)",
    "errors": "false positives and false negatives of each voxel (HDF5)",
    "confusion": "reference and predicted class of each voxel (HDF5)",
    "classes_table": "scores by class (CSV)",
    "confusion_table": "confusion matrix (CSV)",
    "error_blobs_table": "error blobs (CSV)",
    "phase_blobs_table": "blobs of each predicted class (CSV)",
    "baselines_table": "baselines (CSV)",
    "profiles_table": "volume fractions slice by slice along each axis (CSV)",
    "representative_volume_table": "spread of the fractions against the size of blocks (CSV)",
    "segments_table": "VOI and adapted Rand by convention (CSV)",
    "detection_table": "detected and invented blobs by size (CSV)",
    "slice_errors_table": "error blobs within slices (CSV)",
    "surfaces_table": "surface distances and boundary Jaccard (CSV)",
    "reliability_table": "share of right voxels by probability (CSV)",
    "notable_slices_table": "slices to look at first (CSV)",
    "annotate_next_table": "slices whose labels would help the next training most (CSV)",
    "counts": "integer counts by cell, slice and bin (HDF5)",
    "notebook": "a notebook that opens every file (Jupyter)",
    "slices": "the slices that this page shows (HDF5)",
    "manifest": "size and SHA-256 of every file (JSON)",
}
"""Files of an evaluation folder by the name of their path, and what they hold."""

WRITTEN_LATER = ("report", "manifest")


def file_list(paths: EvaluationPaths, tables: Sequence[Path]) -> list[tuple[str, str]]:
    """List the files of the folder, but for the pictures, which are linked where they are shown.

    Parameters
    ----------
    paths : EvaluationPaths
        The folder.
    tables : sequence of Path
        LaTeX tables.

    Returns
    -------
    list of (file, content)
        Names relative to the folder.
    """
    files = []
    for name, what in FILES.items():
        file = getattr(paths, name)
        folder = paths.as_zarr(file)
        if folder.is_dir():
            files.append((folder, what.replace("HDF5", "Zarr")))
        elif file.is_file() or name in WRITTEN_LATER:
            files.append((file, what))
    files += [(table, f"{table.stem.replace('_', ' ')} (LaTeX)") for table in tables]
    return [(paths.relative(file), what) for file, what in files]
