"""Strides that follow the shape of the voxels."""

from __future__ import annotations

import pytest

from seg_common.errors import DocumentError
from seg_common.schema.crops import CropsConfig
from seg_common.schema.training import TrainingConfig
from seg_common.schema.unet import UNetConfig
from seg_train.architectures.strides import strides_for, with_strides


@pytest.mark.parametrize(
    ("edges", "strides"),
    [
        ((1.0, 1.0, 1.0), [(2, 2, 2)] * 3),
        ((2.0, 1.0, 1.0), [(1, 2, 2), (2, 2, 2), (2, 2, 2)]),  # 2, 2, 2 after the first level
        ((2.0000001, 1.0, 1.0), [(1, 2, 2), (2, 2, 2), (2, 2, 2)]),  # a rounded 2
        ((1.9, 1.0, 1.0), [(2, 2, 2)] * 3),  # nearer to equal than to double
        ((12.5, 1.0, 1.0), [(1, 2, 2)] * 3),  # 12.5, 8, 8 after the third level
        ((0.5, 4.0, 1.0), [(2, 1, 1), (2, 1, 2), (2, 1, 2)]),
        ((50.0, 4.0), [(1, 2), (1, 2), (1, 2)]),
    ],
)
def test_long_edges_wait_until_the_others_have_caught_up(edges, strides) -> None:
    """By hand: an axis is halved when its edge is shorter than twice the shortest."""
    assert strides_for(edges, 3) == strides


def config(shape=(8, 16, 16), strides="auto", normals=("z",)) -> TrainingConfig:
    """A network of depth 2."""
    crops = CropsConfig(shape=shape, normals=list(normals))
    return TrainingConfig(volume="scan", crops=crops, model=UNetConfig(depth=2, strides=strides))


@pytest.mark.parametrize(
    ("changes", "voxel_size", "strides"),
    [
        ({}, (5.0, 1.0, 1.0), [(1, 2, 2), (1, 2, 2)]),
        ({}, None, [(2, 2, 2), (2, 2, 2)]),
        ({"shape": (1, 16, 16)}, (5.0, 1.0, 1.0), [(1, 2, 2), (1, 2, 2)]),
        ({"shape": (1, 16, 16), "normals": ("y",)}, (5.0, 1.0, 1.0), [(1, 1, 2), (1, 1, 2)]),  # rows are z, columns x
        ({"shape": (1, 16, 16), "normals": ("z", "y")}, (5.0, 1.0, 1.0), [(1, 2, 2), (1, 2, 2)]),  # planes differ
    ],
)
def test_the_voxel_size_decides(changes, voxel_size, strides) -> None:
    """In the plane of the crops in 2D."""
    assert with_strides(config(**changes), voxel_size).model.strides == strides


def test_given_strides_stay() -> None:
    """Numbers are what the user wants, and so is null."""
    for strides in (None, [(2, 2, 2), (1, 2, 2)]):
        given = config(strides=strides)
        assert with_strides(given, (5.0, 1.0, 1.0)) is given


def test_crops_that_do_not_fit_are_refused_with_the_numbers() -> None:
    """Only now is it known what the sides must be multiples of."""
    with pytest.raises(DocumentError, match=r"strides auto for voxels of \(5.0, 1.0, 1.0\).*\(1, 4, 4\); got x = 6"):
        with_strides(config(shape=(3, 16, 6)), (5.0, 1.0, 1.0))
