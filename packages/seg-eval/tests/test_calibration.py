"""Correcting the fractions of a volume without labels, from evaluation to evaluation."""

import h5py
import numpy as np
import pytest

from seg_common.errors import SegError
from seg_common.schema.evaluation import EvaluationDocument
from seg_common.yaml_documents import read_document
from seg_eval.calibration import open_calibration
from seg_eval.counts_file import read_counts
from seg_eval.evaluate import evaluate_volume
from seg_eval.prediction.options import PredictionOptions
from seg_eval.score import score_labels

pytestmark = pytest.mark.usefixtures("undrawn")

NAMES = ["matrix", "fibre", "pore"]


@pytest.fixture
def labelled(evaluated):
    """The evaluation of the validation region, by thresholds."""
    return evaluated


def test_fractions_are_corrected_and_the_assumption_is_said(labelled, made, tmp_path):
    """A new scan of the same material: corrected fractions lie near the truth, inside their intervals."""
    world, evaluation = labelled
    image, labels = made.scan((12, 24, 20), seed=5)
    volume = made.volume(tmp_path / "new", image, name="new scan")
    document = evaluate_volume(
        world.model,
        volume,
        network=made.ThresholdNetwork(),
        calibration=evaluation.paths.root,
        output=tmp_path / "out",
    ).document
    correction = document.correction
    assert "only the amounts of the classes differ" in correction.assumption
    assert correction.reference_digest == evaluation.document.reference_digest
    assert sum(one.corrected_fraction for one in correction.classes) == pytest.approx(1)
    for index, one in enumerate(correction.classes):
        truth = np.mean(labels == index)
        assert abs(one.corrected_fraction - truth) < 0.02
        assert abs(one.corrected_fraction - truth) <= abs(one.estimated_fraction - truth) + 0.003
        assert one.interval.low <= one.corrected_fraction <= one.interval.high
    assert correction.grey_shift < 0.1
    assert not any("not explained" in warning for warning in correction.warnings)
    written = read_document(tmp_path / "out" / "evaluation.json", EvaluationDocument)
    assert written.correction == correction


def test_another_contrast_is_warned_of(labelled, made, tmp_path):
    """A scan twice as dark has grey levels that no class of the calibration explains."""
    world, evaluation = labelled
    volume = made.volume(tmp_path / "dark", world.image // 2)
    correction = evaluate_volume(
        world.model,
        volume,
        network=made.ThresholdNetwork(),
        calibration=evaluation.paths.evaluation,
        output=tmp_path / "out",
    ).document.correction
    assert correction.grey_shift > 0.3
    assert any("grey levels" in warning for warning in correction.warnings)


def test_counts_can_be_read_again(labelled):
    """Confusion by cell and histograms by class, as the document has them in sum."""
    _, evaluation = labelled
    counts = read_counts(evaluation.paths.counts)
    np.testing.assert_array_equal(counts.cells.sum(axis=(0, 1, 2)), evaluation.document.confusion)
    voxels = np.sum(evaluation.document.confusion, axis=1)
    np.testing.assert_array_equal(counts.grey_counts.sum(axis=1), voxels)
    np.testing.assert_array_equal(counts.confidence_counts.sum(axis=1), voxels)
    with h5py.File(evaluation.paths.counts) as file:
        assert file["cells"].attrs["axes"].startswith("cell z")
        assert file["slices/y"].shape == (24, 3, 3)


def test_a_calibration_that_does_not_fit_is_refused_before_the_network_runs(labelled, made, tmp_path):
    """Other weights, another aggregation, other classes, no reference, a volume with labels."""
    world, evaluation = labelled
    new = made.volume(tmp_path / "new", world.image)
    network = made.ThresholdNetwork()

    def run(message, volume=new, **more):
        with pytest.raises(SegError, match=message):
            evaluate_volume(world.model, volume, network=network, output=tmp_path / "out", **more)
        assert network.batches == []

    run("Leave --calibration away", world.volume, calibration=evaluation.paths.root)
    mean = PredictionOptions(aggregation="mean")
    run("same weights and aggregation; .* aggregation", calibration=evaluation.paths.root, options=mean)
    run("the file must exist", calibration=tmp_path / "nothing")
    with pytest.raises(SegError, match="must have the same classes"):
        open_calibration(evaluation.paths.root, ["matrix", "fibre"])
    unlabelled = evaluate_volume(world.model, new, network=made.ThresholdNetwork(), output=tmp_path / "unlabelled")
    run("counted without", calibration=unlabelled.paths.root)


def test_an_evaluation_without_its_counts_is_refused(made, tmp_path):
    """The folder was thinned out, or is of another version; one of another model has no weights."""
    _, labels = made.scan((8, 12, 12))
    np.save(tmp_path / "a.npy", labels)
    evaluation = score_labels(tmp_path / "a.npy", tmp_path / "a.npy", output=tmp_path / "scored", class_names=NAMES)
    assert len(open_calibration(tmp_path / "scored", NAMES).blocks.confusions) >= 8
    evaluation.paths.counts.write_bytes(b"damaged")
    with pytest.raises(SegError, match=r"counts; .*counts.h5 cannot be read"):
        open_calibration(tmp_path / "scored", NAMES)
    evaluation.paths.counts.unlink()
    with pytest.raises(SegError, match=r"counts; .*counts.h5 cannot be read"):
        open_calibration(tmp_path / "scored", NAMES)
