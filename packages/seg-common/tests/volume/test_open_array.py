"""Which file is opened how."""

import os
import subprocess
import sys

import numpy as np
import pytest

from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.volume.open_array import open_array, open_label_volume


def test_a_missing_file_is_said_to_be_missing(tmp_path, monkeypatch):
    """With the current folder, for a relative name is wrong mostly because that is."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(VolumeError, match=f"must exist; got no.h5.*current folder .{tmp_path}"):
        open_array("no.h5")


def test_an_unknown_suffix_is_answered_with_the_known_ones(tmp_path):
    """So that the user sees what to convert to."""
    (tmp_path / "a.jpg").touch()
    with pytest.raises(VolumeError, match=r"one of \.h5, .*\.npy, \.raw, \.vol, \.tif, \.tiff.*got .*a\.jpg"):
        open_array(tmp_path / "a.jpg")


def test_the_case_of_a_suffix_does_not_matter(tmp_path):
    """Windows programs write .TIF and .NPY."""
    np.save(tmp_path / "a.npy", np.zeros((1, 2, 3)))
    with open_array((tmp_path / "a.npy").rename(tmp_path / "A.NPY")) as reader:
        assert reader.shape == (1, 2, 3)


def test_a_dataset_belongs_to_what_holds_several_arrays(tmp_path):
    """Asking another format for one is a mistake worth telling."""
    np.save(tmp_path / "a.npy", np.zeros((1, 2, 3)))
    with pytest.raises(VolumeError, match="only HDF5, XDMF and Zarr have datasets; got dataset 'labels'"):
        open_label_volume(f"{tmp_path / 'a.npy'}::labels")


@pytest.mark.parametrize("dtype", ["float32", "bool"])
def test_labels_are_integers(tmp_path, dtype):
    """Probabilities or booleans are not class indices."""
    np.save(tmp_path / "a.npy", np.zeros((1, 2, 3), dtype))
    with pytest.raises(LabelVolumeError, match=f"labels must be integers; .*dtype {dtype}.*uint8"):
        open_label_volume(str(tmp_path / "a.npy"))


def test_a_volume_holds_a_voxel(tmp_path):
    """A file without voxels can be mapped by nobody."""
    np.save(tmp_path / "a.npy", np.zeros((0, 2, 3)))
    with pytest.raises(VolumeError, match=r"a\.npy"):
        open_array(tmp_path / "a.npy")


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
def test_a_file_without_the_right_to_read_is_named(tmp_path):
    """The superuser may read everything, so that the test gives its rights away first."""
    np.save(tmp_path / "a.npy", np.zeros((1, 2, 3)))
    (tmp_path / "a.npy").chmod(0)
    code = (
        "import os\n"
        "from seg_common.volume import npy\n"
        "from seg_common.volume.open_array import open_array\n"
        f"if {os.geteuid() == 0}: os.setuid(65534)\n"
        f"try: open_array({str(tmp_path / 'a.npy')!r})\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.startswith("VolumeError the file must be readable")
    assert "a.npy" in shown
    assert "Permission denied" in shown
