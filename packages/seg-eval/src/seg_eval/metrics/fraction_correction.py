"""Correct the volume fractions of an unlabelled volume with the confusion that was measured on a labelled one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import SegError
from seg_common.seeding import stream
from seg_eval.metrics.block_bootstrap import REPLICATES, interval, resampled_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.schema.evaluation_measures import Interval

ASSUMPTION = (
    "a voxel of a class is classified as in the calibration volume, whatever its surroundings: only the amounts of the "
    "classes differ between the two volumes"
)

SMALLEST_SINGULAR_VALUE = 0.05
"""Below it two classes are answered so much alike that dividing by the confusion would only amplify noise."""

MOST_ROUNDS = 2000
TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class CorrectedFractions:
    """Fractions of one volume after correction."""

    fractions: NDArray[np.float64]
    """Volume fraction by class, shape (class,), each at least 0, together 1."""
    intervals: tuple[Interval | None, ...]
    """95 % interval of each."""


def corrected_fractions(
    calibration: NDArray[np.int64], predicted: NDArray[np.int64], replicates: int = REPLICATES, name: str = ""
) -> CorrectedFractions:
    """Find the fractions that, misclassified as in the calibration volume, give the fractions that were predicted.

    Parameters
    ----------
    calibration : ndarray of int, shape (block, class, class)
        Voxels of the blocks of a labelled volume by reference class and predicted class.
    predicted : ndarray of int, shape (class,)
        Voxels of the unlabelled volume by predicted class.
    replicates : int
        Drawings for the interval.
    name : str
        Names the random streams.

    Returns
    -------
    CorrectedFractions
        The most likely fractions, and intervals for the true fractions of this very volume.

    Raises
    ------
    SegError
        If the calibration says nothing about a class, or does not tell two classes apart; see `require_invertible`.

    Notes
    -----
    With M(r, p) the share of reference class r that is predicted as p, fractions f lead to the answer q(p) = sum of f(r)
    M(r, p). Where the solution f of that system has no negative part it is also the most likely one; elsewhere
    expectation maximisation finds the most likely point of the simplex. It is unbiased only where the assumption holds
    that M is the same in both volumes; `ASSUMPTION` says it in words.

    The interval has two sources. The matrix: blocks of the calibration volume are drawn with replacement. The answer:
    in each block the predicted voxels deviate from what its composition and M lead to; as many such deviations are drawn
    as the unlabelled volume has blocks of that size, and taken off its answer.

    References
    ----------
    .. [1] Forman, "Quantifying counts and costs via classification", Data Min. Knowl. Discov. 17 (2008) 164-206,
       doi:10.1007/s10618-008-0097-y
    .. [2] Saerens, Latinne, Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities: a simple
       procedure", Neural Comput. 14 (2002) 21-41, doi:10.1162/089976602753284446

    Examples
    --------
    Of the pores, the second class, a quarter is missed; 15 % predicted are 20 % in truth:

    >>> import numpy as np
    >>> blocks = np.repeat([[[80, 0], [5, 15]]], 10, axis=0)
    >>> corrected_fractions(blocks, np.array([850, 150])).fractions.round(6).tolist()
    [0.8, 0.2]
    """
    require_invertible(calibration.sum(axis=0))
    total = calibration.sum(axis=0)
    rates = total / total.sum(axis=1, keepdims=True)
    voxels = int(predicted.sum())
    answer = predicted / voxels
    fractions = most_likely_fractions(rates[np.newaxis], answer[np.newaxis])[0]

    sums = resampled_sums(calibration, f"calibration{name}", replicates)
    rows = sums.sum(axis=2, keepdims=True)
    # A drawing without any voxel of a rare class says nothing new about it.
    drawn_rates = np.where(rows > 0, sums / np.maximum(rows, 1), rates)
    noise = _answer_noise(calibration, rates, voxels, replicates, name)
    drawn = most_likely_fractions(drawn_rates, (answer - noise).clip(0))
    return CorrectedFractions(fractions, tuple(interval(drawn[:, k]) for k in range(fractions.size)))


def require_invertible(confusion: NDArray[np.int64]) -> None:
    """Raise SegError unless a confusion matrix tells every class from the others.

    Parameters
    ----------
    confusion : ndarray of int, shape (class, class)
        Voxels by (reference class, predicted class).
    """
    rows = confusion.sum(axis=1)
    if (rows == 0).any():
        msg = (
            f"a calibration must hold reference voxels of every class; got none of class {int(rows.argmin())}. "
            "Calibrate on a volume, or a partition, that has them all."
        )
        raise SegError(msg)
    smallest = float(np.linalg.svd(confusion / rows[:, np.newaxis], compute_uv=False)[-1])
    if smallest < SMALLEST_SINGULAR_VALUE:
        msg = (
            f"a calibration must tell the classes apart; the smallest singular value of its confusion is {smallest:.3g}, "
            f"below {SMALLEST_SINGULAR_VALUE}. Two classes get the same answers: train the model further, or join them."
        )
        raise SegError(msg)


def most_likely_fractions(rates: NDArray[np.float64], answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert confusions on the simplex.

    Parameters
    ----------
    rates : ndarray of float, shape (n, class, class)
        Share of each reference class that is predicted as each class; rows add up to 1.
    answers : ndarray of float, shape (n, class)
        Share of each predicted class, not negative.

    Returns
    -------
    ndarray of float64, shape (n, class)
        Fractions, not negative, that add up to 1.
    """
    answers = answers / answers.sum(axis=1, keepdims=True)
    turned = rates.transpose(0, 2, 1)
    solvable = np.linalg.cond(turned) < 1 / TOLERANCE
    fractions = np.full(answers.shape, -1.0)
    fractions[solvable] = np.linalg.solve(turned[solvable], answers[solvable][..., np.newaxis])[..., 0]
    outside = np.flatnonzero((fractions < 0).any(axis=1))
    if outside.size:
        fractions[outside] = _expectation_maximisation(rates[outside], answers[outside])
    normalised: NDArray[np.float64] = fractions / fractions.sum(axis=1, keepdims=True)
    return normalised


def _expectation_maximisation(rates: NDArray[np.float64], answers: NDArray[np.float64]) -> NDArray[np.float64]:
    fractions = np.full(answers.shape, 1 / answers.shape[1])
    for _ in range(MOST_ROUNDS):
        expected = np.einsum("nr,nrp->np", fractions, rates)
        ratio = np.divide(answers, expected, out=np.zeros_like(answers), where=expected > 0)
        following = fractions * np.einsum("nrp,np->nr", rates, ratio)
        change = np.abs(following - fractions).max()
        fractions = following
        if change < TOLERANCE:
            break
    return fractions


def _answer_noise(
    calibration: NDArray[np.int64], rates: NDArray[np.float64], voxels: int, replicates: int, name: str
) -> NDArray[np.float64]:
    """Draw how far the answer may lie from what the composition leads to, shape (replicate, class), as shares."""
    blocks = len(calibration)
    expected = np.einsum("br,rp->bp", calibration.sum(axis=2).astype(np.float64), rates)
    residuals = calibration.sum(axis=1) - expected
    block_voxels = calibration.sum() / blocks
    # Deviations of blocks that share estimated rates are a little too small.
    residuals *= np.sqrt(blocks / max(blocks - 1, 1))
    drawn = max(1, round(voxels / block_voxels))
    times = stream(0, f"answer noise{name}").multinomial(drawn, np.full(blocks, 1 / blocks), replicates)
    noise: NDArray[np.float64] = times @ residuals / (drawn * block_voxels)
    # A volume of less than one block, or of a broken number of them, is noisier by the root of the ratio.
    noise *= np.sqrt(drawn * block_voxels / voxels)
    return noise
