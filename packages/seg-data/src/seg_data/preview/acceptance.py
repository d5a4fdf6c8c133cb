"""Whether the acceptance that was measured is the one that was expected, in numbers and in a sentence."""

from __future__ import annotations

from math import hypot, sqrt
from typing import TYPE_CHECKING

from seg_data.crop_expectation import Z95

if TYPE_CHECKING:
    from seg_common.schema.crops import CropsConfig, CropSourceRecord, CropsRecord


def wilson_interval(kept: int, offered: int) -> tuple[float, float]:
    """Compute the 95 % interval of a share that was counted, after Wilson.

    Parameters
    ----------
    kept : int
        Crops that were kept.
    offered : int
        Crops that were offered, 1 or more.

    Returns
    -------
    low, high : float
        Inside [0, 1], and no single point even where all or none were kept.

    References
    ----------
    .. [1] E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927,
       https://doi.org/10.1080/01621459.1927.10502953
    """
    share, squared = kept / offered, Z95**2
    middle = (share + squared / (2 * offered)) / (1 + squared / offered)
    half = Z95 * sqrt(share * (1 - share) / offered + squared / (4 * offered**2)) / (1 + squared / offered)
    # At both ends the formula gives the share itself, but for rounding.
    return (0.0 if kept == 0 else max(0.0, middle - half)), (1.0 if kept == offered else min(1.0, middle + half))


def agrees(source: CropSourceRecord) -> bool:
    """Tell whether the measured acceptance of a source differs from the expected one by no more than their intervals allow."""
    expected = source.expected
    if expected is None or not source.offered:
        return True
    measured = source.kept / source.offered
    low, high = wilson_interval(source.kept, source.offered)
    if measured > expected.acceptance_rate:
        return measured - expected.acceptance_rate <= hypot(
            measured - low, expected.interval[1] - expected.acceptance_rate
        )
    return expected.acceptance_rate - measured <= hypot(
        high - measured, expected.acceptance_rate - expected.interval[0]
    )


def acceptance_sentence(record: CropsRecord) -> str:
    """Say whether the acceptance is what was expected, and what to do when it is not."""
    reason = nothing_to_compare(record.config)
    if reason:
        return reason
    surprising = [source for source in record.sources if not agrees(source)]
    if not surprising:
        many = "in every source " if len(record.sources) > 1 else ""
        return f"The acceptance measured agrees {many}with the acceptance expected."
    if len(record.sources) == 1:
        where = "The acceptance measured"
    else:
        names = ", ".join(source_label(record, source) for source in surprising)
        where = f"The acceptance measured in {names}"
    return (
        f"{where} does not agree with the acceptance expected. By chance this happens to one source in twenty; measure more cycles, "
        "and if it stays, crops of these positions are not as independent as the interval takes them to be."
    )


def nothing_to_compare(config: CropsConfig) -> str:
    """Say why expected and measured acceptance are no two things; empty where they are."""
    if config.rejection is None:
        return "There is no rejection function: every crop is kept."
    if config.draw == "direct":
        return "Crops are drawn directly from the distribution of kept crops: none is rejected."
    if config.on_reject == "keep_uncovered":
        return (
            "What is kept depends on the crops before it (keep_uncovered): the acceptance expected is counted in the first cycles, "
            "as the one measured is."
        )
    return ""


def source_label(record: CropsRecord, source: CropSourceRecord) -> str:
    """Name of a source, with its plane where there are several."""
    return source.volume + (f", across {source.normal}" if len(record.config.normals) > 1 else "")
