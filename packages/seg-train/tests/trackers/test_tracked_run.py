"""Trackers with their real libraries: what they wrote is read back with the libraries' own readers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seg_common.errors import MissingDependencyError
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document
from seg_train.errors import TrainingError
from seg_train.history import Row, read_rows
from seg_train.resume import resume_training
from seg_train.run import run_training
from seg_train.trackers import tracked_run as module
from seg_train.trackers.tracked_run import installed_trackers, require_trackers, tracked_run
from seg_train.trackers.tracker import flat_facts

if TYPE_CHECKING:
    from seg_common.schema.training import TrainingConfig

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)


@pytest.fixture
def paths(trained: Path, tmp_path: Path) -> ModelPaths:
    """A copy of a finished run of two epochs."""
    return ModelPaths(root=Path(shutil.copytree(trained, tmp_path / "model")))


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a library may take longer than a run would wait for it."""
    monkeypatch.setattr(module, "LAST_SECONDS", 120.0)


def track(name: str, paths: ModelPaths, rows: list[Row]) -> TrainingRecord:
    """Tell a tracker about these epochs; it must not fail."""
    record = read_document(paths.metadata, TrainingRecord)
    result = record.result.model_copy(update={"epochs_done": int(rows[0]["epoch"] or 0) - 1})
    told: list[str] = []
    with tracked_run([name], paths, record.model_copy(update={"result": result}), told.append) as epoch_ended:
        for row in rows:
            epoch_ended(row)
    assert told == []
    return record


def test_tensorboard_shows_scalars_pictures_and_the_configuration(paths: ModelPaths) -> None:
    """Values are those of the history; a resumed run replaces the epochs that it repeats."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    rows = read_rows(paths.history)
    track("tensorboard", paths, rows)
    track("tensorboard", paths, rows[1:])
    events = EventAccumulator(str(paths.tracker_folder("tensorboard")), size_guidance={"tensors": 0, "images": 0})
    events.Reload()
    loss = [(event.step, event.value) for event in events.Scalars("loss/validation")]
    assert loss == [(row["epoch"], pytest.approx(row["validation_loss"], rel=1e-6)) for row in rows]
    assert {"mean_jaccard/training", "mean_jaccard/validation", "learning_rate/training"} <= set(
        events.Tags()["scalars"]
    )
    assert [event.step for event in events.Images("pictures/examples")] == [1, 2]
    assert events.Images("pictures/examples")[1].encoded_image_string == paths.examples(2).read_bytes()
    (text, *_) = events.Tensors("run")
    assert b"| config.batch_size | 4 |" in text.tensor_proto.string_val[0]


def test_mlflow_keeps_one_run_in_a_file_store(paths: ModelPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters, metrics by epoch, pictures, status; a resumed run is the same MLflow run."""
    pytest.importorskip("mlflow")
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient

    rows = read_rows(paths.history)
    track("mlflow", paths, rows[:1])
    record = track("mlflow", paths, rows[1:])
    client = MlflowClient(paths.tracker_folder("mlflow").as_uri())
    experiment = client.get_experiment_by_name("seg-train")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.tags["model_id"] == record.model_id
    assert run.data.params["config.batch_size"] == "4"
    assert run.data.params["data.image_digest"] == record.data.image_digest
    history = client.get_metric_history(run.info.run_id, "validation_loss")
    assert [(metric.step, metric.value) for metric in history] == [
        (row["epoch"], row["validation_loss"]) for row in rows
    ]
    names = {Path(file.path).name for file in client.list_artifacts(run.info.run_id, "pictures")}
    assert {paths.examples(1).name, paths.examples(2).name, paths.training_curves.name} <= names


def test_wandb_writes_an_offline_run(paths: ModelPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without WANDB_MODE nothing leaves the machine; the run's file holds the id and the numbers."""
    pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    rows = read_rows(paths.history)
    record = track("wandb", paths, rows)
    (file,) = paths.tracker_folder("wandb").glob("wandb/offline-run-*/*.wandb")
    assert file.name == f"run-{record.model_id}.wandb"
    content = file.read_bytes()
    assert b"validation_loss" in content
    assert repr(rows[1]["validation_loss"])[:8].encode() in content
    assert list(paths.tracker_folder("wandb").glob("wandb/offline-run-*/files/media/images/*.png"))


class Broken:
    """A tracker that fails at once."""

    def __init__(self, _folder: Path) -> None:
        pass

    def begin(self, _record: TrainingRecord) -> None:
        """Fail as a server that is away."""
        message = "no answer from https://user:password@host"
        raise ConnectionError(message)


def test_a_run_is_tracked_and_survives_a_broken_tracker(
    config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends as without trackers; the broken one is told once, the other one has all epochs."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setitem(module.TRACKERS, "wandb", Broken)
    monkeypatch.setattr(module, "find_spec", lambda _: True)
    told: list[str] = []
    record = run_training(config, tmp_path / "model", quiet=True, trackers=["wandb", "tensorboard"], tell=told.append)
    assert record.status == "finished"
    assert [text for text in told if "tracker" in text] == [
        "warning: the tracker wandb failed (ConnectionError: no answer from https://…); the run goes on without it."
    ]
    events = EventAccumulator(str(ModelPaths(root=tmp_path / "model").tracker_folder("tensorboard")))
    events.Reload()
    assert [event.step for event in events.Scalars("loss/training")] == [1, 2]

    resumed = resume_training(tmp_path / "model", epochs=3, quiet=True)
    assert resumed.trackers == ["wandb", "tensorboard"]
    events.Reload()
    assert [event.step for event in events.Scalars("loss/training")] == [1, 2, 3]


def test_a_run_goes_on_without_a_tracker_that_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """On another machine a library may be missing: it is told, and the other trackers stay."""
    monkeypatch.setattr(module, "find_spec", lambda name: name == "mlflow" or None)
    told: list[str] = []
    assert installed_trackers(["wandb", "mlflow"], told.append) == ["mlflow"]
    assert len(told) == 1
    assert told[0].startswith("warning: the tracker wandb needs its library")
    assert told[0].endswith("The run goes on without it.")


def test_unknown_and_missing_trackers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is the name of the extra."""
    with pytest.raises(TrainingError, match="must be one of tensorboard, wandb, mlflow; got 'clearml'"):
        require_trackers(["clearml"])
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'seg-train\[wandb\]'"):
        require_trackers(["wandb"])
    require_trackers([])


def test_facts_are_single_values_under_dotted_names(trained: Path) -> None:
    """What a tracker can filter by; what is not given is left out."""
    facts = flat_facts(read_document(ModelPaths(root=trained).metadata, TrainingRecord))
    assert facts["config.learning_rate.value"] == 0.01
    assert facts["strategy.replicas"] == 1
    assert facts["data.shape"] == "[16, 48, 48]"
    assert "data.voxel_size" not in facts
