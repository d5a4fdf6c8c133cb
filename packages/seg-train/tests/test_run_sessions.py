"""Sessions of a run: what each was trained with stays visible, and a kill between two files leaves no lie in either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import seg_train.run as story
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import SessionRecord, TrainingRecord
from seg_common.yaml_documents import read_document, write_document
from seg_train.errors import TrainingError
from seg_train.history import read_rows
from seg_train.resume import resume_training
from seg_train.run import run_training
from seg_train.run_sessions import session_changes

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.schema.training import TrainingConfig

Patch = pytest.MonkeyPatch


def stop_at(name: str, monkeypatch: Patch, *, visit: int) -> None:
    """End the run, as Ctrl-C would, when it calls a function of its story for the n-th time."""
    function, visits = getattr(story, name), iter(range(1, 1000))

    def stopped(*arguments: object) -> object:
        if next(visits) == visit:
            raise KeyboardInterrupt
        return function(*arguments)

    monkeypatch.setattr(story, name, stopped)


def weights(path: Path) -> list[np.ndarray]:
    import keras

    return keras.saving.load_model(path, compile=False, safe_mode=True).get_weights()


def same(one: list[np.ndarray], two: list[np.ndarray]) -> bool:
    return all((a == b).all() for a, b in zip(one, two, strict=True))


def test_a_resume_elsewhere_is_recorded_and_told(config: TrainingConfig, tmp_path: Path, monkeypatch: Patch) -> None:
    """Steps, versions, machine and devices of each session; what the record said of the first stays where it was."""
    paths = ModelPaths(root=tmp_path / "model")
    with monkeypatch.context() as patch:
        stop_at("train_epoch", patch, visit=2)
        with pytest.raises(TrainingError, match="interrupted"):
            run_training(config, paths.root, quiet=True)
    begun = read_document(paths.metadata, TrainingRecord)
    (first,) = begun.session_records
    assert (first.first_step, first.end_step) == (0, 3)
    assert first.provenance == begun.provenance
    assert "session 1" not in paths.summary.read_text()

    # As if the first session had run on another machine, with an older numpy and other code.
    packages = {**first.provenance.packages, "numpy": "1.0"}
    elsewhere = first.provenance.model_copy(update={"hostname": "elsewhere", "packages": packages, "git": None})
    first = first.model_copy(update={"provenance": elsewhere})
    changed = begun.model_copy(update={"provenance": elsewhere, "session_records": [first]})
    write_document(paths.metadata, changed, overwrite=True)
    told: list[str] = []
    record = resume_training(paths.root, quiet=True, tell=told.append)
    assert read_document(paths.metadata, TrainingRecord) == record
    assert record.provenance == elsewhere
    assert record.sessions == 2
    kept, second = record.session_records
    assert kept == first
    assert (second.first_step, second.end_step) == (3, 6)
    assert second.strategy == record.strategy
    assert second.provenance.hostname == begun.provenance.hostname
    assert second.provenance.created >= begun.provenance.created
    assert first.provenance.created <= first.ended <= second.provenance.created <= second.ended
    assert f"  {second.ended}" in paths.summary.read_text()
    (warning,) = [text for text in told if text.startswith("warning")]
    numpy = second.provenance.packages["numpy"]
    for words in (f"numpy {numpy} (was 1.0)", f"host {begun.provenance.hostname} (was elsewhere)"):
        assert words in warning
        assert words in paths.summary.read_text()
    assert "keras" not in warning
    rows = [line.split(maxsplit=2) for line in paths.summary.read_text().splitlines() if "session " in line]
    assert [row[:2] for row in rows] == [["session", "1"], ["session", "2"]]
    assert rows[0][2].startswith("steps 0 to 3, begun ")
    assert rows[1][2].startswith("steps 3 to 6, begun ")
    assert session_changes(begun.session_records) == session_changes([]) == []


def test_what_changes_results_is_told_and_names_of_jobs_are_not(trained: Path) -> None:
    """Another number of threads, cuDNN or GPU may change a result; another job, port or level of logging does not."""
    record = read_document(ModelPaths(root=trained).metadata, TrainingRecord)
    (session,) = record.session_records
    assert session.provenance.environment["TF_ENABLE_ONEDNN_OPTS"] == "1"
    assert session.provenance.created <= session.ended

    def other(environment: dict[str, str], cudnn: str, gpu: str) -> SessionRecord:
        strategy = session.strategy.model_copy(update={"gpu_libraries": {"cuDNN": cudnn}, "gpus": [gpu]})
        provenance = session.provenance.model_copy(update={"environment": environment})
        return session.model_copy(update={"strategy": strategy, "provenance": provenance})

    names = ("SLURM_JOB_ID", "TF_CONFIG", "TF_CPP_MIN_LOG_LEVEL", "CUDA_VISIBLE_DEVICES")
    first = other({"OMP_NUM_THREADS": "4"} | dict.fromkeys(names, "1"), "8", "A100")
    second = other({"OMP_NUM_THREADS": "8"} | dict.fromkeys(names, "2"), "9", "H100")
    told = ["cuDNN 9 (was 8)", "GPUs H100 (was A100)", "OMP_NUM_THREADS 8 (was 4)"]
    assert session_changes([first, second]) == told
    assert session_changes([first, first]) == []


def test_a_record_ahead_of_its_checkpoint_is_taken_back(
    config: TrainingConfig, tmp_path: Path, monkeypatch: Patch
) -> None:
    """A kill between the record of the second epoch and its checkpoint takes that epoch: a resumed run says so."""
    paths = ModelPaths(root=tmp_path / "model")
    with monkeypatch.context() as patch:
        stop_at("write_checkpoint", patch, visit=2)
        with pytest.raises(TrainingError, match="interrupted"):
            run_training(config, paths.root, quiet=True)
    assert read_document(paths.metadata, TrainingRecord).result.epochs_done == 2
    with monkeypatch.context() as patch:
        stop_at("train_epoch", patch, visit=1)
        with pytest.raises(TrainingError, match="interrupted after 1 complete epochs"):
            resume_training(paths.root, quiet=True)
    record = read_document(paths.metadata, TrainingRecord)
    assert [(one.first_step, one.end_step) for one in record.session_records] == [(0, 3), (3, 3)]
    (row,) = read_rows(paths.history)
    assert record.result.epochs_done == record.result.best_epoch == 1
    assert record.result.crops_seen == 12
    assert record.result.last == row


def test_the_best_network_is_of_an_epoch_that_the_run_has(
    config: TrainingConfig, tmp_path: Path, monkeypatch: Patch
) -> None:
    """A kill before the checkpoint of a better epoch leaves the best network before it; one after it loses nothing."""
    paths = ModelPaths(root=tmp_path / "model")
    saved: list[list[np.ndarray]] = []
    save_network = story.save_network

    def save(network, path: Path) -> None:
        saved.append(network.get_weights())
        save_network(network, path)

    monkeypatch.setattr(story, "save_network", save)
    with monkeypatch.context() as patch:
        stop_at("write_checkpoint", patch, visit=2)
        with pytest.raises(TrainingError, match="interrupted"):
            run_training(config, paths.root, quiet=True)
    first, second = (row["validation_mean_jaccard"] for row in read_rows(paths.history))
    assert second > first, "the second epoch has to be the better one"
    before = paths.best_weights.read_bytes()
    with monkeypatch.context() as patch:
        stop_at("train_epoch", patch, visit=1)
        with pytest.raises(TrainingError, match="interrupted"):
            resume_training(paths.root, epochs=4, quiet=True)
    assert paths.best_weights.read_bytes() == before, "evaluations know it by its digest"
    assert same(weights(paths.best_weights), saved[0])

    with monkeypatch.context() as patch:
        stop_at("save_network", patch, visit=1)
        with pytest.raises(TrainingError, match="interrupted"):
            resume_training(paths.root, quiet=True)
    assert same(weights(paths.best_weights), saved[0])
    with monkeypatch.context() as patch:
        stop_at("train_epoch", patch, visit=1)
        with pytest.raises(TrainingError, match="interrupted after 2 complete epochs"):
            resume_training(paths.root, quiet=True)
    record = read_document(paths.metadata, TrainingRecord)
    assert record.result.best_epoch == 2
    assert not same(weights(paths.best_weights), saved[0])
    with np.load(paths.last_checkpoint) as checkpoint:
        kept = {array.tobytes() for array in map(checkpoint.get, checkpoint.files)}
    assert {array.tobytes() for array in weights(paths.best_weights)} <= kept
