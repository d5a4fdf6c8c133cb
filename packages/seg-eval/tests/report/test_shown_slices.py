"""Slices that the report keeps."""

import numpy as np
import pytest

from seg_common.errors import SegError
from seg_common.geometry.box import Box
from seg_common.volume.open_array import open_array
from seg_eval.measured_arrays import MeasuredArrays, PlacedArray
from seg_eval.report import shown_slices
from seg_eval.report.shown_slices import UNMEASURED, read_slices, write_slices


@pytest.fixture
def arrays(tmp_path):
    """A volume of (4, 5, 6) voxels, of which z 1:4 was predicted."""
    rng = np.random.default_rng(1)
    image = rng.integers(100, 1000, (4, 5, 6)).astype(np.uint16)
    reference = rng.integers(0, 2, (4, 5, 6)).astype(np.uint8)
    prediction = reference[1:].copy()
    prediction[1, 2, 3] = 1 - prediction[1, 2, 3]
    reference[2, 0, 0] = 7
    for name, array in (("image", image), ("reference", reference), ("prediction", prediction)):
        np.save(tmp_path / f"{name}.npy", array)
    with (
        open_array(tmp_path / "image.npy") as a,
        open_array(tmp_path / "reference.npy") as b,
        open_array(tmp_path / "prediction.npy") as c,
    ):
        yield MeasuredArrays(
            region=Box(start=(1, 0, 0), shape=(3, 5, 6)),
            n_classes=2,
            image=PlacedArray(a),
            reference=PlacedArray(b),
            prediction=PlacedArray(c, (1, 0, 0)),
            ignored_label=7,
        )


def test_slices_come_back_as_they_were_cut(arrays, tmp_path):
    write_slices(tmp_path / "slices.h5", arrays, [(0, 2), (2, 3)])
    across_z, across_x = read_slices(tmp_path / "slices.h5")
    assert (across_z.axis, across_z.index, across_z.step) == (0, 2, 1)
    reference = np.load(tmp_path / "reference.npy")
    expected = reference[2].copy()
    expected[0, 0] = UNMEASURED
    np.testing.assert_array_equal(across_z.reference, expected)
    np.testing.assert_array_equal(across_z.prediction, np.load(tmp_path / "prediction.npy")[1])
    assert across_z.wrong_share == pytest.approx(1 / 29)  # one of 30 voxels is wrong, and one is not measured
    assert across_z.image.min() == 0
    assert across_z.image.max() == 255
    assert across_x.prediction.shape == (3, 5)  # axes (z, y)
    np.testing.assert_array_equal(across_x.prediction, np.load(tmp_path / "prediction.npy")[:, :, 3])
    assert sum(across_x.predicted_shares) == pytest.approx(1)


def test_of_large_slices_every_second_voxel_is_kept(arrays, tmp_path, monkeypatch):
    """Shares are those of all voxels all the same."""
    monkeypatch.setattr(shown_slices, "LONGEST_SIDE", 3)
    write_slices(tmp_path / "slices.h5", arrays, [(0, 2)])
    (shown,) = read_slices(tmp_path / "slices.h5")
    assert shown.step == 2
    np.testing.assert_array_equal(shown.prediction, np.load(tmp_path / "prediction.npy")[1, ::2, ::2])
    assert shown.wrong_share == pytest.approx(1 / 29)


def test_what_is_wanted_least_is_left_away(arrays, tmp_path, monkeypatch):
    monkeypatch.setattr(shown_slices, "MOST_BYTES", 0)
    write_slices(tmp_path / "slices.h5", arrays, [(0, 1), (0, 2), (0, 3), (1, 0)])
    assert [shown.index for shown in read_slices(tmp_path / "slices.h5")] == [1, 2, 3]


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "slices.h5").write_bytes(b"no HDF5")
    with pytest.raises(SegError, match=r"must be readable HDF5; .*slices\.h5"):
        read_slices(tmp_path / "slices.h5")
