"""Whole evaluations with a network made of numpy."""

import json

import numpy as np
import pytest

from seg_common.counting.confusion_scores import scores_from_confusion
from seg_common.errors import LabelVolumeError, OutputExistsError
from seg_common.schema.evaluation import EvaluationDocument
from seg_common.volume.digests import file_digest
from seg_common.yaml_documents import read_document
from seg_eval.evaluate import evaluate_volume
from seg_eval.prediction.options import PredictionOptions

# Besides these, pictures and tables in further formats: the tests of the report know them.
FILES = {
    "baselines.csv",
    "classes.csv",
    "confusion.csv",
    "counts.h5",
    "detection.csv",
    "error_blobs.csv",
    "evaluation.json",
    "notable_slices.csv",
    "phase_blobs.csv",
    "pictures/blob_sizes.png",
    "pictures/confusion.png",
    "pictures/overlay.png",
    "pictures/section_x.png",
    "pictures/section_y.png",
    "pictures/volume_fractions.png",
    "predicted_labels.h5",
    "prediction.yaml",
    "profiles.csv",
    "reliability.csv",
    "report.html",
    "representative_volume.csv",
    "segments.csv",
    "slice_errors.csv",
    "surfaces.csv",
}


pytestmark = pytest.mark.usefixtures("undrawn")


def test_the_scores_are_those_of_the_region(evaluated):
    """Against a confusion matrix counted by hand over z 6:12."""
    world, evaluation = evaluated
    grey, reference = world.image[6:12], world.labels[6:12]
    predicted = np.where(grey < 60, 2, np.where(grey >= 170, 1, 0))
    confusion = np.array([[np.sum((reference == r) & (predicted == p)) for p in range(3)] for r in range(3)])
    expected = scores_from_confusion(confusion)
    document = evaluation.document
    assert document.confusion == confusion.tolist()
    assert document.mean_jaccard == expected.mean_jaccard
    assert [info.jaccard for info in document.classes] == expected.jaccard
    assert (document.partition, document.region, document.voxels) == ("validation", world.validation, 6 * 24 * 20)
    for info in document.classes:
        assert info.estimated_fraction_by_probability == pytest.approx(info.estimated_fraction, rel=1e-6)
    assert document.left_out == []
    assert document.model.model_id == "0123456789abcdef"


def test_baselines_are_fitted_on_the_training_region(evaluated):
    world, evaluation = evaluated
    baselines = evaluation.document.baselines
    assert list(baselines) == ["constant", "histogram_thresholds", "multi_otsu"]
    assert baselines["constant"].description == "matrix everywhere"
    assert "z 0:6" in baselines["constant"].fitted_on
    share = np.mean(world.labels[6:12] == 0)
    assert [info.jaccard for info in baselines["constant"].classes] == [pytest.approx(share), 0.0, 0.0]
    assert 0.5 < baselines["histogram_thresholds"].mean_jaccard <= 1


def test_every_file_is_written_and_in_the_manifest(evaluated):
    world, evaluation = evaluated
    root = evaluation.paths.root
    assert root == world.model / "evaluations" / "scan_validation_gaussian"
    manifest = json.loads(evaluation.paths.manifest.read_text())["files"]
    assert set(manifest) >= FILES
    written = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert set(manifest) == written - {"manifest.json"}
    assert all(file_digest(root / name) == entry["digest"] for name, entry in manifest.items())
    assert read_document(evaluation.paths.evaluation, EvaluationDocument) == evaluation.document


def test_no_block_size_changes_the_document(world, made, tmp_path):
    """All but times, blocks and provenance."""

    def scores(block_bytes):
        options = PredictionOptions(block_bytes=block_bytes, tile_shape=(1, 16, 16), halo=(0, 4, 4))
        output = tmp_path / str(block_bytes)
        document = evaluate_volume(world.model, network=made.ContextNetwork(), output=output, options=options).document
        return document.model_dump(exclude={"block_shape", "seconds", "provenance"})

    assert scores(20_000) == scores(10**8)


def test_a_volume_without_labels_is_predicted_and_says_what_is_missing(world, made, tmp_path):
    volume = made.volume(tmp_path / "new", world.image, name="new scan")
    evaluation = evaluate_volume(world.model, volume, network=made.ThresholdNetwork())
    document = evaluation.document
    assert evaluation.paths.root.name == "new-scan_whole_gaussian"
    assert (document.mean_jaccard, document.confusion, document.voi, document.error_blobs) == (None,) * 4
    assert (document.reference, document.baselines) == (None, {})
    assert "need reference labels" in document.left_out[0]
    assert sum(info.estimated_fraction for info in document.classes) == pytest.approx(1)
    assert document.phase_blobs["pore"].count > 0
    written = {path.name for path in evaluation.paths.root.rglob("*") if path.is_file()}
    assert not written & {"confusion.csv", "error_blobs.csv", "baselines.csv", "confusion.png"}


def test_trained_voxels_are_pointed_out(world, made):
    """z 0:6 of 12 slices were trained on."""
    document = evaluate_volume(world.model, partition="whole", network=made.ThresholdNetwork()).document
    assert document.left_out == ["scores on unseen voxels only: 50% of the measured region was trained on"]


def test_ignored_voxels_count_nowhere(world, made, tmp_path):
    """A third of the slices is ignored; the fractions are those of the rest."""
    labels = world.labels.copy()
    labels[:4] = 255
    volume = made.volume(tmp_path / "sparse", world.image, labels, ignored_label=255)
    document = evaluate_volume(world.model, volume, network=made.ThresholdNetwork()).document
    assert (document.voxels, document.ignored_voxels) == (8 * 24 * 20, 4 * 24 * 20)
    assert any("ignored label 255" in remark for remark in document.left_out)
    for info in document.classes:
        assert info.estimated_fraction_by_probability == pytest.approx(info.estimated_fraction, rel=1e-6)


def test_a_model_folder_without_histogram_has_no_baselines(world, made):
    (world.model / "training_histogram.json").unlink()
    document = evaluate_volume(world.model, network=made.ThresholdNetwork()).document
    assert document.baselines == {}
    assert document.left_out == [f"baselines: {world.model}/training_histogram.json is missing"]


def test_last_weights_get_a_folder_of_their_own(world, made):
    (world.model / "last.keras").write_bytes(b"last")
    options = PredictionOptions(weights="last", aggregation="mean")
    evaluation = evaluate_volume(world.model, network=made.ThresholdNetwork(), options=options)
    assert evaluation.paths.root.name == "scan_validation_mean_last"


def test_25d_and_3d_networks(world, made, tmp_path):
    """Thresholds of the middle channel, and of every voxel, give the scores of 2D."""
    scores = []
    for dimensions, crop, slices in (("2D", (1, 16, 16), 1), ("2.5D", (1, 16, 16), 3), ("3D", (8, 8, 8), 1)):
        root = tmp_path / dimensions
        made.model(root, world.volume, world.train, dimensions=dimensions, crop_shape=crop, slices=slices)
        scores.append(evaluate_volume(root, network=made.ThresholdNetwork()).document.confusion)
    assert scores[0] == scores[1] == scores[2]


def test_wrong_labels_are_refused_before_the_network_runs(world, made, tmp_path):
    labels = world.labels.copy()
    labels[0, 0, 0] = 7
    volume = made.volume(tmp_path / "wrong", world.image, labels)
    network = made.ThresholdNetwork()
    with pytest.raises(LabelVolumeError, match=r"holds 7 \(1 voxels\)"):
        evaluate_volume(world.model, volume, network=network, output=tmp_path / "out")
    assert network.batches == []
    assert not (tmp_path / "out").exists()


def test_an_existing_evaluation_is_refused_before_the_network_runs(world, made):
    evaluate_volume(world.model, network=made.ThresholdNetwork())
    network = made.ThresholdNetwork()
    with pytest.raises(OutputExistsError):
        evaluate_volume(world.model, network=network)
    assert network.batches == []
    evaluate_volume(world.model, network=network, overwrite=True)
    assert network.batches
