"""What the viewer gets is what was measured."""

import base64
import io
import json
import zlib

import numpy as np
import pytest
from PIL import Image

from seg_eval.report import viewer_data as module
from seg_eval.report.shown_slices import ShownSlice, read_slices
from seg_eval.report.viewer_data import viewer_data


@pytest.fixture
def evaluation(evaluated):
    return evaluated[1]


def unpack(packed, shape):
    """What the script of the page does."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(packed["labels"])), np.uint8)
    reference, difference = planes.reshape(2, *shape)
    return reference, reference ^ difference


def test_labels_come_back_bit_by_bit(evaluation):
    slices = read_slices(evaluation.paths.slices)
    data = json.loads(json.dumps(viewer_data(evaluation.document, slices, 0)))
    seen = 0
    for shown in slices:
        axis = data["axes"]["zyx"[shown.axis]]
        (packed,) = [one for one in axis["slices"] if one["index"] == shown.index]
        reference, prediction = unpack(packed, axis["shape"])
        np.testing.assert_array_equal(reference, shown.reference)
        np.testing.assert_array_equal(prediction, shown.prediction)
        grey = Image.open(io.BytesIO(base64.b64decode(packed["image"].partition(",")[2])))
        assert grey.size == tuple(axis["shape"][::-1])
        assert np.abs(np.asarray(grey.convert("L")).astype(int) - shown.image).mean() < 12
        seen += 1
    assert seen == 6 + 12 + 12  # all slices across z, and as many as are shown across y and x


def test_slices_are_in_order_and_say_where_they_lie(evaluation):
    data = viewer_data(evaluation.document, read_slices(evaluation.paths.slices), 0)
    across_z = data["axes"]["z"]
    assert [one["index"] for one in across_z["slices"]] == [6, 7, 8, 9, 10, 11]
    assert data["axes"]["y"]["start"] == [6, 0]
    assert (across_z["rows"], across_z["columns"]) == ("y", "x")
    told = [(one["index"], why) for one in across_z["slices"] for why in one["why"]]
    worst = next(one for one in evaluation.document.notable_slices if one.reason == "worst_slice" and one.axis == "z")
    assert (worst.index, f"largest share of wrong voxels ({worst.value:.2%} wrong)") in told


def test_the_budget_is_kept_but_one_slice_is_always_there(evaluation, monkeypatch):
    slices = read_slices(evaluation.paths.slices)
    monkeypatch.setattr(module, "BUDGET", 1)
    data = viewer_data(evaluation.document, slices, 0)
    assert [len(axis["slices"]) for axis in data["axes"].values()] == [1]
    monkeypatch.setattr(module, "BUDGET", 4000)
    some = viewer_data(evaluation.document, slices, 0)
    assert 1 < sum(len(axis["slices"]) for axis in some["axes"].values()) < len(slices)
    assert (
        sum(len(one["labels"]) + len(one["image"]) for axis in some["axes"].values() for one in axis["slices"]) <= 4000
    )


def test_without_a_reference_the_prediction_stands_alone(evaluation):
    plane = np.arange(6, dtype=np.uint8).reshape(2, 3) % 3
    shown = ShownSlice(0, 6, 1, None, None, plane, None, (0.5, 0.25, 0.25))
    (packed,) = viewer_data(evaluation.document, [shown], 0)["axes"]["z"]["slices"]
    assert zlib.decompress(base64.b64decode(packed["labels"])) == plane.tobytes()
    assert packed["reference"] is False
    assert "image" not in packed
