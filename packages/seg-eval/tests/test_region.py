import pytest

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.opened_volume import open_volume
from seg_eval.region import choose_region, parse_region


def test_validation_is_the_default(world):
    with open_volume(world.volume) as volume:
        assert choose_region(volume, None) == (world.validation, "validation")
        assert choose_region(volume, "train") == (world.train, "train")
        assert choose_region(volume, "whole") == (Box.whole((12, 24, 20)), None)


def test_a_volume_without_validation_is_taken_whole(made, tmp_path):
    image, labels = made.scan((2, 4, 5))
    with open_volume(made.volume(tmp_path, image, labels)) as volume:
        assert choose_region(volume, None) == (Box.whole((2, 4, 5)), None)


def test_an_unknown_partition_is_refused_with_those_there_are(world):
    with open_volume(world.volume) as volume, pytest.raises(VolumeError, match=r"'tset', it has: train, validation"):
        choose_region(volume, "tset")


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("2:5,0:9,4:10", "z 2:5, y 0:9, x 4:10"),
        (":,:,:", "z 0:8, y 0:9, x 0:10"),
        ("z 2:5, x 4:", "z 2:5, y 0:9, x 4:10"),
        ("x:4:10,z:2:5", "z 2:5, y 0:9, x 4:10"),
    ],
)
def test_a_region_is_read(text, box):
    """As a list of ranges, as a report prints it, and as seg-data takes it."""
    assert str(parse_region(text, (8, 9, 10))) == box


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2:5,0:9", "is written"),
        ("a:1:2", "is written"),
        ("z:1:2,z:2:3", "is written"),
        ("z:1:2,2:3,4:5", "is written"),
        ("5:5,:,:", "Correct the range of z"),
        (":,0:10,5:11", "Correct the range of y, x"),
    ],
)
def test_another_region_is_refused(text, message):
    with pytest.raises(VolumeError, match=message):
        parse_region(text, (8, 9, 10))
