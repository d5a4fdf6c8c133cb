from contextlib import ExitStack

import numpy as np
import pytest

from seg_common.errors import VolumeError
from seg_common.volume.open_array import open_label_volume
from seg_common.volume.writing.array_writer import array_writer
from seg_eval.scoring.known_voxel_size import known_voxel_size


@pytest.fixture
def label_file(tmp_path):
    """Write labels, and open them until the end of the test."""
    opened = ExitStack()

    def write(name, size=None, unit=None):
        labels = np.zeros((2, 3, 4), np.uint8)
        with array_writer(tmp_path / name, labels.shape, labels.dtype, voxel_size=size, voxel_size_unit=unit) as writer:
            writer.write(next(writer.slabs()), labels)
        return opened.enter_context(open_label_volume(str(tmp_path / name)))

    with opened:
        yield write


def test_who_gives_it_is_believed_first(label_file):
    files = label_file("a.tif", (3.0, 2.0, 2.0), "um"), label_file("b.nrrd", (3.0, 2.0, 2.0), "um")
    assert known_voxel_size((1.0, 1.0, 1.0), "micron", None, *files) == ((1.0, 1.0, 1.0), "um", [])
    size, unit, doubts = known_voxel_size(None, None, None, *files)
    assert size == pytest.approx((3.0, 2.0, 2.0), rel=1e-6)
    assert (unit, doubts) == ("um", [])


def test_files_that_disagree_are_pointed_out(label_file):
    files = label_file("a.tif", (3.0, 2.0, 2.0), "um"), label_file("b.nrrd", (1.0, 1.0, 1.0), "um")
    size, _, (doubt,) = known_voxel_size(None, None, None, *files)
    assert size == pytest.approx((3.0, 2.0, 2.0), rel=1e-6)
    assert "a.tif says 3 x 2 x 2 um" in doubt
    assert "b.nrrd 1 x 1 x 1 um" in doubt


def test_files_without_a_unit_say_nothing(label_file):
    assert known_voxel_size(None, None, None, label_file("a.npy"), label_file("b.mha")) == (None, None, [])


@pytest.mark.parametrize(("size", "unit"), [((1.0, 1.0, 1.0), None), (None, "um"), ((1.0, 0.0, 1.0), "um")])
def test_half_a_size_is_refused(label_file, size, unit):
    with pytest.raises(VolumeError, match="three positive lengths with their unit"):
        known_voxel_size(size, unit, None, label_file("a.npy"), label_file("b.npy"))
