"""A whole run: what it writes, how it goes on after an interruption, and what it refuses."""

from __future__ import annotations

import csv
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from seg_common.errors import CropError, ModelFolderError, OutputExistsError, SegError, VolumeError
from seg_common.model_paths import ModelPaths
from seg_common.schema.histogram import GreyHistogram
from seg_common.schema.training import TrainingConfig
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document, write_document
from seg_train.errors import TrainingError
from seg_train.history import read_rows
from seg_train.position import Position
from seg_train.resume import resume_training
from seg_train.run import run_training


@pytest.fixture
def finished(trained: Path, tmp_path: Path) -> ModelPaths:
    """A copy of a model folder after a whole run of two epochs."""
    return ModelPaths(root=Path(shutil.copytree(trained, tmp_path / "model")))


def test_a_run_writes_all_of_its_folder(finished: ModelPaths, config: TrainingConfig) -> None:
    """Every file is there, the record is complete, and documents are what a safe loader reads."""
    record = read_document(finished.metadata, TrainingRecord)
    assert record.status == "finished"
    assert record.config == config == read_document(finished.config, TrainingConfig)
    assert record.result.epochs_done == 2
    assert record.result.crops_seen == 2 * 3 * 4
    assert record.batch_size == record.batch_size_per_replica == 4
    assert record.image_size == (1, 16, 16)
    assert record.crops_per_epoch == 12
    assert record.validation_crops == 8 * 3 * 3
    assert record.validation_steps == 18
    assert record.strategy.name == "one_device"
    assert record.sampling.kept == 12
    assert record.data.class_fractions == pytest.approx([0.75, 0.25])
    assert yaml.safe_load(finished.metadata.read_text())["use_multiprocessing"] is False
    for path in (
        finished.best_weights,
        finished.last_weights,
        finished.last_checkpoint,
        finished.previous_checkpoint,
        finished.summary,
        finished.training_curves,
        finished.examples(1),
        finished.examples(2),
    ):
        assert path.stat().st_size > 0
    assert read_document(finished.training_histogram, GreyHistogram).class_names == ["matrix", "fibre"]
    leftovers = [path for path in finished.root.rglob("*") if "partial" in path.name]
    assert leftovers == []


def test_the_history_has_a_row_per_epoch_with_the_learning_rate(finished: ModelPaths) -> None:
    """Steps, crops and voxels add up, and every score is a share."""
    rows = read_rows(finished.history)
    assert [row["epoch"] for row in rows] == [1, 2]
    assert [row["step"] for row in rows] == [3, 6]
    assert [row["crops"] for row in rows] == [12, 24]
    assert [row["voxels"] for row in rows] == [12 * 256, 24 * 256]
    assert {row["learning_rate"] for row in rows} == {0.01}
    assert all(0 <= row["validation_mean_jaccard"] <= 1 for row in rows)
    with finished.timing.open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2"]


def test_the_saved_network_predicts_as_the_record_says(finished: ModelPaths, tensorflow) -> None:
    """best.keras loads in safe mode and takes voxels in their stored dtype."""
    import keras

    network = keras.saving.load_model(finished.best_weights, compile=False, safe_mode=True)
    voxels = np.zeros((1, 32, 16, 1), np.uint8)
    assert network(voxels).shape == (1, 32, 16, 2)
    assert network.input.dtype == "uint8"


def test_an_interrupted_run_goes_on_and_ends_like_an_uninterrupted_one(
    config: TrainingConfig, finished: ModelPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the second epoch: history without gap or duplicate, and the same weights bit for bit."""
    import seg_train.run as story

    train_epoch = story.train_epoch
    calls = []

    def interrupted(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return train_epoch(*arguments)

    broken = tmp_path / "broken"
    monkeypatch.setattr(story, "train_epoch", interrupted)
    with pytest.raises(TrainingError, match=r"interrupted after 1 complete epochs.*seg-train resume"):
        run_training(config, broken, quiet=True)
    paths = ModelPaths(root=broken)
    assert read_document(paths.metadata, TrainingRecord).status == "interrupted"
    monkeypatch.setattr(story, "train_epoch", train_epoch)
    record = resume_training(broken, quiet=True)
    assert record.status == "finished"
    assert record.sessions == 2
    assert paths.history.read_text() == finished.history.read_text()
    with np.load(paths.last_checkpoint) as one, np.load(finished.last_checkpoint) as two:
        assert one.files == two.files
        assert all((one[name] == two[name]).all() for name in one.files)
    assert paths.examples(2).read_bytes() == finished.examples(2).read_bytes()


def test_resuming_a_finished_run_changes_nothing(finished: ModelPaths) -> None:
    """The record comes back as it is, and the listener hears why."""
    before = finished.metadata.read_bytes()
    told: list[str] = []
    assert resume_training(finished.root, quiet=True, tell=told.append).status == "finished"
    assert finished.metadata.read_bytes() == before
    assert "nothing to do" in told[0]


@pytest.mark.parametrize(("what", "value"), [("image_digest", "sha256:" + "0" * 64), ("ignored_label", 7)])
def test_resuming_with_other_data_is_refused(finished: ModelPaths, what: str, value: object) -> None:
    """A run never goes on with voxels that it did not begin with, nor with the same ones ignored otherwise."""
    record = read_document(finished.metadata, TrainingRecord)
    other = record.data.model_copy(update={what: value})
    changed = record.model_copy(update={"status": "interrupted", "data": other})
    write_document(finished.metadata, changed, overwrite=True)
    with pytest.raises(VolumeError, match=what):
        resume_training(finished.root, quiet=True)


def test_an_existing_model_is_replaced_only_when_asked(config: TrainingConfig, finished: ModelPaths) -> None:
    """Without overwrite the folder stays as it is; with it a new run takes its place."""
    before = read_document(finished.metadata, TrainingRecord).model_id
    with pytest.raises(OutputExistsError, match="--overwrite"):
        run_training(config, finished.root, quiet=True)
    assert read_document(finished.metadata, TrainingRecord).model_id == before


def test_a_folder_that_is_no_model_is_never_replaced(config: TrainingConfig, tmp_path: Path) -> None:
    """--overwrite on a wrong folder must not delete somebody's files."""
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "chapter.txt").write_text("words")
    with pytest.raises(OutputExistsError, match="only a model folder"):
        run_training(config, precious, overwrite=True, quiet=True)
    assert (precious / "chapter.txt").read_text() == "words"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"crops": {"shape": (1, 64, 64)}}, CropError, r"a crop must fit inside its region"),
        ({"strategy": {"kind": "mirrored", "devices": ["GPU:7"]}}, TrainingError, r"must exist; got GPU:7"),
        ({"strategy": {"kind": "one_device", "devices": ["CPU:0", "CPU:1"]}}, TrainingError, r"takes one device"),
        (
            {"strategy": {"kind": "mirrored", "devices": ["CPU:0", "CPU:1"]}, "batch_size": 3},
            TrainingError,
            r"multiple of the number of replicas; got 3 for 2",
        ),
        ({"validation": {"partition": "holdout"}}, VolumeError, r"holdout"),
    ],
)
def test_what_cannot_run_writes_nothing(
    config: TrainingConfig, tmp_path: Path, changes: dict[str, object], error: type[Exception], message: str
) -> None:
    """Problems of input are found before the model folder is made."""
    data = config.model_dump()
    for key, value in changes.items():
        data[key] = {**data[key], **value} if isinstance(value, dict) else value
    with pytest.raises(error, match=message):
        run_training(TrainingConfig.model_validate(data), tmp_path / "model", quiet=True)
    assert not (tmp_path / "model").exists()


def test_a_class_that_never_occurs_cannot_be_asked_for(make_volume, labels: np.ndarray, config: TrainingConfig) -> None:
    """Rejection by the share of an absent class names the class and the partition."""
    folder = make_volume(np.zeros_like(labels))
    rejection = {"kind": "min_class_fraction", "class_name": "fibre", "fraction": 0.1, "reject_probability": 0.9}
    data = config.model_dump() | {"volume": str(folder)}
    data["crops"]["rejection"] = rejection
    with pytest.raises(CropError, match=r"'fibre' has no voxel in partition 'train'"):
        run_training(TrainingConfig.model_validate(data), folder.parent / "model", quiet=True)


def test_a_loss_that_is_not_finite_fails_the_run_and_says_so(config: TrainingConfig, tmp_path: Path) -> None:
    """An absurd learning rate ends the run; the record keeps the reason."""
    data = config.model_dump() | {"learning_rate": {"kind": "constant", "value": 1e38}, "steps_per_epoch": 8}
    data["model"]["normalisation"] = "none"
    with pytest.raises(TrainingError, match="the loss must be finite"):
        run_training(TrainingConfig.model_validate(data), tmp_path / "model", quiet=True)
    record = read_document(ModelPaths(root=tmp_path / "model").metadata, TrainingRecord)
    assert record.status == "failed"
    assert "must be finite" in (record.reason or "")


def test_a_validation_that_is_not_finite_fails_the_run_and_says_so(config: TrainingConfig, tmp_path: Path) -> None:
    """The step that ruins the weights has a finite loss itself; nothing of its epoch is kept."""
    data = config.model_dump() | {"learning_rate": {"kind": "constant", "value": 1e30}, "steps_per_epoch": 1}
    paths = ModelPaths(root=tmp_path / "model")
    with pytest.raises(TrainingError, match="the loss of the validation must be finite; got nan"):
        run_training(TrainingConfig.model_validate(data), paths.root, quiet=True)
    record = read_document(paths.metadata, TrainingRecord)
    assert (record.status, record.result.epochs_done) == ("failed", 0)
    assert record.seconds > 0
    assert not paths.history.exists()


@pytest.mark.parametrize(("shape", "slices"), [((1, 16, 16), 3), ((8, 16, 16), 1)])
def test_other_dimensions_train(config: TrainingConfig, tmp_path: Path, shape: tuple[int, ...], slices: int) -> None:
    """2.5D and 3D networks go through the same story."""
    data = config.model_dump() | {"epochs": 1, "steps_per_epoch": 1, "batch_size": 2}
    data["crops"] |= {"shape": shape, "slices": slices}
    record = run_training(TrainingConfig.model_validate(data), tmp_path / "model", quiet=True)
    assert record.status == "finished"
    assert record.channels == slices
    assert record.network.dimensions == ("2.5D" if slices > 1 else "3D")


def test_a_model_folder_that_is_none(tmp_path: Path) -> None:
    """Resuming something else names the folder and what is missing."""
    with pytest.raises(ModelFolderError, match="does not exist"):
        resume_training(tmp_path / "nowhere")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_command_and_resume_finishes(config: TrainingConfig, tmp_path: Path, number: int) -> None:
    """A real process gets the signal after its first epoch: one line, status 1, and the rest is trained later."""
    path = tmp_path / "train.yaml"
    write_document(path, config.model_copy(update={"epochs": 200, "examples_every": 0}))
    model = ModelPaths(root=tmp_path / "model")
    # A test run in the background of a script has its interrupts ignored, and so would the process that it starts.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from seg_train.cli import main; main()"
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(
        [*command, "run", str(path), "--output", str(model.root)], stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 300
        while not model.history.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        with pytest.raises(SegError, match=f"one process at a time may train .* process {process.pid} on "):
            resume_training(model.root, quiet=True)
        process.send_signal(number)
        _, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "Traceback" not in errors
    assert "Go on with: seg-train resume" in errors.splitlines()[-1]
    record = read_document(model.metadata, TrainingRecord)
    assert record.status == "interrupted"
    with np.load(model.last_checkpoint) as checkpoint:
        position = Position.model_validate_json(str(checkpoint["position"]))
    assert len(position.losses) == position.step - 3 * position.epochs_done > 0
    assert [row["epoch"] for row in read_rows(model.history)][: record.result.epochs_done] == list(
        range(1, record.result.epochs_done + 1)
    )
