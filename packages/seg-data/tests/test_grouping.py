"""Tests of groups of equal keys."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seg_data.grouping import groups


@given(keys=st.lists(st.integers(0, 3), max_size=8))
def test_every_place_is_in_the_group_of_its_key(keys):
    """Groups come in growing order and take each place once."""
    array = np.array(keys, np.int64)
    taken = np.zeros(len(keys), int)
    seen = []
    for key, places in groups(array):
        seen.append(key)
        assert set(array[places].tolist()) == {key}
        taken[places] += 1
    assert seen == sorted(set(keys))
    assert np.all(taken == 1)
