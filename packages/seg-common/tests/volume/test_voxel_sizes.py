"""Units and lengths as files spell them."""

import pytest

from seg_common.volume.voxel_sizes import stated_voxel_size, unit_name, voxel_size, voxel_size_attributes


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("um", "um"),
        ("\u00b5m", "um"),  # the micro sign
        ("\u03bcm", "um"),  # the Greek letter
        ("\\u00B5m", "um"),  # as Fiji writes it
        (b"\xc2\xb5m", "um"),
        (" Micrometer ", "um"),
        ("nanometre", "nm"),
        ("mm", "mm"),
        ("\u00c5", "angstrom"),
        ("inch", "in"),
        ("beard\nseconds", "beard seconds"),
        ("pixel", None),
        ("", None),
        (None, None),
    ],
)
def test_a_unit_has_one_spelling(text, unit):
    """Whatever program wrote it; pixels are no length."""
    assert unit_name(text) == unit


@pytest.mark.parametrize(
    ("lengths", "size"),
    [
        ((1, 2, 3), (1.0, 2.0, 3.0)),
        (["0.5", "1e-3", 2], (0.5, 0.001, 2.0)),
        (None, None),
        ((), None),
        ((1, 2), None),
        ((1, 2, 3, 4), None),
        ((0, 1, 1), None),
        ((-1, 1, 1), None),
        ((1, float("nan"), 1), None),
        ((1, float("inf"), 1), None),
        (("a", 1, 1), None),
        ((None, 1, 1), None),
        (5, None),
    ],
)
def test_a_voxel_size_is_three_positive_lengths_or_none(lengths, size):
    """A damaged tag must not stop anyone from reading voxels."""
    assert voxel_size(lengths) == size


def test_ones_count_with_a_unit_only():
    """They are what is written where something must be."""
    assert stated_voxel_size((1, 1, 1), "um") == ((1, 1, 1), "um")
    assert stated_voxel_size((1, 1, 1), "pixel") == (None, None)
    assert stated_voxel_size((1, 1, 2), None) == ((1, 1, 2), None)
    assert stated_voxel_size(None, "um") == (None, None)


def test_attributes_without_a_known_length_have_no_micrometres():
    """Nothing is invented."""
    assert voxel_size_attributes(None, None) == {}
    assert voxel_size_attributes((1, 1, 1), None) == {"voxel_size": (1, 1, 1)}
    assert voxel_size_attributes((1, 1, 1), "furlong") == {"voxel_size": (1, 1, 1), "voxel_size_unit": "furlong"}
    assert voxel_size_attributes((1, 2, 3), "nm")["element_size_um"] == pytest.approx((0.001, 0.002, 0.003))
