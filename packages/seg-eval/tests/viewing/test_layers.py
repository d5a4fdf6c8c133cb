"""Layers of a viewer, without one."""

from contextlib import ExitStack

import numpy as np
import pytest

from seg_common.errors import SegError
from seg_eval.score import score_labels
from seg_eval.viewing.layers import first_place, view_layers
from seg_eval.viewing.opened_evaluation import open_evaluation


@pytest.fixture
def opened(evaluated):
    world, evaluation = evaluated
    with ExitStack() as stack:
        yield world, evaluation, open_evaluation(evaluation.paths.root, stack)


def test_layers_hold_the_voxels_of_the_region(opened):
    """Volume, reference, prediction and error where they were measured, in the colours of the classes."""
    world, evaluation, found = opened
    layers = {layer.name: layer for layer in view_layers(found)}
    assert list(layers) == ["volume", "reference", "prediction", "error", "largest errors"]
    here = world.validation.slices()
    np.testing.assert_array_equal(np.asarray(layers["volume"].data), world.image[here])
    reference, prediction = np.asarray(layers["reference"].data), np.asarray(layers["prediction"].data)
    np.testing.assert_array_equal(reference, world.labels[here] + 1)
    grey = world.image[here]
    np.testing.assert_array_equal(prediction, np.where(grey < 60, 3, np.where(grey >= 170, 2, 1)))
    np.testing.assert_array_equal(np.asarray(layers["error"].data), np.where(reference != prediction, prediction, 0))
    assert layers["error"].options["colormap"][2] == evaluation.document.classes[1].color
    assert {layers[name].options["translate"] for name in ("volume", "error")} == {(6.0, 0.0, 0.0)}
    assert found.missing == ()


def test_points_are_the_centres_of_the_largest_errors(opened):
    """In the volume's coordinates, each inside its box."""
    _, evaluation, found = opened
    points = view_layers(found)[-1]
    blobs = evaluation.document.error_blobs_pooled.largest
    assert points.data.shape == (len(blobs), 3)
    for centre, blob in zip(points.data, blobs, strict=True):
        assert all(a <= c < b for a, c, b in zip(blob.box.start, centre, blob.box.stop, strict=True))
    assert points.options["features"]["voxels"] == [blob.voxels for blob in blobs]


def test_the_first_slices_are_the_worst_ones(opened):
    """Axis by axis."""
    _, evaluation, _ = opened
    worst = {one.axis: one.index for one in evaluation.document.notable_slices if one.reason == "worst_slice"}
    assert first_place(evaluation.document) == (worst["z"], worst["y"], worst["x"])


def test_label_volumes_have_no_grey_levels_and_unknown_voxels_no_colour(tmp_path, undrawn):
    """The reference may have moved: it is left out and named, or found where the user says."""
    labels = np.zeros((2, 3, 4), np.uint8)
    labels[0, 1] = 1
    reference = labels.copy()
    reference[1, 1] = 9
    reference[0, 0, 0] = 1
    np.save(tmp_path / "truth.npy", reference)
    np.save(tmp_path / "answer.npy", labels)
    score_labels(tmp_path / "truth.npy", tmp_path / "answer.npy", output=tmp_path / "out", ignored_labels=[9])
    (tmp_path / "truth.npy").rename(tmp_path / "moved.npy")
    with ExitStack() as stack:
        found = open_evaluation(tmp_path / "out" / "evaluation.json", stack)
        assert next(layer.name for layer in view_layers(found)) == "prediction"
        assert "must be found again" in found.missing[0]
        found = open_evaluation(tmp_path / "out", stack, str(tmp_path / "moved.npy"))
        layers = {layer.name: layer for layer in view_layers(found)}
        expected = np.where(reference == 9, 0, reference + 1)
        np.testing.assert_array_equal(np.asarray(layers["reference"].data), expected)
        error = np.asarray(layers["error"].data)
        assert (error[0, 0, 0], np.count_nonzero(error)) == (1, 1)
        with pytest.raises(SegError, match="changed"):
            open_evaluation(tmp_path / "out", stack, str(tmp_path / "answer.npy"))


def test_what_is_no_evaluation_is_refused(tmp_path):
    """By its path."""
    with ExitStack() as stack, pytest.raises(SegError, match="nothing"):
        open_evaluation(tmp_path / "nothing", stack)
