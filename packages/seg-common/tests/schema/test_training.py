"""What a training configuration may say."""

import pytest
from pydantic import ValidationError

from seg_common.schema.training import TrainingConfig


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            {"crops": {"shape": (1, 100, 128)}},
            r"multiple of 2\^depth = 8; got y = 100 in crops.shape. Take multiples of 8",
        ),
        ({"crops": {"shape": (4, 16, 16)}}, r"2\^depth = 8; got z = 4"),
        ({"crops": {"shape": (1, 16, 24)}, "model": {"depth": 4}}, r"2\^depth = 16; got x = 24"),
        ({"validation": {"partition": "train"}}, r"different partitions; got 'train' for both"),
        ({"model": {"kernel_size": 2}}, r"kernel_size must be odd.*got 2"),
        ({"learning_rate": {"kind": "linear", "start": 0}}, r"greater than 0"),
    ],
)
def test_contradictions_are_refused(content, words):
    """Before anything is built or read."""
    with pytest.raises(ValidationError, match=words):
        TrainingConfig.model_validate({"volume": "scan"} | content)


def test_a_single_slice_need_not_divide():
    """The depth of a 2D network halves y and x only."""
    assert TrainingConfig(volume="scan").crops.shape == (1, 128, 128)
