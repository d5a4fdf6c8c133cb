import h5py
import numpy as np
import pytest

from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.open_array import open_label_volume
from seg_common.volume.opened_volume import open_volume
from seg_eval.scoring.placement import place_labels

WHOLE = Box.whole((8, 6, 5))
PART = Box(start=(3, 0, 1), shape=(4, 6, 4))


@pytest.fixture
def labels(tmp_path):
    """Write labels of a shape as npy, or as HDF5 that says where it lies; give a reader."""

    def write(name, shape, start=None):
        array = np.zeros(shape, np.uint8)
        if start is None:
            np.save(tmp_path / f"{name}.npy", array)
            return open_label_volume(f"{tmp_path}/{name}.npy")
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file.create_dataset("labels", data=array).attrs["region_start"] = start
        return open_label_volume(f"{tmp_path}/{name}.h5::labels")

    return write


@pytest.fixture
def volume(made, tmp_path):
    image, _ = made.scan(WHOLE.shape)
    with open_volume(made.volume(tmp_path / "scan", image, partitions={"test": PART})) as opened:
        yield opened


def test_volumes_of_one_shape_cover_each_other(labels):
    place = place_labels(labels("a", WHOLE.shape), labels("b", WHOLE.shape))
    assert (place.reference, place.prediction, place.region) == (WHOLE, WHOLE, WHOLE)


def test_a_prediction_lies_where_it_is_said_to_lie(labels):
    reference, prediction = labels("a", WHOLE.shape), labels("b", PART.shape)
    place = place_labels(reference, prediction, prediction_start=PART.start)
    assert (place.prediction, place.region) == (PART, PART)
    assert place.within(place.prediction) == Box.whole(PART.shape)
    with pytest.raises(LabelVolumeError, match=r"one shape; .*\(8, 6, 5\) and .*\(4, 6, 4\).*--prediction-start"):
        place_labels(reference, prediction)


def test_a_prediction_may_say_itself_where_it_lies(labels):
    place = place_labels(labels("a", WHOLE.shape), labels("b", PART.shape, PART.start))
    assert (place.reference, place.region) == (WHOLE, PART)


def test_two_predictions_of_one_region_lie_there_both(labels, volume):
    one, other = labels("a", PART.shape, PART.start), labels("b", PART.shape, PART.start)
    place = place_labels(one, other, volume, partition="test")
    assert (place.reference, place.prediction, place.region, place.partition) == (PART, PART, PART, "test")


def test_predictions_of_two_regions_share_nothing_to_score(labels):
    with pytest.raises(LabelVolumeError, match="must cover the voxels to score"):
        place_labels(labels("a", PART.shape, (0, 0, 0)), labels("b", PART.shape, (4, 0, 0)))


def test_a_reference_cut_to_the_prediction_lies_where_that_lies(labels, volume):
    place = place_labels(labels("a", PART.shape), labels("b", PART.shape, PART.start), volume)
    assert place.reference == PART


def test_regions_and_partitions(labels, volume):
    pair = labels("a", WHOLE.shape), labels("b", WHOLE.shape)
    assert place_labels(*pair, region="3:7,:,1:").region == PART
    assert place_labels(*pair, volume, partition="whole").region == WHOLE
    assert place_labels(*pair, volume, partition="test").region == PART
    for options, message in (
        ({"partition": "test"}, "no volume"),
        ({"partition": "test", "region": ":,:,:"}, "region or a partition"),
    ):
        with pytest.raises(VolumeError, match=message):
            place_labels(*pair, **options)
    with pytest.raises(LabelVolumeError, match=r"covers \[z 3:7, y 0:6, x 1:5\], and asked for is \[z 2:4"):
        place_labels(pair[0], labels("c", PART.shape), prediction_start=PART.start, region="2:4,:,1:")


def test_labels_of_another_volume_are_refused(labels, volume):
    pair = labels("a", PART.shape), labels("b", PART.shape)
    with pytest.raises(LabelVolumeError, match=r"must have the shape \(8, 6, 5\) of its volume"):
        place_labels(*pair, volume)
