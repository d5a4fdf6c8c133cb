"""Tests of blur, contrast, brightness and noise: amplitudes, dtypes, and what the order is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import convolve1d

from seg_common.schema.augmentation import Augmentation
from seg_common.seeding import stream
from seg_data.augmentation.grey_levels import as_real, as_stored, blurred, change_grey_levels

SHAPE = (12, 20, 24, 1)


def grey_levels(dtype: str = "float64") -> np.ndarray:
    """Smooth grey levels around 100."""
    return np.random.default_rng(0).normal(100, 10, SHAPE).astype(dtype)


def changed(image: np.ndarray, n: int = 0, **amplitudes: float) -> np.ndarray:
    """Change a copy with the random numbers of crop n."""
    return change_grey_levels(image.copy(), Augmentation(**amplitudes), lambda name: stream(5, name, n))


def test_nothing_asked_is_nothing_done():
    """Zero amplitudes take no random number."""
    image = grey_levels()

    def no_numbers(name: str):
        raise AssertionError(name)

    assert np.array_equal(change_grey_levels(image.copy(), Augmentation(), no_numbers), image)


def test_contrast_keeps_the_mean_and_stays_within_its_range():
    """Distances from the mean are multiplied by one factor in [0.7, 1.3], spread over all of it."""
    image = grey_levels()
    factors = []
    for n in range(200):
        result = changed(image, n, grey_scale=0.3)
        assert result.mean() == pytest.approx(image.mean(), rel=1e-9)
        factors.append(result.std() / image.std())
        np.testing.assert_allclose(result - image.mean(), factors[-1] * (image - image.mean()), atol=1e-9)
    assert 0.7 <= min(factors) < 0.73
    assert 1.27 < max(factors) <= 1.3


def test_brightness_is_one_number_for_the_crop():
    """Every voxel is shifted by the same number in [-20, 20], spread over all of it."""
    image = grey_levels()
    shifts = [changed(image, n, grey_shift=20) - image for n in range(200)]
    assert max(np.ptp(shift) for shift in shifts) < 1e-9
    means = [shift.mean() for shift in shifts]
    assert -20 <= min(means) < -18
    assert 18 < max(means) <= 20


def test_noise_is_white_and_its_deviation_is_drawn():
    """Deviations fill [0, 6]; neighbours and channels know nothing of each other."""
    image = np.full((16, 32, 32, 2), 100.0)
    added = [changed(image, n, noise=6) - image for n in range(60)]
    deviations = [noise.std() for noise in added]
    assert min(deviations) < 0.5
    assert 5.5 < max(deviations) < 6.3
    noise = added[int(np.argmax(deviations))]
    unit = noise / noise.std()
    bound = 5 / np.sqrt(unit[..., 0].size)
    assert abs(noise.mean() / noise.std()) < bound
    for axis in range(3):
        pairs = np.take(unit, range(1, unit.shape[axis]), axis) * np.take(unit, range(unit.shape[axis] - 1), axis)
        assert abs(pairs.mean()) < bound
    assert abs((unit[..., 0] * unit[..., 1]).mean()) < bound


def gaussian_kernel(deviation: float) -> np.ndarray:
    """Sampled Gaussian up to 3 deviations, of sum 1."""
    radius = int(3 * deviation + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / deviation) ** 2)
    return kernel / kernel.sum()


@pytest.mark.parametrize("deviation", [0.4, 1.0, 2.5])
def test_blur_is_a_convolution_mirrored_at_the_faces(deviation):
    """The same as padding by mirrored voxels, without repeating the face, and convolving along each axis."""
    image = grey_levels()
    kernel = gaussian_kernel(deviation)
    around = len(kernel) // 2
    expected = np.pad(image, [(around, around)] * 3 + [(0, 0)], mode="reflect")
    for axis in range(3):
        expected = convolve1d(expected, kernel, axis=axis)
    inner = slice(around, -around)
    np.testing.assert_allclose(blurred(image, deviation), expected[inner, inner, inner], atol=1e-9)


def test_2d_crops_are_blurred_in_the_plane_and_channels_apart():
    """One bright voxel in one channel of a slice: its light stays in slice and channel, and is kept in sum."""
    image = np.zeros((1, 21, 21, 3))
    image[0, 10, 10, 1] = 100
    result = blurred(image, 1.5)
    assert result.sum() == pytest.approx(100)
    assert not result[..., [0, 2]].any()
    kernel = gaussian_kernel(1.5)
    np.testing.assert_allclose(result[0, 6:15, 6:15, 1], 100 * np.outer(kernel, kernel)[1:-1, 1:-1], atol=1e-9)


def test_one_voxel_can_be_blurred():
    """There is no axis to blur along."""
    assert blurred(np.full((1, 1, 1, 1), 7.0), 2.0).item() == 7


def test_order_is_blur_scale_shift_noise():
    """All at once are the four in their order, each with the numbers that it draws alone."""
    image = grey_levels()
    amplitudes = {"blur": 1.5, "grey_scale": 0.4, "grey_shift": 30.0, "noise": 8.0}
    in_order = image
    for name, amplitude in amplitudes.items():
        in_order = changed(in_order, 3, **{name: amplitude})
    np.testing.assert_allclose(changed(image, 3, **amplitudes), in_order, atol=1e-9)


@pytest.mark.parametrize(
    ("dtype", "real"),
    [
        *[(name, "float32") for name in ("bool", "uint8", "int8", "uint16", "int16", "float16", "float32")],
        *[(name, "float64") for name in ("uint32", "int32", "uint64", "int64", "float64")],
    ],
)
def test_grey_levels_survive_the_way_through_floating_point(dtype, real):
    """The ends of the range and what lies beside them come back as they were; 64 bits to the precision of a double."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        values = np.array([False, True])
    elif kind == "f":
        values = np.array([-2.5, 0, 1e-3, 6e4], dtype)
    else:
        limits = np.iinfo(dtype)
        values = np.array([limits.min, limits.min + 1, 0, 1, limits.max - 1, limits.max], dtype)
    back = as_stored(as_real(values), values.dtype)
    assert as_real(values).dtype == real
    assert back.dtype == values.dtype
    if values.dtype.itemsize == 8 and kind != "f":
        np.testing.assert_allclose(back.astype(float), values.astype(float), rtol=2**-52)
    else:
        np.testing.assert_array_equal(back, values)


def test_integers_are_rounded_and_clipped():
    """Nothing wraps around: 300 is white and not 44."""
    levels = np.array([-3.0, -0.4, 0.5, 0.6, 1.5, 254.4, 254.6, 300.0], np.float32)
    assert as_stored(levels.copy(), np.dtype("uint8")).tolist() == [0, 0, 0, 1, 2, 254, 255, 255]
    assert as_stored(levels.copy(), np.dtype("int8")).tolist() == [-3, 0, 0, 1, 2, 127, 127, 127]
    assert as_stored(levels.copy(), np.dtype("float32")).tolist() == levels.tolist()
