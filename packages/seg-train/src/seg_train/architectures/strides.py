"""Strides for voxels that are longer along one axis than along another."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pydantic import ValidationError

from seg_common.document_problems import problem_lines
from seg_common.errors import DocumentError
from seg_common.schema.training import TrainingConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.schema.unet import Stride3

SAME_LENGTH = 1e-6
"""Relative difference up to which lengths count as equal: files store them rounded."""


def strides_for(edges: Sequence[float], depth: int) -> list[tuple[int, ...]]:
    """Halve at each level the axes along which a voxel is shorter than twice its shortest edge.

    A voxel of 5 by 1 by 1 is halved in its plane first, until its edges are 5, 4 and 4, and along all axes from then on:
    a kernel sees as far along each axis as nearly as factors of 2 allow.

    Parameters
    ----------
    edges : sequence of float
        Edge lengths of a voxel along the axes of the network, in any unit.
    depth : int
        Levels.

    Returns
    -------
    list of tuple of int
        Factors of 1 or 2 for each level, in the order of `edges`.

    References
    ----------
    .. [1] Isensee et al., nnU-Net: a self-configuring method for deep learning-based biomedical image segmentation, Nature
       Methods 18 (2021), doi:10.1038/s41592-020-01008-z, which halves by the same rule.

    Examples
    --------
    >>> strides_for((5.0, 1.0, 1.0), 3)
    [(1, 2, 2), (1, 2, 2), (2, 2, 2)]
    """
    lengths = list(edges)
    strides = []
    for _ in range(depth):
        limit = 2 * min(lengths) * (1 - SAME_LENGTH)
        stride = tuple(2 if length < limit else 1 for length in lengths)
        lengths = [length * factor for length, factor in zip(lengths, stride, strict=True)]
        strides.append(stride)
    return strides


def with_strides(config: TrainingConfig, voxel_size: tuple[float, float, float] | None) -> TrainingConfig:
    """Replace ``strides: auto`` of a configuration by numbers.

    Parameters
    ----------
    config : TrainingConfig
        What a run computes.
    voxel_size : tuple of float or None
        Edge lengths (z, y, x) of the volume's voxels; all axes count as equal when not known.

    Returns
    -------
    TrainingConfig
        The same when its strides are numbers. 2D crops perpendicular to several axes have planes in which voxels may differ;
        all axes are halved for them.

    Raises
    ------
    DocumentError
        If a side of the crops is not a multiple of what the strides ask.
    """
    if config.model.strides != "auto":
        return config
    edges = dict(zip("zyx", voxel_size or (1.0, 1.0, 1.0), strict=True))
    depth = config.model.depth
    if config.crops.dimensions == "3D":
        strides = strides_for(list(edges.values()), depth)
    else:
        planes = [[edges[axis] for axis in edges if axis != normal] for normal in config.crops.normals]
        strides = [(1, *stride) for stride in strides_for(planes[0] if len(planes) == 1 else (1.0, 1.0), depth)]
    model = config.model.model_copy(update={"strides": cast("list[Stride3]", strides)})
    try:
        return TrainingConfig.model_validate(config.model_copy(update={"model": model}).model_dump())
    except ValidationError as error:
        source = f"strides auto for voxels of {tuple(edges.values())}"
        raise DocumentError("\n".join(problem_lines(error, TrainingConfig, source))) from None
