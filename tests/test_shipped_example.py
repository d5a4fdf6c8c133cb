"""The example that seg-eval ships, with its network, as a user meets it a minute after installation."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from seg_common.schema.evaluation import EvaluationDocument
from seg_common.schema.training_record import TrainingRecord
from seg_common.schema.volume import VolumeDocument
from seg_common.yaml_documents import read_document
from seg_train import load_config

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "packages" / "seg-eval" / "src" / "seg_eval" / "shipped" / "files"
BUILDER = ROOT / "examples" / "shipped_example"


def test_the_network_beats_every_baseline_on_every_class(tmp_path: Path, run_command) -> None:
    """On voxels that it has never seen, by the command that the example prints."""
    command = run_command("seg-eval", "example", folder=tmp_path).stdout.splitlines()[0]
    run_command(*shlex.split(command), folder=tmp_path)
    folder = tmp_path / "example" / "model" / "evaluations" / "example_test_gaussian"
    document = read_document(folder / "evaluation.json", EvaluationDocument)
    assert document.partition == "test"
    for baseline in document.baselines.values():
        for own, other in zip(document.classes, baseline.classes, strict=True):
            assert own.jaccard > other.jaccard
    assert document.mean_jaccard > 0.85
    assert document.warnings == []
    assert (folder / "report.html").is_file()


def test_the_script_makes_the_volume_that_is_shipped(tmp_path: Path, run_command) -> None:
    run_command(Path(sys.executable).name, BUILDER / "build.py", "--volume", "--output", tmp_path, folder=tmp_path)
    made, shipped = (read_document(folder / "volume" / "volume.yaml", VolumeDocument) for folder in (tmp_path, SHIPPED))
    assert made == shipped


def test_the_network_was_trained_as_the_script_says() -> None:
    record = read_document(SHIPPED / "model" / "metadata.yaml", TrainingRecord)
    config = load_config(BUILDER / "train.yaml", volume=SHIPPED / "volume")
    assert record.config == config.model_copy(update={"volume": record.config.volume})
