"""Stored probabilities of any tool."""

import h5py
import numpy as np
import pytest

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_eval.probability_volume import ProbabilityVolume, open_probabilities

SHAPE = (2, 3, 4)
BOX = Box(start=(1, 0, 1), shape=(1, 2, 3))


@pytest.fixture
def stored(tmp_path):
    """The same probabilities in several types."""
    p = np.random.default_rng(0).random((*SHAPE, 2))
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file["bytes"] = np.rint(p * 255).astype(np.uint8)
        file["group/half"] = p.astype(np.float16)
        file["labels"] = np.zeros(SHAPE, np.uint8)
    np.save(tmp_path / "p.npy", p)
    return tmp_path, p


@pytest.mark.parametrize(("name", "tolerance"), [("p.h5::bytes", 1 / 500), ("p.h5::group/half", 1e-3), ("p.npy", 0)])
def test_boxes_are_read_as_probabilities(stored, name, tolerance):
    """Integers are divided by their largest value."""
    folder, p = stored
    with open_probabilities(folder / name, SHAPE, 2) as opened:
        assert opened.shape == (*SHAPE, 2)
        assert np.abs(opened.read(BOX) - p[BOX.slices()]).max() <= tolerance


def test_a_part_of_a_volume_is_read_in_the_volume_s_coordinates(stored):
    """The array begins at (5, 0, 2)."""
    _, p = stored
    placed = ProbabilityVolume(p, (5, 0, 2))
    np.testing.assert_array_equal(placed.read(BOX.shifted((5, 0, 2))), p[BOX.slices()])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("p.h5", r"names no dataset\. It holds: bytes, group, labels"),
        ("p.h5::nothing", "names no dataset"),
        ("p.h5::labels", r"\(2, 3, 4, 2\) and an unsigned or floating type; .* has \(2, 3, 4\) of uint8"),
        ("missing.h5::p", "must be readable HDF5, Zarr or npy"),
        ("missing.npy", "must be readable HDF5, Zarr or npy"),
        ("broken.npy", "must be readable HDF5, Zarr or npy"),
    ],
)
def test_what_holds_no_probabilities_is_refused(stored, name, message):
    """By name, with what the file holds."""
    (stored[0] / "broken.npy").write_bytes(b"no array")
    with pytest.raises(VolumeError, match=message), open_probabilities(stored[0] / name, SHAPE, 2):
        pass


def test_an_error_of_something_else_stays_what_it_is(stored):
    """A full disk is no unreadable array."""
    other = OSError("full")
    with pytest.raises(OSError, match=r"^full$"), open_probabilities(stored[0] / "p.npy", SHAPE, 2):
        raise other


def test_damaged_chunks_are_told(stored):
    path = stored[0] / "damaged.h5"
    with h5py.File(path, "w") as file:
        chunk = file.create_dataset("p", data=np.ones((*SHAPE, 2)), chunks=True, compression="gzip").id.get_chunk_info(
            0
        )
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset : chunk.byte_offset + chunk.size] = bytes(chunk.size)
    path.write_bytes(content)
    with (
        open_probabilities(f"{path}::p", SHAPE, 2) as probabilities,
        pytest.raises(VolumeError, match=r"must be readable.*damaged\.h5::p"),
    ):
        probabilities.read(BOX)
