"""What `seg-train run` calls at its end, when the configuration says ``after_training: evaluate``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document
from seg_eval.evaluate import evaluate_volume

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def evaluate_validation(model: Path, *, quiet: bool, tell: Callable[[str], None]) -> None:
    """Evaluate a finished run on the validation region of each of its volumes, as ``seg-eval volume`` does.

    Parameters
    ----------
    model : Path
        Model folder; evaluations of these regions that are there already are replaced.
    quiet : bool
        Whether to show no progress bars.
    tell : callable
        Called with the path of each report.

    Raises
    ------
    SegError
        If a volume cannot be evaluated.
    """
    record = read_document(ModelPaths.existing(model).metadata, TrainingRecord)
    partition = record.config.validation.partition
    # The first volume is found, and its digest checked, by the record itself.
    for volume in [None, *(data.volume for data in record.more_data)]:
        evaluation = evaluate_volume(model, volume, partition=partition, overwrite=True, quiet=quiet)
        tell(f"evaluated: {evaluation.paths.report}")
