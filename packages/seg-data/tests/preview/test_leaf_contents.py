"""Tests of the rejection function over the contents of crops."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest

from seg_common.schema.crop_rejection import (
    AnyOf,
    Curve,
    Grey,
    MaxClassFraction,
    MinClassFraction,
    ProductOf,
    PythonFunction,
)
from seg_common.schema.crops import CropsConfig
from seg_data import make_sampler
from seg_data.coverage import draw_offered
from seg_data.crop_draws.drawn import Offered
from seg_data.preview.leaf_contents import LeafContent, leaf_contents, spaced
from seg_data.preview.rejection_chart import content_limits, curve_line, draw_rejection

MIN = MinClassFraction(class_name="pore", fraction=0.01, reject_probability=0.8)
MAX = MaxClassFraction(class_name="matrix", fraction=0.9, reject_probability=0.4)
CURVE = Curve(class_name="pore", points=[(0, 0.9), (0.02, 0)])


def contents_of(volume, rejection):
    sampler = make_sampler(volume, CropsConfig(shape=(4, 8, 8), rejection=rejection), 0)
    offered = draw_offered(sampler)
    return leaf_contents(sampler, offered), offered[0]


def test_a_part_has_the_shares_of_the_offered_crops(sparse_volume, sparse_labels):
    (content,), offered = contents_of(sparse_volume, MIN)
    shares = [(sparse_labels[z : z + 4, y : y + 8, x : x + 8] == 2).mean() for z, y, x in offered.starts.tolist()]
    assert content.values.tolist() == shares
    assert content.kept.tolist() == offered.kept.tolist()
    assert content.quantity == "share of pore in the crop"


def test_a_combination_has_its_parts_and_the_whole(sparse_volume):
    """The probability of `any` is the largest of its parts'."""
    contents, _ = contents_of(sparse_volume, AnyOf(of=[MIN, ProductOf(of=[MAX, CURVE])]))
    assert [content.quantity for content in contents] == [
        "share of pore in the crop",
        "share of matrix in the crop",
        "share of pore in the crop",
        "reject probability",
    ]
    pore, matrix = contents[0].values, contents[1].values
    product = np.where(matrix > 0.9, 0.4, 0) * np.interp(pore, [0, 0.02], [0.9, 0])
    np.testing.assert_allclose(contents[-1].values, np.maximum(np.where(pore < 0.01, 0.8, 0), product))


def test_grey_levels_and_functions_of_users(sparse_volume, monkeypatch):
    """A statistic is on the axis itself; of a user's function it is the probability."""
    module = ModuleType("my_rejection")
    module.often_matrix = lambda fractions: fractions[:, 0] / 2
    monkeypatch.setitem(sys.modules, "my_rejection", module)
    parts = [
        Grey(statistic="mean", points=[(0, 0), (9000, 1)]),
        PythonFunction(function="my_rejection:often_matrix"),
        MAX,
    ]
    contents, offered = contents_of(sparse_volume, AnyOf(of=parts))
    z, y, x = offered.starts[0].tolist()
    crop = np.arange(16 * 24 * 20).reshape(16, 24, 20)[z : z + 4, y : y + 8, x : x + 8]
    assert contents[0].values[0] == pytest.approx(crop.mean())
    assert not contents[0].is_share
    np.testing.assert_allclose(contents[1].values, contents[2].values / 2)


def test_no_function_has_no_contents(sparse_volume):
    assert contents_of(sparse_volume, None)[0] == []


def test_many_crops_are_thinned_evenly():
    """Five of 0 … 100 are 0, 25, 50, 75 and 100; few are all taken."""
    offered = Offered(np.arange(101)[:, None].repeat(3, axis=1), np.arange(101) % 2 == 0)
    assert spaced(offered, 5).starts[:, 0].tolist() == [0, 25, 50, 75, 100]
    assert spaced(offered, 5).kept.tolist() == [True, False, True, False, True]
    assert len(spaced(offered, 1000).kept) == 101
    assert len(spaced(Offered(np.empty((0, 3), np.int64), np.empty(0, bool)), 5).kept) == 0


def content(values, curve, *, is_share=True):
    values = np.array(values, float)
    return LeafContent("a part", "share", values, np.ones(len(values), bool), curve, is_share)


def test_limits_hold_values_and_bends():
    """Constant tails of a curve are not shown, and shares end at 0 and 1."""
    assert content_limits(content([0.1, 0.2], ((0.0, 1.0), (0.15, 0.0), (0.9, 0.0)))) == pytest.approx((0.0, 0.21))
    assert content_limits(content([10, 20], ((30.0, 0.5), (40.0, 0.0)), is_share=False)) == pytest.approx((8.5, 41.5))
    assert content_limits(content([0.5], ((0.0, 0.3),))) == pytest.approx((0.45, 0.55))


@pytest.mark.parametrize(
    ("curve", "limits", "line"),
    [
        (((0.1, 0.8), (0.1, 0.0)), (0, 1), [(0, 0.8), (0.1, 0.8), (0.1, 0), (1, 0)]),  # a step down
        (((0.1, 0.0), (0.1, 0.8)), (0, 1), [(0, 0), (0.1, 0), (0.1, 0.8), (1, 0.8)]),  # a step up
        (((0.0, 1.0), (1.0, 0.0)), (0.25, 0.5), [(0.25, 0.75), (0.5, 0.5)]),  # cut off on both sides
        (((0.2, 0.5), (0.4, 0.1)), (0, 1), [(0, 0.5), (0.2, 0.5), (0.4, 0.1), (1, 0.1)]),
    ],
)
def test_the_line_of_a_curve(curve, limits, line):
    np.testing.assert_allclose(np.transpose(curve_line(content([0.1], curve), limits)), line)


def test_the_chart_counts_every_crop(sparse_volume):
    """The bars of all panels hold all offered and all kept crops."""
    contents, offered = contents_of(sparse_volume, AnyOf(of=[MIN, MAX]))
    figure = draw_rejection(contents)
    panels = [axes for axes in figure.axes if axes.patches]
    assert len(panels) == 3
    for axes in panels:
        given, kept = (patch.get_data().values.sum() for patch in axes.patches)
        assert (given, kept) == (len(offered.kept), offered.kept.sum())
