"""What `seg-train run` calls at its end, when the configuration says ``after_training: evaluate``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document
from seg_eval.evaluate import default_output, evaluate_volume
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.trained_model import open_model

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
    trained, names = open_model(model), Counter[str]()
    for place, data in enumerate([record.data, *record.more_data]):
        names[data.name] += 1
        output = None
        if names[data.name] > 1:  # scans of one name must not replace each other
            name = f"{data.name}-{names[data.name]}"
            output = default_output(trained, name, partition, PredictionOptions()).root
        # The first volume is found, and its digest checked, by the record itself.
        volume = data.volume if place else None
        evaluation = evaluate_volume(model, volume, partition=partition, output=output, overwrite=True, quiet=quiet)
        tell(f"evaluated: {evaluation.paths.report}")
