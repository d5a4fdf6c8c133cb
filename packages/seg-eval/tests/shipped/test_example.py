import re
from importlib.resources import files

import pytest
from click.testing import CliRunner

from seg_common.errors import OutputExistsError
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.volume.digests import array_digest
from seg_common.volume.opened_volume import open_volume
from seg_common.yaml_documents import read_document
from seg_eval.cli import main
from seg_eval.evaluate import evaluate_volume
from seg_eval.shipped.example import copy_example

SHIPPED = files("seg_eval.shipped") / "files"


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A copy that no test changes."""
    return copy_example(tmp_path_factory.mktemp("shipped") / "example")


def shipped_files(folder=SHIPPED):
    return [file for entry in folder.iterdir() for file in (shipped_files(entry) if entry.is_dir() else [entry])]


def test_it_comes_with_the_package_and_is_small():
    """Under 2 MB: it is downloaded with every installation."""
    assert {file.name for file in shipped_files()} == {
        "best.keras",
        "image.h5",
        "labels.h5",
        "metadata.yaml",
        "training_histogram.json",
        "volume.yaml",
    }
    assert sum(len(file.read_bytes()) for file in shipped_files()) < 2_000_000


def test_it_tells_nothing_of_the_machine_that_made_it():
    for name in ("metadata.yaml", "training_histogram.json"):
        text = (SHIPPED / "model" / name).read_text(encoding="utf-8")
        assert not re.search(r"[\s'\"](/|[A-Z]:\\)\w", text)
    record = read_document(SHIPPED / "model" / "metadata.yaml", TrainingRecord)
    assert (record.provenance.hostname, record.provenance.git) == ("", None)


def test_the_volume_is_the_one_that_the_network_was_trained_on(example):
    record = read_document(ModelPaths(root=example.model).metadata, TrainingRecord)
    assert record.data.volume == str(example.volume.resolve() / "volume.yaml")
    with open_volume(record.data.volume) as volume, open_volume(example.unlabelled) as unlabelled:
        assert array_digest(volume.image) == record.data.image_digest == volume.document.image.digest
        assert array_digest(volume.labels) == record.data.labels_digest
        assert volume.partition("train") == record.data.train
        assert volume.document.classes == record.data.classes
        assert unlabelled.image.path.samefile(volume.image.path)
        assert unlabelled.labels is None


def test_a_copy_is_evaluated_without_its_network(made, undrawn, tmp_path):
    """The folder is complete: record, histogram and volume fit each other."""
    example = copy_example(tmp_path / "example")
    document = evaluate_volume(example.model, partition="test", network=made.ThresholdNetwork((80, 165))).document
    assert document.volume.name == "example"
    assert {"constant", "histogram_thresholds"} <= set(document.baselines)
    assert 0.5 < document.mean_jaccard < 0.95
    unlabelled = evaluate_volume(
        example.model, example.unlabelled, partition="validation", network=made.ContextNetwork()
    ).document
    assert (unlabelled.volume.name, unlabelled.mean_jaccard) == ("example without labels", None)
    assert unlabelled.grey_range.trained_on == "example (z 0:48, y 0:128, x 0:128)"
    assert unlabelled.grey_range.share_below + unlabelled.grey_range.share_above < 0.004
    assert unlabelled.annotate_next


def test_nothing_is_overwritten_unasked(example, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for options in ({}, {"overwrite": True}):
        with pytest.raises(OutputExistsError):
            copy_example(tmp_path, **options)
    again = copy_example(copy_example(tmp_path / "twice").root, overwrite=True)
    assert ModelPaths(root=again.model).best_weights.read_bytes() == (SHIPPED / "model" / "best.keras").read_bytes()


def test_the_command_prints_what_to_do_next(tmp_path):
    folder = tmp_path / "my example"
    done = CliRunner().invoke(main, ["example", str(folder)])
    assert done.exit_code == 0, done.output
    first, second = done.stdout.splitlines()
    assert first == f"seg-eval volume '{folder}/model' --partition test"
    assert second.endswith(f"--volume '{folder}/unlabelled'")
    assert "96 x 128 x 128" in done.stderr
