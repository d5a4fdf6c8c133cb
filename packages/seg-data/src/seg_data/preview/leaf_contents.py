"""What offered crops hold of each quantity that the rejection function asks for, and the function's curve over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_common.schema.crop_rejection import Curve, Grey, Mask, MaxClassFraction, MinClassFraction, PythonFunction
from seg_data.crop_expectation import FEWEST_SAMPLED, MOST_SAMPLED, SAMPLED_VOXELS
from seg_data.crop_rejection.declared import declared_function, describe_rejection, leaves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.schema.crop_rejection import Rejection
    from seg_data.crop_draws.drawn import Offered
    from seg_data.crop_sampler import CropSampler
    from seg_data.region_sampler import RegionSampler


@dataclass(frozen=True, eq=False)
class LeafContent:
    """One part of a rejection function over the crops that were offered."""

    title: str
    """The part, as it is declared."""
    quantity: str
    """What it depends on."""
    values: NDArray[np.float64]
    """That quantity of each crop, shape (crop,)."""
    kept: NDArray[np.bool_]
    """Whether each crop was kept, shape (crop,)."""
    curve: tuple[tuple[float, float], ...]
    """Corners (quantity, reject probability) of the part, constant outside the first and the last."""
    is_share: bool
    """Whether the quantity is a share in [0, 1]."""


def leaf_contents(sampler: CropSampler, offered: Sequence[Offered]) -> list[LeafContent]:
    """Look at offered crops with each part of the rejection function, and with the whole of a combination.

    Parameters
    ----------
    sampler : CropSampler
        The stream.
    offered : sequence of Offered
        What each source offered; of many crops some are looked at, evenly spaced.

    Returns
    -------
    list of LeafContent
        In the order of the declaration, a combination last; empty without a function.
    """
    rejection = sampler.config.rejection
    if rejection is None:
        return []
    most = int(np.clip(SAMPLED_VOXELS // np.prod(sampler.config.shape), FEWEST_SAMPLED, MOST_SAMPLED))
    chosen = [spaced(of_source, max(1, most // len(sampler.sources))) for of_source in offered]
    kept = np.concatenate([of_source.kept for of_source in chosen])
    parts = list(leaves(rejection))
    found = []
    for part in parts:
        values = [_leaf_values(source, part, of.starts) for source, of in zip(sampler.sources, chosen, strict=True)]
        found.append(
            LeafContent(
                title=describe_rejection(part),
                quantity=quantity_name(part),
                values=np.concatenate(values),
                kept=kept,
                curve=curve_of(part),
                is_share=not isinstance(part, Grey),
            )
        )
    if parts[0] is not rejection:
        values = [source.judge.probabilities(of.starts) for source, of in zip(sampler.sources, chosen, strict=True)]
        whole = f"all parts combined: {rejection.kind}"
        found.append(
            LeafContent(whole, "reject probability", np.concatenate(values), kept, ((0, 0), (1, 1)), is_share=True)
        )
    return found


def spaced(offered: Offered, count: int) -> Offered:
    """Choose at most `count` crops, evenly spaced."""
    rows = np.unique(np.linspace(0, len(offered.kept) - 1, min(count, len(offered.kept))).round().astype(int))
    return type(offered)(offered.starts[rows], offered.kept[rows])


def quantity_name(part: Rejection) -> str:
    """Name what a part of a function depends on."""
    match part:
        case MinClassFraction() | MaxClassFraction() | Curve():
            return f"share of {part.class_name} in the crop"
        case Grey():
            name = {
                "mean": "mean grey level",
                "std": "standard deviation of grey levels",
                "entropy": "entropy of grey levels / bit",
            }
            return name[part.statistic]
        case Mask():
            return f"share of the crop inside {part.mask}"
        case PythonFunction():
            return f"reject probability by {part.function}"
    msg = f"a combination has no quantity of its own; got {part.kind}"
    raise TypeError(msg)


def curve_of(part: Rejection) -> tuple[tuple[float, float], ...]:
    """Corners of the curve of a part; a step has two at its limit."""
    match part:
        case MinClassFraction():
            return ((part.fraction, part.reject_probability), (part.fraction, 0.0))
        case MaxClassFraction():
            return ((part.fraction, 0.0), (part.fraction, part.reject_probability))
        case Curve() | Grey() | Mask():
            return tuple(part.points)
    return ((0.0, 0.0), (1.0, 1.0))


def _leaf_values(source: RegionSampler, part: Rejection, starts: NDArray[np.int64]) -> NDArray[np.float64]:
    function, quantities = declared_function(part, source.volume.document.class_names)
    values = source.content.values(quantities, starts)
    return function.bounds(values, values)[0] if isinstance(part, PythonFunction) else values[:, 0]
