"""Stores of crops compared as they are."""

import numpy as np
import pytest

from seg_common.counting.confusion_scores import scores_from_confusion
from seg_common.errors import SegError
from seg_eval.comparing.compare import compare_models
from seg_eval.crop_store.store_crops import store_crops
from seg_eval.crop_store.stored_crops import StoredCrops
from seg_eval.prediction.options import PredictionOptions


@pytest.fixture(scope="module")
def stores(pair, made, tmp_path_factory):
    """The first model answered for crops at 60 places, the second one for crops of another shape at 25."""
    root = tmp_path_factory.mktemp("stores")
    return [
        store_crops(
            pair.model(name),
            partition="test",
            positions="random",
            number=number,
            options=PredictionOptions(tile_shape=(1, *sides), halo=(0, 2, 2)),
            probabilities="none",
            network=made.ThresholdNetwork(thresholds),
            output=root / name,
        )
        for name, number, sides, thresholds in (
            ("first", 60, (16, 16), (60, 170)),
            ("second", 25, (20, 12), (50, 185)),
        )
    ]


@pytest.fixture(autouse=True)
def undrawn_comparison(monkeypatch):
    """Leave the figures away."""
    monkeypatch.setattr("seg_eval.comparing.comparison_figures.draw_charts", lambda paths, document: [])


def visits(pair, store):
    """How often each voxel of the scan was seen."""
    seen = np.zeros(pair.labels.shape, int)
    with StoredCrops.open(store.paths.root, store.record) as crops:
        for start in crops.starts.tolist():
            seen[tuple(slice(a, a + n) for a, n in zip(start, store.record.crop_shape, strict=True))] += 1
    return seen


def test_only_voxels_that_both_saw_count_each_once(pair, stores, tmp_path):
    """The networks look at single voxels, so every answer is known; weights of 1 / visits make each voxel count once."""
    members = [f"{name}={store.paths.root}" for name, store in zip(("a", "b"), stores, strict=True)]
    document = compare_models(members, output=tmp_path / "out").document
    seen = [visits(pair, store) for store in stores]
    both = (seen[0] > 0) & (seen[1] > 0) & (pair.labels != 255)
    assert document.voxels == np.count_nonzero(both)
    assert document.mixed == []
    for member, name, times in zip(document.members, ("first", "second"), seen, strict=True):
        answer = pair.predicted(name)
        confusion = np.array([[np.sum(both & (pair.labels == r) & (answer == p)) for p in range(3)] for r in range(3)])
        expected = scores_from_confusion(confusion)
        assert member.scheme == "crops"
        assert [info.jaccard for info in member.classes] == expected.jaccard
        assert (member.mean_jaccard, member.accuracy) == (expected.mean_jaccard, expected.accuracy)
        assert (member.voi, member.error_blobs, member.aggregation) == (None, None, None)
        counted = {one.visits: np.sum(one.confusion) // one.visits for one in member.answers}
        assert counted == {int(v): np.sum(times[both] == v) for v in np.unique(times[both])}
    blocks = compare_models(members, output=tmp_path / "blocks", block_bytes=30_000).document
    assert [member.answers for member in blocks.members] == [member.answers for member in document.members]


def test_crops_and_volumes_are_mixed_only_when_that_is_allowed(pair, stores, tmp_path):
    members = [pair.model("first"), f"crops={stores[1].paths.root}"]
    with pytest.raises(SegError, match=r"same schemes; got .*aggregated_volume; crops: crops.*--allow scheme"):
        compare_models(members, output=tmp_path / "out")
    document = compare_models(members, output=tmp_path / "out", allow=["scheme"]).document
    assert document.mixed == ["scheme"]
    assert [member.scheme for member in document.members] == ["aggregated_volume", "crops"]
    seen = visits(pair, stores[1]) > 0
    assert document.voxels == np.count_nonzero(seen & (pair.labels != 255))
    assert document.members[0].classes[0].detection
    assert document.members[1].classes[0].detection == []
    assert any("not seen by every member" in remark for remark in document.remarks)


def test_crops_across_different_axes_are_refused(pair, stores, made, tmp_path):
    """One network saw slices across y, the other across z; two of one orientation are fine."""
    across_y = [
        store_crops(
            pair.model("second"),
            partition="test",
            positions="random",
            number=20,
            options=PredictionOptions(tile_shape=(1, 8, 12), halo=(0, 2, 2), along="y"),
            probabilities="none",
            network=made.ThresholdNetwork(),
            output=tmp_path / name,
        ).paths.root
        for name in ("one", "other")
    ]
    with pytest.raises(SegError, match=r"slices across one axis; got a: across z; b: across y\. Compare evaluations"):
        compare_models([f"a={stores[0].paths.root}", f"b={across_y[0]}"], output=tmp_path / "out")
    compare_models(across_y, output=tmp_path / "out")
