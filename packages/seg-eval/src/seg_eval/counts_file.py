"""`counts.h5`: what was counted, so that intervals, curves and corrections can be computed again without the volumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py

from seg_common.atomic_files import atomic_path
from seg_common.errors import SegError
from seg_eval.metrics.blob_statistics import AXES
from seg_eval.streaming.lattice import Lattice
from seg_eval.streaming.probability_counts import STEPS

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from seg_eval.measurement import Measurement


@dataclass(frozen=True, eq=False)
class StoredCounts:
    """What a correction of another volume needs."""

    lattice: Lattice
    """Where the cells lie."""
    cells: NDArray[np.int64]
    """Voxels by cell (z, y, x), reference class and predicted class."""
    grey_counts: NDArray[np.int64] | None
    """Voxels by reference class and grey level."""
    grey_edges: NDArray[np.float64] | None
    """Edges of the grey levels."""
    confidence_counts: NDArray[np.int64] | None
    """Voxels by reference class and bin of the highest probability."""


def write_counts(path: Path, measurement: Measurement) -> None:
    """Write the counts of a region; each dataset names its axes.

    Parameters
    ----------
    path : Path
        The file; it must not exist.
    measurement : Measurement
        Counts.
    """
    counts, probabilities = measurement.counts, measurement.probabilities
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs.update(
            {
                "region_start": counts.region.start,
                "region_shape": counts.region.shape,
                "cell_side": counts.lattice.side,
                "compared": measurement.compared is not None,
                "probability_steps": STEPS,
            }
        )

        def put(name: str, values: NDArray[Any], axes: str) -> None:
            packing = {"compression": "gzip", "shuffle": True} if values.size else {}
            file.create_dataset(name, data=values, **packing).attrs["axes"] = axes

        put("cells", counts.cells, "cell z, cell y, cell x, reference class, predicted class")
        for axis, slices in zip(AXES, counts.slices, strict=True):
            put(f"slices/{axis}", slices, "slice, class, (in the reference, predicted, both)")
        if measurement.grey_counts is not None and measurement.grey_edges is not None:
            put("grey/counts", measurement.grey_counts, "reference class, grey level")
            put("grey/edges", measurement.grey_edges, "edge")
        if probabilities is not None:
            put("probabilities/cells", probabilities.cells, "cell z, cell y, cell x, class; sums in steps")
            put("probabilities/scores", probabilities.score_counts, "class, (other, of the class), probability")
            put(
                "probabilities/confidence",
                probabilities.confidence_counts,
                "class, (wrong, right), highest probability",
            )
            for axis, sums, doubt in zip(AXES, probabilities.slices, probabilities.entropy, strict=True):
                put(f"probabilities/slices/{axis}", sums, "slice, class; sums in steps")
                put(f"probabilities/entropy/{axis}", doubt, "slice; sums in steps")


def read_counts(path: Path) -> StoredCounts:
    """Read the counts of an evaluation with a reference.

    Parameters
    ----------
    path : Path
        ``counts.h5`` of an evaluation folder.

    Returns
    -------
    StoredCounts
        Confusion by cell, and histograms by reference class where they were counted.

    Raises
    ------
    SegError
        If the file is missing or damaged, or its evaluation had no reference.
    """
    try:
        with h5py.File(path, "r") as file:
            compared = bool(file.attrs["compared"])
            z, y, x = (int(length) for length in file.attrs["region_shape"])
            lattice = Lattice((z, y, x), int(file.attrs["cell_side"]))
            cells = file["cells"][()]
            grey_counts = file["grey/counts"][()] if "grey" in file else None
            grey_edges = file["grey/edges"][()] if "grey" in file else None
            confidence = file["probabilities/confidence"][()].sum(axis=1) if "probabilities" in file else None
    except (OSError, KeyError, ValueError) as error:
        msg = f"an evaluation must come with its counts; {path} cannot be read: {error}. Evaluate the volume again."
        raise SegError(msg) from error
    if not compared:
        msg = (
            f"a calibration needs an evaluation with reference labels; {path} was counted without. Choose another one."
        )
        raise SegError(msg)
    return StoredCounts(lattice, cells, grey_counts, grey_edges, confidence)
