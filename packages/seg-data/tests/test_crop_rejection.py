"""Tests of rejection functions."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.errors import CropError
from seg_common.schema.crop_rejection import Curve, MinClassFraction
from seg_data.crop_rejection import describe_rejection, rejection_function

NAMES = ("matrix", "fibre", "pore")


def shares(*pore: float) -> np.ndarray:
    """Class shares of crops with these shares of pore, the rest matrix."""
    return np.array([[1 - p, 0, p] for p in pore])


def test_min_class_fraction_rejects_below_the_minimum_only():
    """A share equal to the minimum is kept."""
    function = rejection_function(MinClassFraction(class_name="pore", fraction=0.1, reject_probability=0.7), NAMES)
    assert function.class_index == 2
    assert function.reject_probability(shares(0, 0.09, 0.1, 0.5)).tolist() == [0.7, 0.7, 0, 0]


def test_curve_is_linear_between_points_and_constant_outside():
    """Half way between (0.1, 1) and (0.3, 0) lies (0.2, 0.5)."""
    function = rejection_function(Curve(class_name="pore", points=[(0.1, 1.0), (0.3, 0.0)]), NAMES)
    assert function.reject_probability(shares(0, 0.1, 0.2, 0.3, 0.9)).tolist() == pytest.approx([1, 1, 0.5, 0, 0])


def test_curve_of_one_point_is_constant():
    """One point gives one probability for all shares."""
    function = rejection_function(Curve(class_name="fibre", points=[(0.5, 0.25)]), NAMES)
    assert function.reject_probability(shares(0, 1)).tolist() == [0.25, 0.25]


def test_unknown_class_is_refused():
    """The message lists the classes that there are."""
    with pytest.raises(CropError, match="got 'void', it has: matrix, fibre, pore"):
        rejection_function(MinClassFraction(class_name="void", fraction=0.1, reject_probability=1), NAMES)


def test_descriptions_quote_all_parameters():
    """Error messages name the function as it was declared."""
    minimum = MinClassFraction(class_name="pore", fraction=0.01, reject_probability=0.9)
    assert describe_rejection(minimum) == "min_class_fraction(class='pore', fraction=0.01, reject_probability=0.9)"
    assert (
        describe_rejection(Curve(class_name="pore", points=[(0, 1), (0.5, 0)])) == "curve(class='pore', {0: 1, 0.5: 0})"
    )
