"""Data flows from a volume to a report through all four packages."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from skimage.metrics import variation_of_information

from seg_common import ModelPaths, open_volume, read_document
from seg_common.schema.evaluation import EvaluationDocument
from seg_common.schema.prediction import PredictionRecord
from seg_common.schema.training_record import TrainingRecord

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def evaluation(job: Path) -> EvaluationDocument:
    return read_document(job / "evaluation" / "evaluation.json", EvaluationDocument)


@pytest.fixture(scope="module")
def voxels(job: Path) -> tuple[np.ndarray, np.ndarray]:
    """Reference and prediction of the test region."""
    with open_volume(job / "phantom") as volume:
        reference = volume.require_labels().read(volume.partition("test"))
    with h5py.File(job / "evaluation" / "predicted_labels.h5") as file:
        return reference, file["labels"][...]


def test_every_document_is_valid(job: Path, run_command) -> None:
    """seg-common checks the volume, the model and the evaluation that the other packages wrote."""
    for folder in ("phantom", "model", "evaluation", "crops"):
        run_command("seg-common", "check", folder, folder=job)
    shown = json.loads(run_command("seg-common", "show", "model", "--json", folder=job).stdout)
    assert shown["status"] == "finished"
    assert "missing" not in shown["files"].values()


def test_scores_are_those_of_the_voxels(evaluation: EvaluationDocument, voxels: tuple[np.ndarray, np.ndarray]) -> None:
    """Jaccard, fractions and VOI of the files on disk, computed anew by numpy and scikit-image."""
    reference, predicted = voxels
    assert evaluation.voxels == reference.size
    for index, scores in enumerate(evaluation.classes):
        truth, answer = reference == index, predicted == index
        union = (truth | answer).sum()
        assert scores.jaccard == (pytest.approx((truth & answer).sum() / union) if union else None)
        assert scores.reference_fraction == pytest.approx(truth.mean())
        assert scores.estimated_fraction == pytest.approx(answer.mean())
    split, merge = variation_of_information(reference, predicted)
    assert evaluation.voi is not None
    assert (evaluation.voi.split, evaluation.voi.merge) == pytest.approx((split, merge), abs=1e-10)
    assert sum(scores.estimated_fraction_by_probability or 0 for scores in evaluation.classes) == pytest.approx(1)


def test_training_evaluates_its_validation_region_at_the_end(job: Path) -> None:
    """As `after_training: evaluate` asks for, through an entry point."""
    paths = ModelPaths(root=job / "model").evaluation_folder("phantom_validation_gaussian")
    document = read_document(paths.evaluation, EvaluationDocument)
    assert document.partition == "validation"
    assert paths.report.is_file()


def test_resume_makes_up_for_an_evaluation_that_is_missing(job: Path, tmp_path: Path, run_command) -> None:
    """A run that was killed while it was evaluated has no evaluation, or one of an older network; a whole one is kept."""
    paths = ModelPaths(root=shutil.copytree(job / "model", tmp_path / "model"))
    evaluation = paths.evaluation_folder("phantom_validation_gaussian").evaluation
    assert "nothing to do" in run_command("seg-train", "resume", "model", folder=tmp_path).stderr
    text = evaluation.read_text()
    weights = json.loads(text)["model"]["weights_digest"]
    evaluation.write_text(text.replace(weights, "sha256:" + "0" * 64))
    told = run_command("seg-train", "resume", "model", folder=tmp_path).stderr
    assert "evaluated: " in told
    assert json.loads(evaluation.read_text())["model"]["weights_digest"] == weights


def test_error_blobs_hold_the_wrong_voxels(
    evaluation: EvaluationDocument, voxels: tuple[np.ndarray, np.ndarray]
) -> None:
    """Totals of FP, FN and both are counts of voxels."""
    reference, predicted = voxels
    assert evaluation.error_blobs is not None
    for index, scores in enumerate(evaluation.classes):
        blobs = evaluation.error_blobs[scores.name]
        truth, answer = reference == index, predicted == index
        assert blobs.fp.total == (answer & ~truth).sum()
        assert blobs.fn.total == (truth & ~answer).sum()
        assert blobs.both.total == (truth ^ answer).sum()


def test_baselines_stand_beside_the_model(evaluation: EvaluationDocument) -> None:
    """The constant answer and the best thresholds, fitted on the training region."""
    assert len(evaluation.baselines) == 3
    for baseline in evaluation.baselines.values():
        assert "train" in baseline.fitted_on
        assert [scores.name for scores in baseline.classes] == ["matrix", "fibre", "pore"]


def test_records_name_each_other(job: Path, evaluation: EvaluationDocument) -> None:
    """Model, data and scheme are the same in training, prediction and evaluation."""
    training = read_document(ModelPaths(root=job / "model").metadata, TrainingRecord)
    prediction = read_document(job / "evaluation" / "prediction.yaml", PredictionRecord)
    for model in (prediction.model, evaluation.model):
        assert model is not None
        assert model.model_id == training.model_id
        assert model.batch_size == training.batch_size
        assert model.image_size == training.image_size
        assert model.channels == training.channels
        assert model.crops == training.result.crops_seen
    assert prediction.volume.image_digest == training.data.image_digest
    assert evaluation.aggregation == prediction.aggregation
    assert evaluation.partition == prediction.partition == "test"


def test_the_report_is_one_page_that_links_every_file(job: Path) -> None:
    """Nothing is loaded from elsewhere; all files are linked and have the digests of the manifest."""
    folder = job / "evaluation"
    page = (folder / "report.html").read_text()
    assert not re.search(r"""(src|href)=["'](https?:)?//""", page)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"report.html"}
    linked = set(re.findall(r'href="([^"#]+)"', page))
    assert files <= linked
    manifest = json.loads((folder / "manifest.json").read_text())
    text = json.dumps(manifest)
    for name in files - {"manifest.json"}:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() in text


def test_scoring_the_label_files_gives_the_same_numbers(
    job: Path, evaluation: EvaluationDocument, voxels: tuple[np.ndarray, np.ndarray], tmp_path: Path, run_command
) -> None:
    """`seg-eval score` on the same voxels as plain files agrees with `seg-eval volume`."""
    for name, array in zip(("reference", "prediction"), voxels, strict=True):
        np.save(tmp_path / f"{name}.npy", array)
    told = run_command("seg-eval", "score", "reference.npy", "prediction.npy", "--json", folder=tmp_path)
    scored = json.loads(told.stdout)
    assert scored["mean_jaccard"] == pytest.approx(evaluation.mean_jaccard)
    assert scored["confusion"] == evaluation.confusion
    assert scored["voi"]["split"] == pytest.approx(evaluation.voi.split)


def test_lines_for_the_spreadsheet(job: Path, run_command) -> None:
    """One row each, with as many cells as names."""
    for command, folder in (("seg-train", "model"), ("seg-eval", "evaluation")):
        told = run_command(command, "line", folder, "--header", folder=job)
        names, cells = (row.split("\t") for row in told.stdout.rstrip("\n").split("\n"))
        assert len(names) == len(cells)


def test_a_volume_with_other_classes_is_refused(job: Path, tmp_path: Path, run_command) -> None:
    """A model is never evaluated on classes that it was not trained for."""
    shutil.copytree(job / "phantom", tmp_path / "other")
    path = tmp_path / "other" / "volume.yaml"
    path.write_text(path.read_text().replace("name: pore", "name: crack"))
    command = ("seg-eval", "volume", job / "model", "--volume", "other", "--output", "evaluation")
    told = run_command(*command, folder=tmp_path, status=1)
    assert len(told.stderr.splitlines()) == 1
    assert "pore" in told.stderr
    assert "crack" in told.stderr
    assert not (tmp_path / "evaluation").exists()


def test_a_changed_image_is_noticed(job: Path, tmp_path: Path, run_command) -> None:
    """The digest of the training volume is checked before its model is evaluated on it."""
    shutil.copytree(job, tmp_path / "job")
    folder = tmp_path / "job"
    metadata = folder / "model" / "metadata.yaml"
    metadata.write_text(metadata.read_text().replace(str(job), str(folder)))
    with h5py.File(folder / "phantom" / "image.h5", "r+") as file:
        file["image"][0, 0, 0] ^= 1
    told = run_command("seg-eval", "volume", "model", "--output", "again", folder=folder, status=1)
    assert "digest" in told.stderr
    assert not (folder / "again").exists()


def test_a_volume_without_labels_is_predicted(job: Path, tmp_path: Path, run_command) -> None:
    """The user's real job: fractions and blobs, and a word on what could not be measured."""
    shutil.copytree(job / "phantom", tmp_path / "scan")
    run_command("seg-data", "import", "scan/image.h5", "plain", folder=tmp_path)
    path = tmp_path / "plain" / "volume.yaml"
    told = run_command("seg-data", "info", "plain", "--json", folder=tmp_path)
    assert json.loads(told.stdout)["labels"] == {}
    told = run_command(
        "seg-eval", "volume", job / "model", "--volume", path, "--output", "evaluation", "--json", folder=tmp_path
    )
    measured = json.loads(told.stdout)
    assert measured["mean_jaccard"] is None
    assert measured["left_out"]
    assert sum(scores["estimated_fraction"] for scores in measured["classes"]) == pytest.approx(1)
    assert set(measured["phase_blobs"]) == {"matrix", "fibre", "pore"}
