"""What a crop configuration may say."""

import pytest
from pydantic import ValidationError

from seg_common.schema.crops import CropsConfig


@pytest.mark.parametrize(
    ("content", "dimensions", "channels"),
    [
        ({}, "2D", 1),
        ({"shape": (1, 64, 64), "slices": 5}, "2.5D", 5),
        ({"shape": (32, 32, 32)}, "3D", 1),
    ],
)
def test_the_shape_tells_the_network(content, dimensions, channels):
    """One slice is 2D, one with neighbours 2.5D, several 3D."""
    crops = CropsConfig.model_validate(content)
    assert (crops.dimensions, crops.channels) == (dimensions, channels)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"slices": 2}, r"slices must be odd.*got 2"),
        ({"slices": 3, "shape": (4, 8, 8)}, r"shape z must be 1 when slices > 1; got shape \(4, 8, 8\)"),
        ({"max_attempts": 0}, r"greater than or equal to 1"),
        (
            {"rejection": {"kind": "curve", "class_name": "a", "points": [(0.2, 1), (0.1, 0)]}},
            r"first numbers of a curve must grow.*\[0.2, 0.1\]",
        ),
        ({"rejection": {"kind": "curve", "class_name": "a", "points": []}}, r"at least 1 item"),
        ({"rejection": {"kind": "curve", "class_name": "a", "points": [(0.2, 1.5)]}}, r"less than or equal to 1"),
    ],
)
def test_contradictions_are_refused(content, words):
    """With the rule and the values that break it."""
    with pytest.raises(ValidationError, match=words):
        CropsConfig.model_validate(content)
