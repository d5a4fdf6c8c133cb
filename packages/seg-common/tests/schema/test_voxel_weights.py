"""What a recipe of voxel weights may say."""

import pytest
from pydantic import ValidationError

from seg_common.schema.voxel_weights import InterfaceDistance, WeightRecipe


def test_a_recipe_names_a_factor():
    """Without one, every weight would be 1."""
    with pytest.raises(ValidationError, match="Name class_frequency, interface or border"):
        WeightRecipe()


@pytest.mark.parametrize(
    "factor",
    [
        {"class_frequency": {"alpha": -0.1}},
        {"interface": {"sigma": 0}},
        {"interface": {"sigma": 1, "boost": 0.5}},
        {"border": {"voxels": 0}},
        {"border": {"voxels": 1, "of": []}},
        {"border": {"voxels": 1, "of": ["edges"]}},
    ],
)
def test_values_out_of_range(factor):
    """A boost below 1 would be a reduction by another name."""
    with pytest.raises(ValidationError):
        WeightRecipe.model_validate(factor)


def test_distances_are_clipped_at_four_sigma_unless_told():
    """exp(-4² / 2) = 0.0003."""
    assert InterfaceDistance(sigma=1.5).clipped_at == 6
    assert InterfaceDistance(sigma=1.5, max_distance=2).clipped_at == 2
