"""What is said about a volume, and about a scan before it is imported."""

import numpy as np
import pytest
from PIL import Image

from seg_common.errors import SegError, VolumeError
from seg_common.volume.opened_volume import open_volume
from seg_data.grey_range import grey_range
from seg_data.label_import import LabelOrigin
from seg_data.label_slices import find_label_slices
from seg_data.label_versions import add_labels
from seg_data.volume_description import description_lines, is_bare_array, slices_to_show
from seg_data.volume_view import open_view

IMAGE = np.arange(6 * 8 * 10, dtype=np.uint16).reshape(6, 8, 10)


@pytest.fixture
def folder(make_volume, tmp_path):
    """A volume with a full and a sparse label version."""
    folder = make_volume(IMAGE, (IMAGE % 3).astype(np.uint8)).path.parent
    (tmp_path / "slices").mkdir()
    for index in (1, 3, 6):
        Image.fromarray(np.zeros((6, 10), np.uint8)).save(tmp_path / "slices" / f"y{index}.png")
    add_labels(folder, "sparse", LabelOrigin(find_label_slices(tmp_path / "slices", "y")))
    return folder


def test_a_volume(folder):
    """Versions, annotated slices and grey levels are told."""
    with open_view(folder) as view:
        lines = description_lines(view.describe(grey_range(view.image)))
        assert (view.name, view.voxels) == (folder.name, 480)
    assert "shape       (6, 8, 10) voxels (z, y, x), uint16, 0.0 MiB" in lines
    assert "voxel size  unknown" in lines
    assert "grey levels 0 … 479" in lines
    assert "percentiles 0.5 %: 2, 5 %: 23, 50 %: 239, 95 %: 455, 99.5 %: 477" in lines
    assert "labels      reference (labels.h5)" in lines
    assert "labels      sparse (labels_sparse.h5, annotated in y 1, 3, 6, label 255 is ignored)" in lines
    assert "partition   train: z 0:6, y 0:8, x 0:10 (100.0 % of the voxels)" in lines


def test_the_slices_shown_are_annotated_ones(folder):
    """A picture through the middle would show a sparse annotation as nothing."""
    with open_volume(folder, "sparse") as volume:
        assert slices_to_show(volume) == (3, 3, 5)
    with open_volume(folder) as volume:
        assert slices_to_show(volume) == (3, 4, 5)


def test_an_array_alone(tmp_path):
    """A file has no labels and no partitions; its axes may be given."""
    np.save(tmp_path / "scan.npy", IMAGE)
    with open_view(tmp_path / "scan.npy", axes="xyz") as view:
        data = view.describe()
        picture = view.draw()
    assert (data["name"], data["shape"], data["grey_levels"]) == ("scan.npy", [10, 8, 6], None)
    assert description_lines(data)[-1] == "voxel size  unknown"
    assert np.asarray(picture).std() > 0


def test_grey_levels_that_are_missing(tmp_path):
    """NaN is counted, not shown as a level."""
    array = np.full((2, 2, 2), np.nan, np.float32)
    np.save(tmp_path / "scan.npy", array)
    with open_view(tmp_path / "scan.npy") as view:
        lines = description_lines(view.describe(grey_range(view.image)))
    assert lines[-1] == "not finite  8 voxels are NaN or infinite"


def test_what_is_a_bare_array(folder, tmp_path):
    """A folder with a document is a volume, whatever else lies in it."""
    (tmp_path / "tiffs").mkdir()
    (tmp_path / "tiffs" / "1.tif").touch()
    assert is_bare_array(tmp_path / "tiffs")
    assert is_bare_array(folder / "image.h5")
    for path in (folder, folder / "volume.yaml", tmp_path / "nothing.tif", tmp_path):
        assert not is_bare_array(path)


def test_options_that_do_not_fit(folder):
    """A label version of a file, the axes of a volume; a volume that is none."""
    with pytest.raises(VolumeError, match="no label versions"), open_view(folder / "image.h5", version="sparse"):
        pass
    for options in ({"axes": "xyz"}, {"dataset": "image"}):
        with pytest.raises(VolumeError, match="says where its voxels are"), open_view(folder, **options):
            pass
    with pytest.raises(SegError, match="seg-data import"), open_view(folder.parent):
        pass
