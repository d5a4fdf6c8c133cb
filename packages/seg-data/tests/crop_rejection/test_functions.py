"""Tests of rejection functions, declared and evaluated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from seg_common.errors import CropError
from seg_common.schema.crop_rejection import Curve, MaxClassFraction, MinClassFraction, Rejection
from seg_data.crop_rejection.declared import declared_function, describe_rejection, source_digest
from seg_data.crop_rejection.quantities import ClassShare, GreyStatistic, MaskShare

NAMES = ("matrix", "fibre", "pore")
FEW_PORES = {"kind": "min_class_fraction", "class_name": "pore", "fraction": 0.1, "reject_probability": 0.7}
MANY_FIBRES = {"kind": "max_class_fraction", "class_name": "fibre", "fraction": 0.5, "reject_probability": 0.4}
HUMP = {"kind": "curve", "class_name": "pore", "points": [(0.1, 0.2), (0.2, 1.0), (0.5, 0.0)]}


def parse(data: object) -> Rejection:
    """Read a declaration as a configuration file has it."""
    return TypeAdapter(Rejection).validate_python(data)


def probabilities(data: object, values: list[list[float]]) -> list[float]:
    """Probabilities for known quantities, in the order in which the declaration asks for them."""
    function, quantities = declared_function(parse(data), NAMES)
    array = np.array(values, float)
    assert array.shape[1] == len(quantities)
    smallest, largest = function.bounds(array, array)
    assert smallest.tolist() == largest.tolist()
    return smallest.tolist()


def test_min_class_fraction_rejects_below_the_minimum_only():
    """A share equal to the minimum is kept."""
    assert probabilities(FEW_PORES, [[0], [0.09], [0.1], [0.5]]) == [0.7, 0.7, 0, 0]


def test_max_class_fraction_rejects_above_the_maximum_only():
    """A share equal to the maximum is kept."""
    assert probabilities(MANY_FIBRES, [[0.5], [0.51], [1]]) == [0, 0.4, 0.4]


def test_curve_is_linear_between_points_and_constant_outside():
    """Half way between (0.1, 0.2) and (0.2, 1) lies (0.15, 0.6)."""
    assert probabilities(HUMP, [[0], [0.15], [0.35], [0.9]]) == pytest.approx([0.2, 0.6, 0.5, 0])


def test_grey_statistics_may_be_any_number():
    """A mean of 40 grey levels lies half way down."""
    declared = {"kind": "grey", "statistic": "mean", "points": [(30, 1.0), (50, 0.0)]}
    assert probabilities(declared, [[-5], [40], [300]]) == [1, 0.5, 0]
    assert declared_function(parse(declared), NAMES)[1] == (GreyStatistic("mean"),)


def test_masks_reject_what_lies_outside_by_default():
    """No voxel inside is rejected for certain, a quarter inside with three quarters."""
    declared = {"kind": "mask", "mask": "sample.h5::inside"}
    assert probabilities(declared, [[0], [0.25], [1]]) == [1, 0.75, 0]
    assert declared_function(parse(declared), NAMES)[1] == (MaskShare("sample.h5::inside"),)


@pytest.mark.parametrize(("kind", "expected"), [("all", 0.4), ("any", 0.7), ("product", 0.28)])
def test_combinations(kind, expected):
    """Few pores reject with 0.7, many fibres with 0.4."""
    assert probabilities({"kind": kind, "of": [FEW_PORES, MANY_FIBRES]}, [[0, 0.9]]) == pytest.approx([expected])
    assert probabilities({"kind": kind, "of": [FEW_PORES, MANY_FIBRES]}, [[0.2, 0.2]]) == [0]


def test_a_quantity_that_is_asked_for_twice_is_one_column():
    """Two functions of pore read one share."""
    quantities = declared_function(parse({"kind": "any", "of": [FEW_PORES, HUMP, MANY_FIBRES]}), NAMES)[1]
    assert quantities == (ClassShare(2), ClassShare(1))


NESTED = {
    "kind": "product",
    "of": [{"kind": "any", "of": [FEW_PORES, HUMP]}, {"kind": "all", "of": [HUMP, MANY_FIBRES]}],
}


@given(
    declared=st.sampled_from([FEW_PORES, MANY_FIBRES, HUMP, NESTED]),
    ends=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    within=st.lists(st.floats(0, 1), min_size=2, max_size=2),
)
def test_bounds_hold_for_every_value_between(declared, ends, within):
    """Whatever the quantities are inside their intervals, the probability lies inside its own."""
    function, quantities = declared_function(parse(declared), NAMES)
    low, high = np.sort(np.array(ends).reshape(2, 2), axis=0)[:, None, : len(quantities)]
    value = low + (high - low) * np.array(within)[: len(quantities)]
    value = np.clip(value, low, high)
    smallest, largest = function.bounds(low, high)
    exact = function.bounds(value, value)[0]
    assert smallest <= exact + 1e-12
    assert exact <= largest + 1e-12


MODULE = """
def twice_the_pore(shares):
    return (2 * shares[:, 2]).clip(0, 1)

def too_much(shares):
    return shares[:, 0] * 0 + 2

def dark(image, labels):
    return float(image.mean() < 10 and (labels == 2).any())

constant = 3
"""


@pytest.fixture
def user_module(tmp_path, monkeypatch):
    """A module that a user might write, importable under a name of its own."""
    name = f"functions_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return name


class TestUsersFunctions:
    """Python functions named in the configuration."""

    def test_class_fractions(self, user_module):
        """The function gets the shares of all classes, in order."""
        declared = {"kind": "python", "function": f"{user_module}:twice_the_pore"}
        assert probabilities(declared, [[0.8, 0, 0.2], [0.1, 0.1, 0.8]]) == [0.4, 1]

    def test_unknown_shares_leave_everything_open(self, user_module):
        """Nothing is known of a function where its argument is not."""
        function, _ = declared_function(parse({"kind": "python", "function": f"{user_module}:twice_the_pore"}), NAMES)
        assert [bound.tolist() for bound in function.bounds(np.zeros((1, 3)), np.ones((1, 3)))] == [[0], [1]]

    def test_voxels(self, user_module):
        """The function is a quantity of its own: it is called with image and labels."""
        declared = parse({"kind": "python", "function": f"{user_module}:dark", "reads": "voxels"})
        quantity = declared_function(declared, NAMES)[1][0]
        assert quantity.function(np.full((1, 2, 2), 5), np.full((1, 2, 2), 2)) == 1
        assert quantity.function(np.full((1, 2, 2), 50), np.full((1, 2, 2), 2)) == 0

    def test_digest_follows_the_source(self, user_module, tmp_path):
        """The record names the code that decided."""
        declared = parse({"kind": "all", "of": [FEW_PORES, {"kind": "python", "function": f"{user_module}:dark"}]})
        before = source_digest(declared)
        (tmp_path / f"{user_module}.py").write_text(MODULE + "\n")
        assert before != source_digest(declared)
        assert source_digest(parse(FEW_PORES)) is source_digest(None) is None

    def test_values_that_are_no_probabilities(self, user_module):
        """The message names the function and what it returned."""
        with pytest.raises(CropError, match=r"probability in \[0, 1\].*too_much returned \[2"):
            probabilities({"kind": "python", "function": f"{user_module}:too_much"}, [[1, 0, 0]])

    @pytest.mark.parametrize("name", ["absent_module:f", "json:absent", "{module}:constant"])
    def test_what_cannot_be_called(self, user_module, name):
        """Missing modules, missing names and other things than functions."""
        with pytest.raises(CropError, match="must be"):
            declared_function(parse({"kind": "python", "function": name.format(module=user_module)}), NAMES)


def test_unknown_class_is_refused():
    """The message lists the classes that there are."""
    declared = MinClassFraction(class_name="void", fraction=0.1, reject_probability=1)
    with pytest.raises(CropError, match="got 'void', it has: matrix, fibre, pore"):
        declared_function(declared, NAMES)


def test_descriptions_quote_all_parameters():
    """Error messages name the function as it was declared."""
    few, many = (
        MinClassFraction(class_name="pore", fraction=0.01, reject_probability=0.9),
        MaxClassFraction(class_name="fibre", fraction=0.5, reject_probability=1),
    )
    assert describe_rejection(few) == "min_class_fraction(pore, fraction=0.01, reject_probability=0.9)"
    assert describe_rejection(many) == "max_class_fraction(fibre, fraction=0.5, reject_probability=1)"
    assert describe_rejection(Curve(class_name="pore", points=[(0, 1), (0.5, 0)])) == "curve(pore, {0: 1, 0.5: 0})"
    assert describe_rejection(parse({"kind": "any", "of": [FEW_PORES, HUMP]})).startswith(
        "any(min_class_fraction(pore,"
    )
