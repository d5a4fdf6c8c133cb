"""What a training configuration may say."""

import pytest
from pydantic import ValidationError

from seg_common.schema.losses import Jaccard2Config
from seg_common.schema.training import TrainingConfig
from seg_common.schema.unet import PRESETS, UNetConfig


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
        ({"model": {"kernel_size": (1, 3, 4)}}, r"kernel_size must be odd.*got \(1, 3, 4\)"),
        (
            {"model": {"kernel_size": (3, 3, 3)}},
            r"2D network has no z axis: model.kernel_size.*got \(3, 3, 3\). Give \(1, 3, 3\)",
        ),
        ({"model": {"strides": [(2, 2, 2)] * 3}}, r"2D network has no z axis: model.strides.*got \(2, 2, 2\)"),
        ({"model": {"strides": [(1, 2, 2)]}}, r"strides must have one .* for each level; got 1 for depth 3"),
        ({"model": {"strides": [(1, 1, 1)], "depth": 1}}, r"halve one axis at least"),
        ({"model": {"strides": [(1, 3, 2)], "depth": 1}}, r"should be 1 or 2"),
        (
            {"crops": {"shape": (3, 8, 6)}, "model": {"strides": [(1, 2, 2), (2, 2, 2)], "depth": 2}},
            r"the strides' product \(2, 4, 4\); got z = 3, x = 6 in crops.shape. Take multiples of \(2, 4, 4\)",
        ),
        ({"loss": {"form": "single"}}, r"class_name belongs to the form single.*got form 'single' and class_name None"),
        ({"loss": {"class_name": "pore"}}, r"class_name belongs to the form single.*got form 'flat'"),
        ({"loss": {"kind": "sum", "terms": []}}, r"at least 1 item"),
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


def test_strides_may_differ_between_levels_and_axes():
    """A crop of 2 slices fits a network that halves z once, though it halves y and x twice."""
    model = {"strides": [(1, 2, 2), (2, 2, 2)], "depth": 2}
    config = TrainingConfig.model_validate({"volume": "scan", "crops": {"shape": (2, 8, 4)}, "model": model})
    assert config.model.side_divisors == (2, 4, 4)


def test_automatic_strides_wait_for_the_voxel_size():
    """Which sides divide is asked when the strides are known."""
    config = TrainingConfig.model_validate(
        {"volume": "scan", "crops": {"shape": (3, 8, 8)}, "model": {"strides": "auto"}}
    )
    assert config.model.level_strides is None
    assert config.model.side_divisors is None


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_stands_for_keys_that_are_not_given(name):
    """Given keys win, and what is written is complete: it does not change with the preset's definition."""
    preset = PRESETS[name]
    config = UNetConfig.model_validate({"preset": name, "base_filters": 5})
    expected = {**preset.modules, "base_filters": 5}
    assert {key: getattr(config, key) for key in expected} == expected
    assert UNetConfig.model_validate(config.model_dump()) == config
    assert "doi:10." in preset.source


def test_a_loss_without_a_kind_is_jaccard2():
    """Configurations from before there were others stay valid."""
    config = TrainingConfig.model_validate({"volume": "scan", "loss": {"form": "flat", "smoothing": 0.5}})
    assert config.loss == Jaccard2Config(smoothing=0.5)
