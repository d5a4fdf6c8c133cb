"""The weights of a block: a pure function of the labels in and around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.counting.label_values import require_class_labels
from seg_data.weight_maps.class_factors import class_factors, class_fractions_of
from seg_data.weight_maps.distances import (
    NOTHING,
    distance_halo,
    distance_to_faces,
    distance_to_nothing,
    distance_to_other_class,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_common.schema.voxel_weights import InterfaceDistance, WeightRecipe
    from seg_common.volume.opened_volume import Volume
    from seg_data.weight_maps.distances import Codes, Distances, Edges


def compute_weights(
    volume: Volume, recipe: WeightRecipe, box: Box | None = None, *, factors: Sequence[float] | None = None
) -> NDArray[np.float64]:
    """Compute the weights of the voxels of a box.

    Parameters
    ----------
    volume : Volume
        With labels.
    recipe : WeightRecipe
        The factors; see `docs/voxel-weights.md`.
    box : Box, optional
        The voxels; the whole volume when not given. Labels around it are read as far as distances reach, so the weights of a
        voxel do not depend on the box.
    factors : sequence of float, optional
        Factor of each class by its frequency; counted first when not given and the recipe asks for it.

    Returns
    -------
    ndarray of float64, shape box.shape
        Weights, 0 or more; ignored voxels weigh 0.

    Raises
    ------
    LabelVolumeError
        If the volume has no labels, or a label is neither a class index nor the ignored label.
    VolumeError
        If the volume has not the partition in which classes are counted.

    References
    ----------
    .. [1] Ronneberger, Fischer, Brox, 2015, U-Net: Convolutional Networks for Biomedical Image Segmentation,
       doi:10.1007/978-3-319-24574-4_28: weights by class frequency and by distance to the border.
    """
    if factors is None and recipe.class_frequency is not None:
        factors = class_factors(class_fractions_of(volume, recipe.class_frequency), recipe.class_frequency.alpha)
    return weigh_block(volume, recipe, box or volume.box, factors)[0]


def weigh_block(
    volume: Volume, recipe: WeightRecipe, box: Box, factors: Sequence[float] | None
) -> tuple[NDArray[np.float64], Codes]:
    """Compute weights as `compute_weights`, and give the codes of their voxels too: class index + 1, 0 for ignored."""
    classes = len(volume.document.classes)
    voxel_size = voxel_size_of(volume)
    halo = recipe_halo(recipe, voxel_size)
    around = box.grown(halo).intersection(volume.box) or box
    codes = _codes(volume, around, classes)
    z, y, x = (-start for start in around.start)
    core = box.shifted((z, y, x)).slices()
    weights: NDArray[np.float64] = np.array([0.0, *(factors or [1.0] * classes)]).take(codes[core])
    edges, border = relative_edges(voxel_size), recipe.border
    if recipe.interface is not None or (border is not None and "interface" in border.of):
        distances = distance_to_other_class(codes, core, halo, edges)
        if border is not None and "interface" in border.of:
            weights[distances <= border.voxels] = 0
        if recipe.interface is not None:
            weights *= interface_factor(distances * min(voxel_size), recipe.interface)
    if border is not None and "ignored" in border.of:
        weights[distance_to_nothing(codes, core, halo, edges) <= border.voxels] = 0
    if border is not None and "faces" in border.of:
        weights[distance_to_faces(box.start, box.shape, volume.document.shape, edges) <= border.voxels] = 0
    return weights, codes[core]


def interface_factor(distances: Distances, interface: InterfaceDistance) -> Distances:
    """1 + (boost - 1) · exp(-d² / 2 sigma²) of the clipped distance d, or one divided by that."""
    clipped = np.minimum(distances, interface.clipped_at)
    factor: Distances = 1 + (interface.boost - 1) * np.exp(-(clipped**2) / (2 * interface.sigma**2))
    return factor if interface.mode == "boost" else 1 / factor


def recipe_halo(recipe: WeightRecipe, voxel_size: Edges) -> Index3:
    """Voxels (z, y, x) around a block that its weights depend on."""
    halos: list[Index3] = [(0, 0, 0)]
    if recipe.interface is not None:
        halos.append(distance_halo(recipe.interface.clipped_at, voxel_size))
    if recipe.border is not None and recipe.border.of != ["faces"]:
        halos.append(distance_halo(recipe.border.voxels, relative_edges(voxel_size)))
    z, y, x = (max(sides) for sides in zip(*halos, strict=True))
    return z, y, x


def relative_edges(voxel_size: Edges) -> Edges:
    """Edge lengths (z, y, x) of a voxel in units of its shortest edge: ones for cubes, so that distances are exact."""
    z, y, x = (size / min(voxel_size) for size in voxel_size)
    return z, y, x


def voxel_size_of(volume: Volume) -> Edges:
    """Edge lengths (z, y, x) of a voxel; 1 where they are unknown, so that distances are in voxels."""
    return volume.document.voxel_size or (1.0, 1.0, 1.0)


def _codes(volume: Volume, box: Box, classes: int) -> Codes:
    """Read labels as class index + 1, and 0 for voxels in no class."""
    labels: NDArray[Any] = volume.require_labels().read(box)
    require_class_labels(labels, classes, volume.ignored_label, volume.labels)
    codes: Codes = labels.astype(np.uint8)  # at most 255 classes; what wraps around is ignored
    codes += np.uint8(1)
    if volume.ignored_label is not None:
        codes[labels == volume.ignored_label] = NOTHING
    return codes
