"""What a histogram file may say."""

import pytest
from pydantic import ValidationError

from seg_common.geometry.box import Box
from seg_common.schema.histogram import GreyHistogram


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([[1, 2]], r"got 1 rows of \[2\] for 2 classes and 2 bins"),
        ([[1, 2], [1]], r"got 2 rows of \[1, 2\]"),
        ([[1, 2], [1, -1]], r"greater than or equal to 0"),
    ],
)
def test_counts_have_a_row_per_class_and_a_column_per_bin(counts, words):
    """n + 1 edges, n counts."""
    with pytest.raises(ValidationError, match=words):
        GreyHistogram(
            volume="scan",
            region=Box.whole((1, 1, 1)),
            dtype="uint8",
            class_names=["a", "b"],
            edges=[0.0, 1.0, 2.0],
            counts=counts,
        )
