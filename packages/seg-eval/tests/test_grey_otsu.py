"""Otsu's thresholds for several classes, against scikit-image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.filters import threshold_multiotsu

from seg_eval.grey_otsu import multi_otsu_thresholds


@given(seed=st.integers(0, 2**32 - 1), classes=st.integers(2, 4))
@settings(deadline=None, max_examples=30)
def test_no_cut_is_better_and_scikit_image_finds_none(seed, classes):
    """Its thresholds may lie elsewhere in a gap, so the variances between the intervals are compared."""
    rng = np.random.default_rng(seed)
    grey = np.concatenate([rng.normal(mean, 9, 200) for mean in rng.integers(0, 256, classes)]).clip(0, 255).astype(int)
    counts = np.bincount(grey, minlength=256)

    def between(thresholds):
        parts = np.split(grey[np.argsort(grey)], np.searchsorted(np.sort(grey), thresholds))
        return sum(part.size * (part.mean() - grey.mean()) ** 2 for part in parts if part.size)

    own = multi_otsu_thresholds(counts, np.arange(257.0), classes)
    # A grey level at the threshold of scikit-image belongs below it.
    theirs = threshold_multiotsu(grey.astype(np.uint8), classes) + 1
    assert between(own) >= between(theirs) * (1 - 1e-9)
    assert between(own) == pytest.approx(between(theirs), rel=1e-3)


def test_fewer_grey_levels_than_intervals():
    """One threshold for two grey levels, none for one."""
    assert multi_otsu_thresholds(np.array([3, 0, 2]), np.arange(4.0), 4) == (1.5,)
    assert multi_otsu_thresholds(np.array([0, 7]), np.arange(3.0), 3) == ()
