"""Tests of the phantom: fractions, exactness, determinism, and how hard it is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from seg_common.errors import VolumeError
from seg_data import AxisSplit, Phantom, make_phantom


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    """One composite for all tests that only look at it."""
    return make_phantom((48, 96, 128), seed=1)


def test_image_and_labels(phantom):
    """Both uint8, of the wanted shape, three classes."""
    assert phantom.image.shape == phantom.labels.shape == (48, 96, 128)
    assert (phantom.image.dtype, phantom.labels.dtype) == (np.uint8, np.uint8)
    assert np.unique(phantom.labels).tolist() == [0, 1, 2]


def test_fractions_are_reached_and_told(phantom):
    """About 16.5 % fibre and 0.9 % pore; what is told is what is there."""
    counts = np.bincount(phantom.labels.ravel()) / phantom.labels.size
    assert phantom.fractions == pytest.approx(counts)
    assert phantom.fractions[1] == pytest.approx(0.165, abs=0.008)
    assert phantom.fractions[2] == pytest.approx(0.009, abs=0.002)


def test_same_seed_same_phantom(phantom):
    """Down to the last bit; another seed gives another one."""
    again, other = make_phantom((48, 96, 128), seed=1), make_phantom((48, 96, 128), seed=2)
    assert np.array_equal(phantom.image, again.image)
    assert np.array_equal(phantom.labels, again.labels)
    assert not np.array_equal(phantom.labels, other.labels)


def test_pores_have_at_least_20_voxels(phantom):
    """Connected by faces, edges or corners."""
    components, _ = ndimage.label(phantom.labels == 2, np.ones((3, 3, 3)))
    assert np.bincount(components.ravel())[1:].min() >= 20


def test_noise_of_a_slice_does_not_depend_on_the_labels():
    """The part of the image that is noise is the same for any content: it follows from shape and seed."""
    plain = make_phantom((16, 40, 40), seed=3, fibre_fraction=0, pore_fraction=0)
    silent = make_phantom((16, 40, 40), seed=3, fibre_fraction=0, pore_fraction=0, noise=0, rings=0)
    assert plain.labels.max() == 0
    assert 8 < plain.image.std() < 16
    assert silent.image.std() < 2


def test_noise_is_correlated_as_in_a_reconstruction():
    """Neighbours in a slice share blur; the ramp filter makes voxels two and three steps apart differ; slices share nothing."""
    image = make_phantom((24, 96, 96), seed=0, fibre_fraction=0, pore_fraction=0, rings=0).image.astype(float)
    noise = image - image.mean()

    def correlation(axis: int, step: int) -> float:
        moved = np.moveaxis(noise, axis, 0)
        return float((moved[step:] * moved[:-step]).mean() / noise.var())

    assert correlation(2, 1) > 0.25
    assert correlation(2, 2) < 0
    assert abs(correlation(0, 1)) < 0.05


def test_rings_are_smooth_over_slices():
    """Without noise, what is left of a slice looks like its neighbour's and is strongest at the axis."""
    image = make_phantom((16, 96, 96), seed=0, fibre_fraction=0, pore_fraction=0, noise=0, rings=0.1).image.astype(
        float
    )
    assert np.corrcoef(image[4].ravel(), image[5].ravel())[0, 1] > 0.95
    assert image[:, 44:52, 44:52].std() > 1.5 * image[:, :16].std()


def test_a_threshold_cannot_solve_it(phantom):
    """The best pair of grey thresholds leaves a third of the fibre and pore voxels wrong, as on a real noisy scan."""
    counts = np.array([np.bincount(phantom.image[phantom.labels == c], minlength=256) for c in range(3)])
    upto = counts.cumsum(axis=1)
    total = upto[:, -1]
    pore = upto[2] / (total[2] + upto.sum(axis=0) - upto[2])
    above = total[:, None] - upto
    fibre = above[1] / (total[1] + above.sum(axis=0) - above[1])
    assert 0.6 < pore.max() < 0.78
    assert 0.6 < fibre.max() < 0.75


@pytest.mark.parametrize("shape", [(32, 32, 32), (64, 64, 64), (32, 96, 160), (160, 40, 24)])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_partition_has_every_class(shape, seed):
    """Small and anisotropic shapes too, under the default partitions."""
    labels = make_phantom(shape, seed).labels
    for name, box in AxisSplit().boxes(shape).items():
        assert np.unique(labels[box.slices()]).tolist() == [0, 1, 2], name


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((8, 64, 64), {}, r"at least 16 voxels; got shape \(8, 64, 64\)"),
        ((32, 32, 32), {"seed": -1}, "got -1"),
        ((32, 32, 32), {"fibre_fraction": 0.5}, r"fibre_fraction must lie in \[0, 0.3\]; got 0.5"),
        ((32, 32, 32), {"pore_fraction": -0.1}, "pore_fraction"),
        ((32, 32, 32), {"noise": 2.0}, "noise"),
        ((32, 32, 32), {"rings": -1.0}, "rings"),
    ],
)
def test_parameters_out_of_range(shape, options, message):
    """The message names the range and the value."""
    with pytest.raises(VolumeError, match=message):
        make_phantom(shape, **options)
