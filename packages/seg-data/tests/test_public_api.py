"""Tests of what the package offers to programs."""

from __future__ import annotations

import seg_data


def test_every_public_name_can_be_imported():
    """The lazy names exist."""
    assert len(seg_data.__all__) > 15
    for name in seg_data.__all__:
        assert getattr(seg_data, name) is not None
