"""Tests of pore placement."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.errors import VolumeError
from seg_data.phantoms.pores import place_pores


def test_pores_lie_in_the_matrix_only():
    """A slab of fibre stays as it is."""
    labels = np.zeros((32, 40, 40), np.uint8)
    labels[:, 16:24] = 1
    place_pores(labels, [], seed=0, fraction=0.03, matrix=0, value=2)
    assert np.all(labels[:, 16:24] == 1)
    assert 0.03 * labels.size <= np.count_nonzero(labels == 2) < 0.04 * labels.size


def test_no_matrix_no_pores():
    """Where everything is fibre, the search ends with an error."""
    with pytest.raises(VolumeError, match=r"pore_fraction=0\.01, of which 0\.0000"):
        place_pores(np.ones((16, 16, 16), np.uint8), [], seed=0, fraction=0.01, matrix=0, value=2)
