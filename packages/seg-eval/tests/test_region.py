import pytest

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.opened_volume import open_volume
from seg_eval.region import choose_region


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
