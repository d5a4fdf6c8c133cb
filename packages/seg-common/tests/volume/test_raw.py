"""Raw files and the sidecars that say what is in them."""

import numpy as np
import pytest

from seg_common.errors import DocumentError, VolumeError
from seg_common.volume.open_array import open_array

PYHST = """! PyHST_SLAVE VOLUME INFO FILE
NUM_X =  4
NUM_Y =  3
NUM_Z =  2
voxelSize =  0.65
BYTEORDER = LOWBYTEFIRST
"""


def write(tmp_path, voxels, sidecar, suffix="info", name="a.raw"):
    (tmp_path / name).write_bytes(voxels)
    (tmp_path / f"{name}.{suffix}").write_text(sidecar)
    return tmp_path / name


@pytest.mark.parametrize("name", ["a.raw", "a.vol"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("order", ["LOWBYTEFIRST", "HIGHBYTEFIRST"])
def test_pyhst_volumes_are_read(tmp_path, name, dtype, order):
    """X is fastest; the number of bytes tells the dtype, and BYTEORDER their order."""
    array = np.arange(24, dtype=dtype).reshape(2, 3, 4)
    stored = array.astype(array.dtype.newbyteorder("<" if order == "LOWBYTEFIRST" else ">"))
    path = write(tmp_path, stored.tobytes(), PYHST.replace("LOWBYTEFIRST", order), name=name)
    with open_array(path) as reader:
        assert reader.dtype == dtype
        np.testing.assert_array_equal(reader[:], array)


@pytest.mark.parametrize(
    ("line", "replacement", "words"),
    [
        ("NUM_Z =  2\n", "", "whole numbers NUM_X, NUM_Y and NUM_Z.*NUM_Z"),
        ("NUM_Z =  2", "NUM_Z = two", "whole numbers NUM_X, NUM_Y and NUM_Z.*two"),
        ("NUM_Z =  2", "NUM_Z = 0", "positive NUM_X, NUM_Y and NUM_Z; got 4, 3, 0"),
        ("NUM_Z =  2", "NUM_Z = 5", r"1, 2 or 4 bytes for each of its \(5, 3, 4\) voxels.*24 bytes"),
        ("NUM_Z =  2", "! NUM_Z = 2", "NUM_Z"),
    ],
)
def test_a_wrong_pyhst_sidecar_is_explained(tmp_path, line, replacement, words):
    """A missing, misspelt or wrong count is named; a comment does not count."""
    assert line in PYHST
    with pytest.raises(VolumeError, match=words):
        open_array(write(tmp_path, bytes(24), PYHST.replace(line, replacement)))


def test_a_raw_file_needs_a_sidecar(tmp_path):
    """The message says what to write."""
    (tmp_path / "a.raw").write_bytes(bytes(24))
    with pytest.raises(VolumeError, match=r"needs a sidecar.*a\.raw\.yaml.*kind: raw_sidecar"):
        open_array(tmp_path / "a.raw")


@pytest.mark.parametrize("size", [23, 25])
def test_the_size_must_fit_the_sidecar(tmp_path, size):
    """A truncated file is not read as a smaller one, nor a longer one in part."""
    sidecar = "kind: raw_sidecar\nshape: [2, 3, 4]\ndtype: uint8\n"
    with pytest.raises(VolumeError, match=rf"= 24; .*a\.raw has {size}.*Check shape \(2, 3, 4\)"):
        open_array(write(tmp_path, bytes(size), sidecar, "yaml"))


def test_a_sidecar_is_checked_like_every_document(tmp_path):
    """Two problems, two lines."""
    sidecar = "kind: raw_sidecar\nshape: [2, 3, 4]\ndtyp: uint8\n"
    with pytest.raises(DocumentError, match="dtype: this key is required") as caught:
        open_array(write(tmp_path, bytes(24), sidecar, "yaml"))
    assert ":3: dtyp: unknown key; did you mean 'dtype'?" in str(caught.value)
