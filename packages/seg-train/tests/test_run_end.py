"""The end of a run: results log and messages, and that neither can harm the run."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import seg_train.run as story
from seg_common.errors import SegError
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document, write_document
from seg_train import run_end
from seg_train.results_file import RESULTS_LOG, append_result
from seg_train.run import run_training
from seg_train.run_end import announced_end

if TYPE_CHECKING:
    from seg_common.schema.training import TrainingConfig
    from seg_train.notifications import Message


@pytest.fixture
def paths(trained: Path, tmp_path: Path) -> ModelPaths:
    """A copy of a finished run, alone in its folder."""
    return ModelPaths(root=Path(shutil.copytree(trained, tmp_path / "models" / "model")))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Message]:
    """Messages on their way out; nobody is notified, and Apprise need not be installed."""
    messages: list[Message] = []

    def keep(_urls: list[str], message: Message) -> list[str]:
        messages.append(message)
        return ["notification 1 (json) was refused or not reached"]

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("SEG_NOTIFY", "json://user:s3cret-t0ken@host")
    monkeypatch.setattr(run_end, "require_apprise", lambda: None)
    monkeypatch.setattr(run_end, "send", keep)
    return messages


def test_the_log_names_its_columns_once_and_again_when_they_change(paths: ModelPaths) -> None:
    """Runs of equal classes share a header; each line has as many cells as the header above it."""
    record = read_document(paths.metadata, TrainingRecord)
    data = record.data.model_copy(update={"classes": record.data.classes[:1]})
    for each in (record, record, record.model_copy(update={"data": data}), record):
        log = append_result(paths.root, each)
    assert log == paths.root.parent / RESULTS_LOG
    rows = [line.split("\t") for line in log.read_text().splitlines()]
    assert [row[0] == "columns" for row in rows] == [True, False, False, True, False, True, False]
    for row, header in zip(rows[1:3] + rows[4:5], [rows[0], rows[0], rows[3]], strict=True):
        assert len(row) == len(header)
    assert rows[1][rows[0].index("model_id")] == record.model_id


def test_a_finished_run_is_logged_and_announced(paths: ModelPaths, sent: list[Message]) -> None:
    """The message tells the record's status; a receiver that fails is told in one line."""
    told: list[str] = []
    with announced_end(paths, told.append):
        assert not sent
    assert [message.title.split()[2] for message in sent] == ["finished"]
    assert told == ["warning: notification 1 (json) was refused or not reached."]
    assert len((paths.root.parent / RESULTS_LOG).read_text().splitlines()) == 2


def test_a_failed_run_keeps_its_error(paths: ModelPaths, sent: list[Message]) -> None:
    """The record on the disk says how it ended; the error goes on, and the message shows its traceback."""
    record = read_document(paths.metadata, TrainingRecord)

    def train() -> None:
        with announced_end(paths, lambda _: None):
            write_document(paths.metadata, record.model_copy(update={"status": "failed"}), overwrite=True)
            message = "the disk is full"
            raise ValueError(message)

    with pytest.raises(ValueError, match="the disk is full"):
        train()
    assert "failed" in sent[0].title
    assert sent[0].body.endswith("ValueError: the disk is full")


def test_nothing_at_the_end_can_break_a_run(
    paths: ModelPaths, sent: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library that raises, a log that cannot be written, a record that is gone: each is one warning without a secret."""

    def explode(*_: object) -> list[str]:
        message = "json://user:s3cret-t0ken@host"
        raise RuntimeError(message)

    monkeypatch.setattr(run_end, "send", explode)
    (paths.root.parent / RESULTS_LOG).mkdir()
    told: list[str] = []
    with announced_end(paths, told.append):
        pass
    assert len(told) == 2
    assert "results log" in told[0]
    assert told[1] == "warning: notifications failed (RuntimeError)."
    told.clear()
    with announced_end(paths, told.append):
        paths.metadata.unlink()
    assert len(told) == 1
    assert "not announced" in told[0]
    assert not sent


def test_a_missing_library_is_told_before_training(
    paths: ModelPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remedy is named while there is time; the run goes on without messages."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("SEG_NOTIFY", "json://host")
    told: list[str] = []
    with announced_end(paths, told.append):
        assert told == [
            "warning: notifications need Apprise; it is not installed. Run: pip install 'seg-train[notify]'."
        ]
    assert len(told) == 1


def test_a_run_that_fails_keeps_no_secret(
    config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: list[Message]
) -> None:
    """The error and the command quote addresses with passwords: no file of the folder, log or message has them."""
    address = "https://user:s3cret@host/x?token=abc"

    def fail(*_: object) -> None:
        raise OSError(address)

    monkeypatch.setattr(story, "train_epoch", fail)
    monkeypatch.setattr(sys, "argv", ["seg-train", "run", "train.yaml", "--set", f"name={address}"])
    paths = ModelPaths(root=tmp_path / "models" / "model")
    with pytest.raises(OSError, match="s3cret"):
        run_training(config, paths.root, quiet=True)
    record = read_document(paths.metadata, TrainingRecord)
    assert record.reason == "OSError: https://…"
    assert record.provenance.command[-1] == "name=https://…"
    assert (tmp_path / "models" / RESULTS_LOG).is_file()
    assert "failed" in sent[0].title
    written = [path.read_bytes() for path in (tmp_path / "models").rglob("*") if path.is_file()]
    said = [*written, *("\n".join(message).encode() for message in sent)]
    assert not [secret for secret in (b"s3cret", b"token=abc") for text in said if secret in text]


def test_a_real_run_is_in_the_log(trained: Path) -> None:
    """A run logs itself when it ends, with the status and the score of its record."""
    record = read_document(ModelPaths(root=trained).metadata, TrainingRecord)
    header, *lines = (line.split("\t") for line in (trained.parent / RESULTS_LOG).read_text().splitlines())
    (row,) = [dict(zip(header, line, strict=True)) for line in lines]
    assert row["model_id"] == record.model_id
    assert row["status"] == "finished"
    assert float(row["best_mean_jaccard"]) == pytest.approx(record.result.best_mean_jaccard, rel=1e-5)


def test_a_run_that_cannot_begin_is_announced(
    config: TrainingConfig, tmp_path: Path, sent: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that waited for hours says why it did not train; there is neither a folder nor a line in the log."""
    lost = config.model_copy(update={"volume": str(tmp_path / "lost" / "volume.yaml")})
    with pytest.raises(SegError):
        run_training(lost, tmp_path / "model", quiet=True)
    (message,) = sent
    assert message.title.startswith(f"seg-train: {config.name} was not trained on ")
    assert "lost" in message.body
    assert "Traceback" not in message.body
    assert not (tmp_path / "model").exists()
    assert not (tmp_path / RESULTS_LOG).exists()

    monkeypatch.setattr(story, "prepare_run", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_training(config, tmp_path / "model", quiet=True)
    assert "ZeroDivisionError: division by zero" in sent[1].body


def test_pictures_that_cannot_be_prepared_end_the_run_in_its_record(
    config: TrainingConfig, tmp_path: Path, sent: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once there is a folder, whatever fails is written into its record, too."""
    monkeypatch.setattr(story, "EpochPictures", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_training(config, tmp_path / "model", quiet=True)
    assert read_document(ModelPaths(root=tmp_path / "model").metadata, TrainingRecord).status == "failed"
    (message,) = sent
    assert message.title.split()[2] == "failed"
    assert (tmp_path / RESULTS_LOG).is_file()
