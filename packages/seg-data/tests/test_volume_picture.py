"""The picture of three slices: each voxel where its axes say, in the proportions of its physical size."""

import numpy as np
import pytest

from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.pictures.overlay import rgb
from seg_data import volume_picture
from seg_data.array_in_memory import ArrayInMemory
from seg_data.volume_picture import PANEL_SIDE, PicturedLabels, draw_slices

SHAPE = (8, 16, 32)
FACES = [("rest", "#000000"), ("first z", "#ff0000"), ("first y", "#00ff00"), ("first x", "#0000ff")]


@pytest.fixture
def faces():
    """Labels that mark the first slice of each axis with its own class."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[0], labels[:, 0], labels[:, :, 0] = 1, 2, 3
    labels[0, 0], labels[0, :, 0], labels[:, 0, 0] = 0, 0, 0
    return ArrayInMemory(labels)


def regions(picture, color):
    """Boxes (top, left, bottom, right) of the connected rectangles of an exact colour."""
    from scipy.ndimage import find_objects, label

    found = label((np.asarray(picture) == rgb(color)).all(axis=-1))[0]
    return [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in find_objects(found)]


def large(boxes):
    """Leave out the legend and letters: a face is at least 40 pixels long."""
    return [box for box in boxes if max(box[2] - box[0], box[3] - box[1]) >= 40]


@pytest.mark.parametrize(
    ("voxel_size", "sides"),
    [(None, (128, 256, 512)), ((4.0, 1.0, 1.0), (512, 256, 512)), ((2.0, 2.0, 1.0), (256, 512, 512))],
)
def test_every_axis_is_where_its_letter_says(faces, monkeypatch, voxel_size, sides):
    """In each slice the first voxels of the two axes lie above and on the left, in true proportions."""
    monkeypatch.setattr(volume_picture, "OVERLAY_ALPHA", 1)
    image = ArrayInMemory(np.full(SHAPE, 7, np.uint8))
    picture = draw_slices(
        image, title="t", labels=PicturedLabels(faces, FACES), voxel_size=voxel_size, voxel_size_unit="um"
    )
    z, y, x = sides
    voxel_z, voxel_y, voxel_x = (side // n for side, n in zip(sides, SHAPE, strict=True))
    sizes = {
        color: sorted((bottom - top, right - left) for top, left, bottom, right in large(regions(picture, color)))
        for _, color in FACES[1:]
    }
    # A bar of the first voxels of one axis, without the corner, above or on the left of the two slices that show it.
    assert sizes["#ff0000"] == sorted([(y - voxel_y, voxel_z), (voxel_z, x - voxel_x)])
    assert sizes["#00ff00"] == sorted([(voxel_y, z - voxel_z), (voxel_y, x - voxel_x)])
    assert sizes["#0000ff"] == sorted([(z - voxel_z, voxel_x), (y - voxel_y, voxel_x)])
    # Both slices that share x begin at one column, and both that share y in one row.
    blue, green = large(regions(picture, "#0000ff")), large(regions(picture, "#00ff00"))
    assert blue[0][1] == blue[1][1]
    assert green[0][0] == green[1][0]


def test_marks_show_where_the_slices_cut(monkeypatch):
    """At a quarter of x and three quarters of y, on both sides of the slice across z."""
    image = ArrayInMemory(np.full((4, 64, 64), 7, np.uint8))
    picture = np.asarray(draw_slices(image, title="t", at=(2, 48, 16)))
    top, left, _, _ = large(regions(picture, "#000000"))[0]  # constant grey levels are black
    marked = (picture == rgb(volume_picture.MARK)).all(axis=-1)
    panel = marked[top : top + PANEL_SIDE, left : left + PANEL_SIDE]
    assert abs(np.flatnonzero(panel[:, 0]).mean() - PANEL_SIDE * 48.5 / 64) < 2
    assert abs(np.flatnonzero(panel[0]).mean() - PANEL_SIDE * 16.5 / 64) < 2


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 300, 300), (300, 1, 1), (2, 3, 500)])
def test_thin_volumes_can_be_drawn(shape):
    """No side vanishes, and letters stay inside the picture."""
    picture = np.asarray(draw_slices(ArrayInMemory(np.zeros(shape, np.float32)), title="thin"))
    assert (picture[-4:] == 255).all()
    assert (picture[:, -4:] == 255).all()


def test_large_slices_are_read_in_strips_and_thinned(monkeypatch):
    """Memory is that of a strip; what is drawn are every third voxels."""
    monkeypatch.setattr(volume_picture, "MOST_VOXELS", 20)
    monkeypatch.setattr(volume_picture, "STRIP_VOXELS", 200)
    array = np.arange(3 * 50 * 41, dtype=np.uint16).reshape(3, 50, 41)

    class Measured(ArrayInMemory):
        def _read(self, box):
            assert box.voxels <= 200
            return super()._read(box)

    for axis in range(3):
        plane = np.take(array, 1, axis)
        step = -(-max(plane.shape) // 20)
        assert np.array_equal(volume_picture._read_plane(Measured(array), axis, 1), plane[::step, ::step])


def test_ignored_voxels_stay_grey(monkeypatch):
    """In a sparse annotation even the first class is coloured, so that grey means that nobody looked."""
    monkeypatch.setattr(volume_picture, "OVERLAY_ALPHA", 1)
    labels = np.full((4, 8, 8), 255, np.uint8)
    labels[2] = 0
    drawn = {}
    for ignored in (None, 255):
        pictured = PicturedLabels(ArrayInMemory(labels), [("rest", "#ff0000")], ignored)
        drawn[ignored] = large(regions(draw_slices(ArrayInMemory(labels), title="t", labels=pictured), "#ff0000"))
    assert drawn[None] == []
    assert (PANEL_SIDE, PANEL_SIDE) in [(box[2] - box[0], box[3] - box[1]) for box in drawn[255]]


def test_errors():
    """Slices outside and labels of another volume are refused."""
    image = ArrayInMemory(np.zeros((4, 5, 6), np.uint8))
    for at in ((4, 0, 0), (0, -1, 0)):
        with pytest.raises(VolumeError, match="inside the volume"):
            draw_slices(image, title="t", at=at)
    with pytest.raises(LabelVolumeError, match=r"\(4, 5, 6\)"):
        draw_slices(image, title="t", labels=PicturedLabels(ArrayInMemory(np.zeros((3, 5, 6), np.uint8)), FACES))
