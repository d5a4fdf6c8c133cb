"""What a model folder holds, in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document

if TYPE_CHECKING:
    from pathlib import Path

FILES = (
    "config",
    "metadata",
    "summary",
    "history",
    "timing",
    "training_histogram",
    "best_weights",
    "last_weights",
    "last_checkpoint",
    "previous_checkpoint",
    "training_curves",
)


def describe_model(root: Path) -> dict[str, object]:
    """Summarise a model folder: identity, state, score, and the size of each file.

    Parameters
    ----------
    root : Path
        The model folder.

    Returns
    -------
    dict
        Plain values, ready for JSON.

    Raises
    ------
    ModelFolderError
        If it is no model folder.
    DocumentError
        If its record does not match its schema.
    """
    paths = ModelPaths.existing(root)
    record = read_document(paths.metadata, TrainingRecord)
    files = {name: getattr(paths, name) for name in FILES}
    evaluations = sorted(file.parent.name for file in paths.root.glob("evaluations/*/evaluation.json"))
    return {
        "model": str(paths.root),
        "name": record.config.name,
        "model_id": record.model_id,
        "status": record.status,
        "volume": record.data.name,
        "classes": [info.name for info in record.data.classes],
        "network": f"{record.network.dimensions} U-Net, {record.network.trainable_parameters} trainable parameters",
        "epochs": f"{record.result.epochs_done} of {record.config.epochs}",
        "best_mean_jaccard": record.result.best_mean_jaccard,
        "best_epoch": record.result.best_epoch,
        "files": {
            paths.relative(path): f"{path.stat().st_size} bytes" if path.is_file() else "missing"
            for path in files.values()
        },
        "evaluations": evaluations,
    }
