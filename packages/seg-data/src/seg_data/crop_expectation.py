"""What a sampler will keep on average: computed before the first crop is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.schema.crops import ExpectedCrops
from seg_common.seeding import stream
from seg_data.acceptance_map import acceptance_layers
from seg_data.crop_rejection.quantities import needs_voxels

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from seg_data.region_sampler import RegionSampler

EXACT_POSITIONS = 2**24
"""Most positions of a region that are all looked at: about two seconds."""
SAMPLED_VOXELS = 2**30
"""Voxels that an estimate reads at the most, unless that were fewer crops than the least."""
FEWEST_SAMPLED, MOST_SAMPLED = 400, 4000
Z95 = 1.959963984540054


def expected_crops(
    sampler: RegionSampler, *, exact_positions: int = EXACT_POSITIONS, advance: Callable[[int], None] | None = None
) -> ExpectedCrops:
    """Compute the acceptance rate and the class shares to be expected.

    Exact where the function asks for shares of classes and masks and the region has no more than `exact_positions` positions:
    every position is looked at, with the probability of being offered. Else positions are drawn as they are offered, and the rate
    has an interval of two standard errors. With ``keep_uncovered`` what is kept depends on the crops before it: whole cycles are
    drawn and counted.

    Parameters
    ----------
    sampler : RegionSampler
        One region.
    exact_positions : int
        Most positions that are all looked at.
    advance : callable, optional
        Told the number of layers of positions after each.

    Returns
    -------
    ExpectedCrops
    """
    if sampler.config.on_reject == "keep_uncovered":
        return _from_cycles(sampler)
    positions = int(np.prod([n - c + 1 for n, c in zip(sampler.region.shape, sampler.shape, strict=True)]))
    reads = any(needs_voxels(quantity) for quantity in sampler.judge.quantities)
    if reads or sampler.labels is None or positions > exact_positions:
        return _from_sample(sampler)
    offered = kept = 0.0
    shares = np.zeros(sampler.content.n_classes)
    for layer in acceptance_layers(sampler.judge, sampler.region, sampler.shape):
        weights = sampler.position_weights(layer.z)
        offered += float(weights[layer.offered].sum())
        accepted = weights * layer.accepted
        kept += float(accepted.sum())
        shares += np.tensordot(accepted, layer.class_fractions, axes=2)
        if advance is not None:
            advance(1)
    rate = min(1.0, kept / offered) if offered else 0.0
    return ExpectedCrops(
        acceptance_rate=1.0 if sampler.config.draw == "direct" else rate,
        interval=(1.0, 1.0) if sampler.config.draw == "direct" else (rate, rate),
        exact=True,
        positions=positions,
        class_fractions=(np.clip(shares / kept, 0, 1) if kept else shares).tolist(),
    )


def _from_sample(sampler: RegionSampler) -> ExpectedCrops:
    """Look at positions drawn as they are offered."""
    count = int(np.clip(SAMPLED_VOXELS // np.prod(sampler.shape), FEWEST_SAMPLED, MOST_SAMPLED))
    starts = sampler.draw_positions(stream(0, "expectation").random((count, 3)))
    fractions = None
    if sampler.labels is not None:
        fractions = sampler.content.class_counts(starts) / np.prod(sampler.shape)
        if sampler.judge.sparse:
            labelled = fractions.sum(axis=1) > 0
            starts, fractions = starts[labelled], fractions[labelled]
    accepted = 1 - sampler.judge.probabilities(starts)
    if sampler.config.draw == "direct":
        return _expected(np.ones(len(starts)), accepted, fractions)
    return _expected(accepted, accepted, fractions)


def _from_cycles(sampler: RegionSampler) -> ExpectedCrops:
    """Draw whole cycles until they have offered enough crops."""
    kept: list[NDArray[np.float64]] = []
    fractions: list[NDArray[np.float64]] = []
    while sum(map(len, kept)) < FEWEST_SAMPLED and len(kept) < FEWEST_SAMPLED:
        offered = sampler.offered_in_cycle(len(kept))
        kept.append(offered.kept.astype(float))
        if sampler.labels is not None:
            fractions.append(sampler.content.class_counts(offered.starts) / np.prod(sampler.shape))
    weights = np.concatenate(kept)
    return _expected(weights, weights, np.concatenate(fractions) if fractions else None)


def _expected(
    accepted: NDArray[np.float64], weights: NDArray[np.float64], fractions: NDArray[np.float64] | None
) -> ExpectedCrops:
    """Summarise a sample: its mean acceptance, two standard errors around it, class shares weighted by the acceptance."""
    count = len(accepted)
    rate = float(accepted.mean()) if count else 0.0
    error = Z95 * float(accepted.std(ddof=1)) / np.sqrt(count) if count > 1 else 1.0
    if count and accepted.min() == accepted.max() in (0.0, 1.0):
        # All alike: three times no exception still allows one in a third of the sample (the rule of three).
        error = 3 / count
    shares = [] if fractions is None else (weights @ fractions / max(float(weights.sum()), 1e-300)).clip(0, 1).tolist()
    return ExpectedCrops(
        acceptance_rate=rate,
        interval=(max(0.0, rate - error), min(1.0, rate + error)),
        exact=False,
        positions=count,
        class_fractions=shares,
    )
