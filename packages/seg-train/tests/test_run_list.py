"""All runs of a folder as one table."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from seg_common.errors import ModelFolderError
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document, write_document
from seg_train.cli import main
from seg_train.run_list import list_runs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def models(trained: Path, tmp_path: Path) -> Path:
    """Three runs at two depths: a finished one, a better one that failed, and one whose record is damaged."""
    folder = tmp_path / "models"
    record = read_document(ModelPaths(root=trained).metadata, TrainingRecord)
    for where, score, status, reason in (
        ("old/first", 0.5, "finished", None),
        ("second", 0.75, "failed", "TrainingError: the loss must be finite"),
        ("third", None, "running", None),
    ):
        paths = ModelPaths(root=folder / where)
        paths.root.mkdir(parents=True)
        result = record.result.model_copy(update={"best_mean_jaccard": score})
        changes = {"status": status, "reason": reason, "result": result, "seconds": 3723.4}
        write_document(paths.metadata, record.model_copy(update=changes))
    shutil.copytree(folder / "second", folder / "second" / "checkpoints")  # inside a model folder: no run of its own
    (folder / "damaged").mkdir()
    (folder / "damaged" / "metadata.yaml").write_text("kind: [")
    (folder / ".hidden").mkdir()
    return folder


def test_runs_are_listed_best_first(models: Path) -> None:
    """Runs at any depth; without a score they come last, in the order of their names."""
    runs = list_runs(models)
    assert [run.model for run in runs] == ["second", "old/first", "damaged", "third"]
    assert [run.status for run in runs] == ["failed", "finished", "unreadable", "running"]
    assert runs[0].problem == "TrainingError: the loss must be finite"
    assert runs[0].epochs == "2/2"
    assert "metadata.yaml" in str(runs[2].problem)


def test_the_command_prints_an_aligned_table(models: Path) -> None:
    """Columns start under their names; reasons stand below the table."""
    told = CliRunner().invoke(main, ["list", str(models)])
    assert told.exit_code == 0
    header, second, first, *_ = told.stdout.splitlines()
    assert header.split()[:3] == ["model", "name", "status"]
    for line, status in ((second, "failed"), (first, "finished")):
        assert line[header.index("status") :].startswith(status)
        assert "1:02:03" in line
    assert "0.7500" in second
    assert "second: TrainingError: the loss must be finite" in told.stdout


def test_programs_read_json(models: Path) -> None:
    """The same rows as in the table, with numbers as numbers."""
    told = CliRunner().invoke(main, ["list", str(models), "--json"])
    rows = {row["model"]: row for row in json.loads(told.stdout)}
    assert rows["old/first"]["best_mean_jaccard"] == 0.5
    assert rows["third"]["best_mean_jaccard"] is None


def test_an_empty_folder_and_a_missing_one(tmp_path: Path) -> None:
    """No runs are no error; no folder is one."""
    told = CliRunner().invoke(main, ["list", str(tmp_path)])
    assert (told.exit_code, told.stdout) == (0, "")
    assert "no model folder" in told.stderr
    with pytest.raises(ModelFolderError, match="existing folder"):
        list_runs(tmp_path / "missing")
