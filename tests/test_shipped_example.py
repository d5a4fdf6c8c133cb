"""The example that seg-eval ships, with its network, as a user meets it a minute after installation."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from seg_common.schema.evaluation import EvaluationDocument
from seg_common.schema.training_record import TrainingRecord
from seg_common.schema.volume import VolumeDocument
from seg_common.yaml_documents import read_document
from seg_train import load_config

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "packages" / "seg-eval" / "src" / "seg_eval" / "shipped" / "files"
BUILDER = ROOT / "examples" / "shipped_example"


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory: pytest.TempPathFactory, run_command) -> list[Path]:
    """Folders of the evaluations with labels and without, made by the commands that the example prints."""
    folder = tmp_path_factory.mktemp("first minute")
    commands = run_command("seg-eval", "example", folder=folder).stdout.splitlines()
    for command in commands:
        run_command(*shlex.split(command), folder=folder)
    found = folder / "example" / "model" / "evaluations"
    return [found / "example_test_gaussian", found / "example-without-labels_test_gaussian"]


def test_the_network_beats_every_baseline_on_every_class(evaluations: list[Path]) -> None:
    """On voxels that it has never seen, and with a fraction of pores that a threshold misses by far."""
    document = read_document(evaluations[0] / "evaluation.json", EvaluationDocument)
    assert document.partition == "test"
    for baseline in document.baselines.values():
        for own, other in zip(document.classes, baseline.classes, strict=True):
            assert own.jaccard > other.jaccard
    assert document.mean_jaccard > 0.85
    assert document.warnings == []


def test_without_labels_it_says_what_it_can(evaluations: list[Path]) -> None:
    labelled, unlabelled = (read_document(folder / "evaluation.json", EvaluationDocument) for folder in evaluations)
    assert unlabelled.prediction_digest == labelled.prediction_digest
    assert unlabelled.mean_jaccard is None
    assert unlabelled.uncertainty == labelled.uncertainty.model_copy(
        update={"low_confidence_by_class": unlabelled.uncertainty.low_confidence_by_class}
    )
    assert len(unlabelled.annotate_next) == 5
    assert all(info.estimated_fraction_interval is not None for info in unlabelled.classes)
    for folder in evaluations:
        assert (folder / "report.html").is_file()


def test_the_script_makes_the_volume_that_is_shipped(tmp_path: Path, run_command) -> None:
    run_command(Path(sys.executable).name, BUILDER / "build.py", "--volume", "--output", tmp_path, folder=tmp_path)
    made, shipped = (read_document(folder / "volume" / "volume.yaml", VolumeDocument) for folder in (tmp_path, SHIPPED))
    assert made == shipped


def test_the_network_was_trained_as_the_script_says() -> None:
    record = read_document(SHIPPED / "model" / "metadata.yaml", TrainingRecord)
    config = load_config(BUILDER / "train.yaml", volume=record.config.volume)
    assert record.config == config
