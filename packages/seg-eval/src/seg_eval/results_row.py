"""One row of the experiments spreadsheet: fixed, versioned columns, and the scheme that makes a score comparable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.evaluation_paths import EvaluationPaths
from seg_common.schema.evaluation import EvaluationDocument
from seg_common.yaml_documents import read_document

if TYPE_CHECKING:
    from seg_common.results_log import Cell
    from seg_common.schema.prediction import AggregationRecord

COLUMNS_VERSION = "seg-eval/3"
"""Changes whenever a column is added, moved or renamed."""


def read_evaluation(path: Path | str) -> EvaluationDocument:
    """Read an evaluation.

    Parameters
    ----------
    path : path
        ``evaluation.json`` or the folder that holds it.

    Returns
    -------
    EvaluationDocument
        All scores.

    Raises
    ------
    SegError
        If there is none.
    DocumentError
        If it does not match its schema.
    """
    path = Path(path)
    return read_document(EvaluationPaths(root=path).evaluation if path.is_dir() else path, EvaluationDocument)


def results_row(document: EvaluationDocument) -> dict[str, Cell]:
    """Pick the cells of an evaluation's row.

    Parameters
    ----------
    document : EvaluationDocument
        All scores.

    Returns
    -------
    dict
        Cells by column, in their fixed order; what does not apply is None. The last columns are per class.
    """
    model, volume, aggregation, voi = document.model, document.volume, document.aggregation, document.voi
    pooled = document.error_blobs_pooled
    row: dict[str, Cell] = {
        "columns": COLUMNS_VERSION,
        "created": document.provenance.created,
        "scheme": document.scheme,
        "model": None if model is None else model.name,
        "model_id": None if model is None else model.model_id,
        "weights": None if model is None else model.weights,
        "dimensions": None if model is None else model.dimensions,
        "parameters": None if model is None else model.parameters,
        "volume": None if volume is None else volume.name,
        "data_digest": document.reference_digest if volume is None else volume.image_digest,
        "partition": document.partition or "whole",
        "region": str(document.region),
        "batch_size": None if model is None else model.batch_size,
        "image_size": None if model is None else _sides(model.image_size),
        "tile_shape": None if aggregation is None else _sides(aggregation.tile_shape),
        "channels": None if model is None else model.channels,
        "crops": None if model is None else model.crops,
        "aggregation": None if aggregation is None else aggregation.kind,
        "min_overlap": None if aggregation is None else _sides(aggregation.min_overlap),
        "halo": None if aggregation is None else _sides(aggregation.halo),
        "symmetries": None if aggregation is None else aggregation.symmetries,
        "along": None if aggregation is None else _along(aggregation),
        "ensemble": None if aggregation is None else _ensemble(document),
        "connectivity": document.connectivity,
        "voxels": document.voxels,
        "mean_jaccard": document.mean_jaccard,
        "accuracy": document.accuracy,
        "voi_split": None if voi is None else voi.split,
        "voi_merge": None if voi is None else voi.merge,
        "error_blobs": None if pooled is None else pooled.count,
    }
    for name in ("constant", "histogram_thresholds", "multi_otsu"):
        row[f"mean_jaccard {name}"] = document.baselines[name].mean_jaccard if name in document.baselines else None
    for info in document.classes:
        row |= {
            f"jaccard {info.name}": info.jaccard,
            f"dice {info.name}": info.dice,
            f"precision {info.name}": info.precision,
            f"recall {info.name}": info.recall,
            f"reference_fraction {info.name}": info.reference_fraction,
            f"estimated_fraction {info.name}": info.estimated_fraction,
            f"estimated_fraction_by_probability {info.name}": info.estimated_fraction_by_probability,
        }
    return row


def _along(aggregation: AggregationRecord) -> str:
    """Axes across which the slices lay, as in ``z`` or ``zyx``."""
    passes = [aggregation.along, *(one.along for one in aggregation.more_passes)]
    return "".join(axis for axis in "zyx" if axis in passes)


def _ensemble(document: EvaluationDocument) -> str | None:
    """Identities of the models that were averaged, one for each file of weights; None for a single model."""
    if document.model is None or document.aggregation is None:
        return None
    models = {document.model.weights_digest: document.model.model_id}
    models |= {one.weights_digest: one.model_id for one in document.aggregation.more_passes}
    return "+".join(models.values()) if len(models) > 1 else None


def _sides(shape: tuple[int, int, int]) -> str:
    return "x".join(map(str, shape))
