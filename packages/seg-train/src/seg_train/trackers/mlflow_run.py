"""MLflow: a file store in the model folder, or the server that MLFLOW_TRACKING_URI names."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Any

from seg_train.trackers.tracker import flat_facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from seg_common.schema.training_record import TrainingRecord

PARAMS_AT_ONCE = 100
LONGEST_PARAM = 500
"""MLflow servers refuse more."""
STATUS = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED", "running": "RUNNING"}


class MlflowTracker:
    """Writes one MLflow run, found again by the tag `model_id` when training goes on.

    `MLFLOW_TRACKING_URI` and `MLFLOW_EXPERIMENT_NAME` are read from the environment.

    Parameters
    ----------
    folder : Path
        Folder of the file store when no server is named.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._client: Any = None
        self._run_id = ""

    def begin(self, record: TrainingRecord) -> None:
        """Make the run with its parameters, or open the one of the same model again."""
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # a run reports to its user and to nobody else
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # newer versions ask for a database otherwise
        from mlflow import MlflowClient
        from mlflow.entities import Param

        self._client = MlflowClient(os.environ.get("MLFLOW_TRACKING_URI") or self._folder.resolve().as_uri())
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", "seg-train")
        found = self._client.get_experiment_by_name(name)
        experiment = self._client.create_experiment(name) if found is None else found.experiment_id
        runs = self._client.search_runs([experiment], f"tags.model_id = '{record.model_id}'")
        if runs:
            self._run_id = runs[0].info.run_id
            self._client.update_run(self._run_id, status="RUNNING")
            return
        tags = {"model_id": record.model_id, "volume": record.data.name}
        run = self._client.create_run(experiment, run_name=record.config.name, tags=tags)
        self._run_id = run.info.run_id
        params = [Param(_key(key), str(value)[:LONGEST_PARAM]) for key, value in flat_facts(record).items()]
        for first in range(0, len(params), PARAMS_AT_ONCE):
            self._client.log_batch(self._run_id, params=params[first : first + PARAMS_AT_ONCE])

    def epoch(self, epoch: int, metrics: Mapping[str, float], pictures: Sequence[Path]) -> None:
        """Log metrics under the epoch; pictures become artifacts."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        values = [Metric(_key(key), value, now, epoch) for key, value in metrics.items()]
        self._client.log_batch(self._run_id, metrics=values)
        for path in pictures:
            self._client.log_artifact(self._run_id, str(path), "pictures")

    def end(self, record: TrainingRecord) -> None:
        """Write the outcome."""
        self._client.set_tag(self._run_id, "best_mean_jaccard", str(record.result.best_mean_jaccard))
        self._client.set_terminated(self._run_id, STATUS[record.status])


def _key(name: str) -> str:
    """Replace what MLflow allows in no name; names of classes are the user's."""
    return re.sub(r"[^\w\-./ ]", "_", name)
