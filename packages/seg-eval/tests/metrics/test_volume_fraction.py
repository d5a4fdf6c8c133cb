"""Volume fractions and their errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seg_common.errors import LabelVolumeError
from seg_eval.metrics.volume_fraction import volume_fractions


def test_fractions_and_errors_by_hand():
    """10 voxels, 4 of them pore, 3 found: 0.3 - 0.4 = -0.1, and -0.1 / 0.4 = -0.25."""
    _, pore = volume_fractions(np.array([7, 3]), np.array([6, 4]), np.array([6.5, 3.5]))
    assert pore.reference == pytest.approx(0.4)
    assert pore.estimated == pytest.approx(0.3)
    assert pore.estimated_by_probability == pytest.approx(0.35)
    assert pore.absolute_error == pytest.approx(-0.1)
    assert pore.relative_error == pytest.approx(-0.25)
    assert pore.absolute_error_by_probability == pytest.approx(-0.05)
    assert pore.relative_error_by_probability == pytest.approx(-0.125)


def test_without_reference_or_probabilities_only_the_estimate_is_known():
    """What cannot be said is None, not 0."""
    first, _ = volume_fractions(np.array([1, 3]))
    assert first.estimated == 0.25
    assert {first.reference, first.absolute_error, first.relative_error, first.estimated_by_probability} == {None}


def test_a_class_that_the_reference_lacks_has_no_relative_error():
    """The absolute error is still known."""
    _, pore = volume_fractions(np.array([3, 1]), np.array([4, 0]))
    assert (pore.reference, pore.absolute_error, pore.relative_error) == (0.0, 0.25, None)


def test_no_voxel_means_no_fraction():
    """A region that is ignored altogether."""
    nothing = np.zeros(2, np.int64)
    assert {volume_fractions(nothing, nothing, np.zeros(2))[0].estimated} == {None}


def test_rounded_probabilities_stay_fractions():
    """A softmax that sums to a little more than the voxels still gives at most 1."""
    certain, _ = volume_fractions(np.array([8, 0]), probability_sums=np.array([8.000001, 0.0]))
    assert certain.estimated_by_probability == 1.0


@given(hnp.arrays(np.int64, st.integers(1, 8), elements=st.integers(0, 10**12)).filter(np.any))
def test_fractions_add_up_to_one(counts):
    """Every counted voxel belongs to one class, whatever the shape of the volume."""
    assert sum(fraction.estimated for fraction in volume_fractions(counts)) == pytest.approx(1)


def test_counts_of_other_classes_are_refused():
    """Three classes against two."""
    with pytest.raises(LabelVolumeError, match="got 3 reference_counts for 2 predicted_counts"):
        volume_fractions(np.array([1, 2]), np.array([1, 1, 1]))


def test_counts_of_other_voxels_are_refused():
    """Ignored voxels must be left out of both."""
    with pytest.raises(LabelVolumeError, match="must count the same voxels; got 4 and 3"):
        volume_fractions(np.array([1, 2]), np.array([2, 2]))
