"""NumPy files that are no volumes, or not whole."""

import io

import numpy as np
import pytest

from seg_common.errors import VolumeError
from seg_common.volume.open_array import open_array


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "readable .npy"),
        (b"no array", "readable .npy"),
        (npy(np.zeros((2, 3, 4)))[:-1], "readable .npy.*truncated"),
        (npy(np.full((1, 1, 1), None)), "readable .npy"),
        (npy(np.zeros((3, 4))), r"three axes .*shape \(3, 4\)"),
        (npz(a=np.zeros((1, 1, 1))), "readable .npy.*another format"),
        (npy(np.zeros((1, 1, 1), complex)), "integers or real numbers.*complex128"),
    ],
)
def test_other_content_is_refused(tmp_path, data, words):
    """The message names the file and what is wrong with it."""
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(VolumeError, match=words) as caught:
        open_array(tmp_path / "a.npy")
    assert "a.npy" in str(caught.value)


def test_what_is_read_is_a_copy(tmp_path):
    """No one changes a scan by mistake."""
    np.save(tmp_path / "a.npy", np.zeros((2, 3, 4)))
    with open_array(tmp_path / "a.npy") as reader:
        reader[0][...] = 1
        assert not reader[0].any()
