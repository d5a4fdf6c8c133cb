"""HDF5: which dataset is read, what is written, and files that are damaged."""

import h5py
import numpy as np
import pytest

from seg_common.errors import OutputExistsError, VolumeError
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.open_array import open_array, open_label_volume

VOXELS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def write(path, **arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name.replace("__", "/")] = array
    return path


def test_the_only_dataset_with_three_axes_is_found(tmp_path):
    """Tables beside it do not matter, nor does the group it is in."""
    path = write(tmp_path / "a.h5", entry__voxels=VOXELS, angles=np.zeros(5), empty=h5py.Empty("f"))
    with open_array(path) as reader:
        assert reader.dataset == "entry/voxels"
        np.testing.assert_array_equal(reader[:], VOXELS)


def test_a_preferred_name_decides_between_several(tmp_path):
    """An image is looked for under image, labels under label or labels."""
    path = write(tmp_path / "a.h5", image=VOXELS, labels=VOXELS + 1, other=VOXELS)
    with open_array(path) as image, open_label_volume(str(path)) as labels:
        assert (image.dataset, labels.dataset) == ("image", "labels")


@pytest.mark.parametrize("name", ["other", "/other", "entry/voxels", "/entry/voxels/"])
def test_a_dataset_is_found_by_name(tmp_path, name):
    """With and without slashes around it."""
    path = write(tmp_path / "a.h5", image=VOXELS, other=VOXELS + 1, entry__voxels=VOXELS + 1)
    with open_array(path, name) as reader:
        np.testing.assert_array_equal(reader[:], VOXELS + 1)
    with open_label_volume(f"{path}::{name}") as reader:
        assert str(reader) == f"{path}::{name.strip('/')}"


def test_a_dataset_is_found_behind_a_link(tmp_path):
    """Beamlines link the voxels from another place in the file, or from another file."""
    write(tmp_path / "b.h5", voxels=VOXELS)
    path = write(tmp_path / "a.h5", angles=np.zeros(3))
    with h5py.File(path, "a") as file:
        file["outside"] = h5py.ExternalLink("b.h5", "/voxels")
    with open_array(path, "outside") as reader:
        np.testing.assert_array_equal(reader[:], VOXELS)


def test_a_wrong_name_is_answered_with_what_is_there(tmp_path):
    """The nearest name is proposed, and all are listed with their shapes."""
    path = write(tmp_path / "a.h5", labels=VOXELS, angles=np.zeros(5))
    with pytest.raises(VolumeError, match=r"no 'labls', it holds: angles \(5,\), labels \(2, 3, 4\).*mean 'labels'"):
        open_array(path, "labls")


def test_several_candidates_are_listed(tmp_path):
    """Nothing is guessed where two datasets could be meant."""
    path = write(tmp_path / "a.h5", one=VOXELS, two=VOXELS)
    with pytest.raises(VolumeError, match=r"must be named .*one \(2, 3, 4\), two .*::NAME"):
        open_array(path)


def test_a_dataset_of_other_rank_is_refused(tmp_path):
    """A table is no volume, even when it is asked for by name."""
    path = write(tmp_path / "a.h5", angles=np.zeros(5))
    with pytest.raises(VolumeError, match=r"three axes.*'angles'.*shape \(5,\)"):
        open_array(path, "angles")


def test_text_is_no_volume(tmp_path):
    """Voxels are numbers."""
    path = write(tmp_path / "a.h5", names=np.full((1, 1, 1), b"abc"))
    with pytest.raises(VolumeError, match="integers or real numbers"):
        open_array(path)


def test_an_empty_dataset_is_refused(tmp_path):
    """A volume without a voxel would fail later, where nobody knows why."""
    with pytest.raises(VolumeError, match=r"must hold a voxel; .*\(0, 3, 4\)"):
        open_array(write(tmp_path / "a.h5", image=np.zeros((0, 3, 4))))


def test_a_compression_that_is_not_installed_is_named(tmp_path):
    """Before the first voxel is wanted, with the filter's number."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((2, 3, 4))
        plist.set_filter(32008, h5py.h5z.FLAG_OPTIONAL, (0, 2))
        space = h5py.h5s.create_simple((2, 3, 4))
        h5py.h5d.create(file.id, b"image", h5py.h5t.NATIVE_UINT8, space, plist)
    with pytest.raises(VolumeError, match=r"needs filter 32008.*hdf5plugin"):
        open_array(tmp_path / "a.h5")


@pytest.mark.parametrize("length", [0, 10, 600])
def test_a_truncated_file_is_an_error_when_opened(tmp_path, length):
    """With the file's name in it."""
    path = write(tmp_path / "a.h5", image=VOXELS)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(VolumeError, match=r"readable HDF5; .*a\.h5"):
        open_array(path)


def test_a_damaged_chunk_is_an_error_when_read(tmp_path):
    """The rest of the file can still be read; the message names file, dataset and box."""
    path = tmp_path / "a.h5"
    with hdf5_writer(path, "image", (2, 64, 64), "uint8", compressed=True) as dataset:
        dataset[...] = np.random.default_rng(0).integers(0, 255, (2, 64, 64), np.uint8)
    with h5py.File(path) as file:
        chunk = file["image"].id.get_chunk_info(0)
    data = bytearray(path.read_bytes())
    data[chunk.byte_offset : chunk.byte_offset + 200] = bytes(200)
    path.write_bytes(data)
    with open_array(path) as reader, pytest.raises(VolumeError, match=r"a\.h5::image, box z 0:1.*damaged"):
        reader[0]


def test_written_attributes_and_chunks_are_in_the_file(tmp_path):
    """Any HDF5 program can tell the axes."""
    with hdf5_writer(tmp_path / "a.h5", "labels", (2, 3, 100), "uint8", attributes={"model": "m"}) as dataset:
        dataset[...] = 1
    with h5py.File(tmp_path / "a.h5") as file:
        assert dict(file["labels"].attrs) == {"axes": "zyx", "model": "m"}
        assert file["labels"].chunks == (2, 3, 64)


def test_attributes_are_read_by_name(tmp_path):
    """None where the file says nothing."""
    with hdf5_writer(tmp_path / "a.h5", "labels", (2, 3, 4), np.uint8, attributes={"region_start": (1, 2, 3)}) as array:
        array[...] = VOXELS
    with open_array(tmp_path / "a.h5") as reader:
        assert reader.attribute("region_start").tolist() == [1, 2, 3]
        assert reader.attribute("nothing") is None
    np.save(tmp_path / "a.npy", VOXELS)
    with open_array(tmp_path / "a.npy") as reader:
        assert reader.attribute("region_start") is None


def test_an_interrupted_write_leaves_no_file(tmp_path):
    """Not even under another name."""

    def write():
        with hdf5_writer(tmp_path / "a.h5", "labels", (2, 3, 4), "uint8") as dataset:
            dataset[0] = 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_kept(tmp_path):
    """Unless it may be overwritten."""
    path = write(tmp_path / "a.h5", image=VOXELS)
    with pytest.raises(OutputExistsError), hdf5_writer(path, "labels", (1, 1, 1), "uint8"):
        pytest.fail("the block must not run")
    with open_array(path) as reader:
        np.testing.assert_array_equal(reader[:], VOXELS)
