"""Whole comparisons, against confusion matrices counted by hand."""

import json
import shutil

import numpy as np
import pytest

from seg_common.counting.confusion_scores import scores_from_confusion
from seg_common.errors import LabelVolumeError, OutputExistsError, SegError
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.volume.digests import file_digest
from seg_common.yaml_documents import read_document, write_document
from seg_eval.comparing.compare import compare_models
from seg_eval.evaluate import evaluate_volume
from seg_eval.prediction.options import PredictionOptions
from seg_eval.results_row import read_evaluation
from seg_eval.score import score_labels


@pytest.fixture
def undrawn_comparison(monkeypatch):
    """Leave the figures away."""
    monkeypatch.setattr("seg_eval.comparing.comparison_figures.draw_charts", lambda paths, document: [])


pytestmark = pytest.mark.usefixtures("undrawn_comparison")


def confusion(pair, name, start=6, stop=16):
    """Voxels by (reference, predicted) over the slices of a range that are not ignored."""
    reference, predicted = pair.labels[start:stop], pair.predicted(name)[start:stop]
    return [[int(np.sum((reference == r) & (predicted == p))) for p in range(3)] for r in range(3)]


def scores(comparison):
    """All of a document that may not depend on circumstances."""
    return comparison.document.model_dump(exclude={"block_shape", "seconds", "provenance"})


def test_members_are_scored_on_the_same_voxels(pair, tmp_path):
    document = compare_models([pair.model("first"), pair.model("second")], output=tmp_path / "out").document
    assert (document.region, document.voxels, document.left_out_voxels) == (pair.test, 3000, 1800)
    for member, name in zip(document.members, ("first", "second"), strict=True):
        counted = confusion(pair, name)
        expected = scores_from_confusion(np.array(counted))
        assert member.answers[0].confusion == counted
        assert member.mean_jaccard == expected.mean_jaccard
        assert [info.jaccard for info in member.classes] == expected.jaccard
        assert member.name == name
    assert document.mixed == []
    first, second = document.members
    one = next(one for one in document.differences if one.measure == "mean_jaccard")
    assert one.difference == second.mean_jaccard - first.mean_jaccard
    assert one.interval.low <= one.difference <= one.interval.high


def test_they_equal_the_evaluations_where_those_saw_the_same(pair, tmp_path):
    """Same region, so nothing can differ: scores, blobs, detection."""
    document = compare_models([pair.model("first"), pair.model("second")], output=tmp_path / "out").document
    for member in document.members:
        evaluation = read_evaluation(member.path)
        assert member.mean_jaccard == evaluation.mean_jaccard
        assert member.accuracy == evaluation.accuracy
        assert member.voi == evaluation.voi
        assert member.error_blobs == evaluation.error_blobs_pooled.count
        for info, own in zip(member.classes, evaluation.classes, strict=True):
            assert info.relative_error == pytest.approx(own.relative_error, rel=1e-12)
            assert info.detection == evaluation.detection[info.name].reference
            assert info.false_positive_blobs == evaluation.error_blobs[info.name].fp.count
            assert info.false_negative_blobs == evaluation.error_blobs[info.name].fn.count


def test_no_block_size_changes_the_document(pair, tmp_path):
    members = [pair.model("first"), pair.model("second")]
    whole, cut = (
        scores(compare_models(members, output=tmp_path / str(size), block_bytes=size)) for size in (10**8, 20_000)
    )
    assert whole == cut


def test_only_shared_voxels_count_where_regions_differ(pair, made, evaluate, tmp_path):
    """One saw the whole scan, the other its partition `test`; half of what follows was trained on."""
    whole, train = tmp_path / "whole", tmp_path / "train"
    for output, partition in ((whole, "whole"), (train, "train")):
        evaluate(pair.model("second"), made.ThresholdNetwork((50, 185)), output, partition=partition)
    members = [pair.model("first"), f"all of it={whole}"]
    document = compare_models(members, output=tmp_path / "out").document
    assert document.region == pair.test
    assert document.members[1].answers[0].confusion == confusion(pair, "second")
    assert [member.trained_share for member in document.members] == [0.0, 0.0]
    assert any("only a part of what all of it answered for" in remark for remark in document.remarks)
    document = compare_models([train, whole], output=tmp_path / "trained").document
    assert [member.name for member in document.members] == ["train", "whole"]
    assert "train: 100% of the shared region was trained on" in document.remarks
    with pytest.raises(SegError, match="must share voxels"):
        compare_models([train, pair.model("first")], output=tmp_path / "none")


def test_every_model_and_every_volume_of_a_member_counts(pair, made, tmp_path, undrawn):
    """The second model of an ensemble saw the test region as its second volume; its cost is added."""
    other = made.model(tmp_path / "other", pair.volume, pair.test)
    (other / "best.keras").write_bytes(b"other")
    metadata = ModelPaths(root=other).metadata
    record = read_document(metadata, TrainingRecord)
    elsewhere = record.data.model_copy(update={"image_digest": "sha256:" + 64 * "0"})
    more = {"data": elsewhere, "more_data": [record.data], "seconds": 2.5}
    write_document(metadata, record.model_copy(update=more), overwrite=True)
    networks = [made.ThresholdNetwork(), made.ThresholdNetwork()]
    both = tmp_path / "both"
    options = PredictionOptions(with_models=(other,))
    evaluate_volume(pair.model("first"), network=networks, output=both, partition="test", options=options)
    members = [pair.model("first"), f"both={both}"]
    document = compare_models(members, output=tmp_path / "out", allow=["aggregation"]).document
    assert [member.trained_share for member in document.members] == [0.0, 1.0]
    assert "both: 100% of the shared region was trained on" in document.remarks
    cost = document.members[1].cost
    assert (cost.parameters, cost.training_seconds, cost.training_epochs) == (2000, 3.5, 6)

    metadata.unlink()
    document = compare_models(members, output=tmp_path / "forgotten", allow=["aggregation"]).document
    assert document.members[1].trained_share is None
    cost = document.members[1].cost
    assert (cost.parameters, cost.training_seconds, cost.training_epochs) == (2000, None, None)


def test_another_aggregation_is_refused_or_shown(pair, made, evaluate, tmp_path):
    other = tmp_path / "mean"
    evaluate(pair.model("second"), made.ThresholdNetwork((50, 185)), other, "mean", partition="test")
    members = [pair.model("first"), other]
    with pytest.raises(SegError, match=r"same aggregations; got first: gaussian.*; mean: mean.*--allow aggregation"):
        compare_models(members, output=tmp_path / "out")
    comparison = compare_models(members, output=tmp_path / "out", allow=["aggregation"])
    assert comparison.document.mixed == ["aggregation"]
    assert "member & aggregation & mean Jaccard" in comparison.paths.latex_table.read_text()
    assert any("members differ in aggregation" in remark for remark in comparison.document.remarks)


def test_another_reference_and_another_scan_are_refused_or_shown(own_pair, made, evaluate, tmp_path):
    """The second member is measured against labels of which one voxel differs, and on a brighter scan."""
    labels = own_pair.labels.copy()
    labels[7, 0, 0] = (labels[7, 0, 0] + 1) % 3
    brighter = own_pair.image.copy()
    brighter[0, 0, 0] += 1
    for name, image, truth in (("corrected", own_pair.image, labels), ("brighter", brighter, own_pair.labels)):
        volume = made.volume(tmp_path / name, image, truth, partitions={"test": own_pair.test}, ignored_label=255)
        network = made.ThresholdNetwork((50, 185))
        evaluate(own_pair.model("second"), network, tmp_path / f"on_{name}", volume=volume, partition="test")
    first = own_pair.model("first")
    with pytest.raises(SegError, match=r"same reference labels; .*--allow reference"):
        compare_models([first, tmp_path / "on_corrected"], output=tmp_path / "out")
    with pytest.raises(SegError, match=r"same scans; .*--allow data"):
        compare_models([first, tmp_path / "on_brighter"], output=tmp_path / "out")
    found = compare_models([first, tmp_path / "on_corrected"], output=tmp_path / "a", allow=["reference"])
    assert found.document.mixed == ["reference"]
    expected = np.array(confusion(own_pair, "second"))
    predicted = own_pair.predicted("second")[7, 0, 0]
    expected[own_pair.labels[7, 0, 0], predicted] -= 1
    expected[labels[7, 0, 0], predicted] += 1
    assert found.document.members[1].answers[0].confusion == expected.tolist()
    assert compare_models([first, tmp_path / "on_brighter"], output=tmp_path / "b", allow=["data"]).document.mixed == [
        "data"
    ]


def test_labels_that_changed_since_are_refused(own_pair, tmp_path):
    members = [own_pair.model("first"), own_pair.model("second")]
    np.save(own_pair.volume.parent / "labels.npy", np.zeros_like(own_pair.labels))
    with pytest.raises(SegError, match=r"changed since\. Evaluate again"):
        compare_models(members, output=tmp_path / "out")
    np.save(tmp_path / "elsewhere.npy", own_pair.labels)
    compare_models(members, output=tmp_path / "out", reference=tmp_path / "elsewhere.npy")
    evaluation = own_pair.model("first") / "evaluations"
    other = own_pair.model("second") / "evaluations"
    (folder,), (source,) = evaluation.iterdir(), other.iterdir()
    shutil.copy(source / "predicted_labels.h5", folder / "predicted_labels.h5")
    with pytest.raises(LabelVolumeError, match="predicted labels must be those that"):
        compare_models(members, output=tmp_path / "again", reference=tmp_path / "elsewhere.npy")
    assert not (tmp_path / "again").exists()


def test_labels_that_are_gone_are_asked_for(own_pair, tmp_path):
    shutil.rmtree(own_pair.volume.parent)
    with pytest.raises(SegError, match="name them with --reference"):
        compare_models([own_pair.model("first"), own_pair.model("second")], output=tmp_path / "out")


def test_files_are_written_whole_and_never_replaced_unasked(pair, tmp_path):
    members = [pair.model("first"), pair.model("second")]
    comparison = compare_models(members, output=tmp_path / "out")
    root = comparison.paths.root
    manifest = json.loads(comparison.paths.manifest.read_text())["files"]
    assert set(manifest) == {
        "comparison.html",
        "comparison.json",
        "confusions.csv",
        "detection.csv",
        "differences.csv",
        "members.csv",
        "scores.csv",
        "scores.tex",
    }
    assert all(file_digest(root / name) == entry["digest"] for name, entry in manifest.items())
    assert read_document(comparison.paths.comparison, type(comparison.document)) == comparison.document
    with pytest.raises(OutputExistsError):
        compare_models(members, output=tmp_path / "out")
    compare_models(members, output=tmp_path / "out", overwrite=True)


def test_cost_comes_from_the_records(pair, tmp_path):
    document = compare_models([pair.model("first"), pair.model("second")], output=tmp_path / "out").document
    cost = document.members[0].cost
    assert (cost.parameters, cost.training_seconds, cost.training_epochs) == (1000, 1.0, 3)
    assert cost.predicted_voxels == pair.test.voxels
    assert cost.prediction_seconds > 0
    assert document.constant_answer.class_name == "matrix"
    assert document.constant_answer.accuracy == np.mean(pair.labels[6:][pair.labels[6:] != 255] == 0)


def test_a_property_that_is_none_is_refused(pair, tmp_path):
    with pytest.raises(SegError, match="may be allowed to differ in scheme, aggregation, reference, data"):
        compare_models([pair.model("first"), pair.model("second")], output=tmp_path / "out", allow=["colour"])


def test_label_volumes_of_other_tools_stand_beside_a_model(pair, tmp_path):
    """Values of their own, a file that covers a part of the volume only, and other ignored values."""
    truth = pair.labels.copy()
    np.save(tmp_path / "truth.npy", np.where(truth == 2, 200, truth))
    np.save(tmp_path / "answer.npy", np.where(pair.predicted("second") == 2, 77, pair.predicted("second"))[6:])
    scored = score_labels(
        tmp_path / "truth.npy",
        tmp_path / "answer.npy",
        output=tmp_path / "scored",
        class_names=("matrix", "fibre", "pore"),
        map_reference={200: 2},
        map_prediction={77: 2},
        ignored_labels=(255,),
        prediction_start=(6, 0, 0),
    )
    members = [pair.model("first"), scored.paths.root]
    with pytest.raises(SegError, match=r"same schemes; got toy: aggregated_volume; scored: label_volumes"):
        compare_models(members, output=tmp_path / "out")
    with pytest.raises(SegError, match="--allow reference"):
        compare_models(members, output=tmp_path / "out", allow=["scheme"])
    comparison = compare_models(members, output=tmp_path / "out", allow=["scheme", "reference"])
    assert comparison.document.mixed == ["scheme", "reference"]
    assert comparison.document.members[1].answers[0].confusion == confusion(pair, "second")
    assert comparison.document.members[0].answers[0].confusion == confusion(pair, "first")
