"""Tests of comparing acceptances."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from seg_common.geometry.box import Box
from seg_common.schema.crop_positions import UniformPositions
from seg_common.schema.crop_rejection import MinClassFraction
from seg_common.schema.crops import CropsConfig, CropSourceRecord, CropsRecord, ExpectedCrops, VisitCounts
from seg_data.preview.acceptance import acceptance_sentence, agrees, wilson_interval
from seg_data.preview.share_charts import draw_acceptance, draw_class_shares, share_rows

VISITS = VisitCounts(min=0, median=1, max=2, never=1, never_fraction=0.1)
REJECTION = MinClassFraction(class_name="pore", fraction=0.1, reject_probability=0.5)


def source(kept, offered, rate, half=0.0, **changed):
    expected = ExpectedCrops(
        acceptance_rate=rate,
        interval=(max(0, rate - half), min(1, rate + half)),
        exact=not half,
        positions=1000,
        class_fractions=[0.3, 0.1],
    )
    given = {"volume": "foam", "labels": "labels", "normal": "z", "share": 1.0, "crops_per_cycle": None}
    given |= {"region": Box.whole((8, 8, 8)), "offered": offered, "kept": kept, "expected": expected}
    return CropSourceRecord(**given | changed)


def record(*sources, **config):
    return CropsRecord(
        config=CropsConfig(**{"rejection": REJECTION} | config),
        seed=0,
        sources=list(sources),
        offered=sum(of.offered for of in sources),
        kept=sum(of.kept for of in sources),
        acceptance_rate=0.5,
        class_names=["matrix", "pore"],
        class_fractions_region=[0.3, 0.2],
        class_fractions_kept=[0.4, 0.4],
        visits_offered=VISITS,
        visits_kept=VISITS,
    )


@pytest.mark.parametrize(("kept", "offered"), [(0, 1), (0, 50), (50, 50), (1, 3), (412, 1000)])
def test_interval_is_that_of_scipy(kept, offered):
    expected = binomtest(kept, offered).proportion_ci(method="wilson")
    assert wilson_interval(kept, offered) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(
    ("kept", "rate", "half", "agreeing"),
    [
        (500, 0.5, 0.0, True),
        (530, 0.5, 0.0, True),  # one and a half of 1.96 standard errors of 0.0158
        (540, 0.5, 0.0, False),
        (460, 0.5, 0.0, False),
        (540, 0.5, 0.03, True),  # the expectation is known to 0.03: together 0.043
        (460, 0.5, 0.03, True),
    ],
)
def test_agreement_weighs_both_intervals(kept, rate, half, agreeing):
    assert agrees(source(kept, 1000, rate, half)) is agreeing


def test_sentences():
    assert "agrees with" in acceptance_sentence(record(source(500, 1000, 0.5)))
    assert "does not agree" in acceptance_sentence(record(source(600, 1000, 0.5)))
    several = acceptance_sentence(record(source(500, 1000, 0.5), source(900, 1000, 0.5, volume="rock")))
    assert "in rock does not agree" in several
    assert "foam" not in several


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"rejection": None}, "no rejection function"),
        ({"draw": "direct", "positions": UniformPositions()}, "none is rejected"),
        ({"on_reject": "keep_uncovered"}, "counted in the first cycles"),
    ],
)
def test_where_there_is_nothing_to_compare(config, words):
    """A reason, and not a comparison of a number with itself."""
    assert words in acceptance_sentence(record(source(900, 1000, 0.5), **config))


def test_shares_are_of_the_labelled_voxels():
    """Region 0.3 and 0.2 of the voxels are 0.6 and 0.4 of the labelled ones."""
    rows = share_rows(record(source(500, 1000, 0.5)))
    assert [name for name, _ in rows] == ["region", "kept crops", "expected"]
    assert [shares for _, shares in rows] == [pytest.approx([0.6, 0.4]), [0.5, 0.5], pytest.approx([0.75, 0.25])]


def test_charts_hold_the_numbers():
    """Bars as long as the shares; points where the acceptances are, and names that are no formulas."""
    found = record(source(450, 1000, 0.5, volume="$a$"), source(20, 30, 0.6, 0.1))
    figure = draw_class_shares(found, ["#111111", "#222222"])
    assert [bar.get_width() for bar in figure.axes[1].patches] == pytest.approx([0.4, 0.5, 0.25])
    axes = draw_acceptance(found).axes[0]
    points = [container.lines[0].get_xdata()[0] for container in axes.containers]
    assert points == pytest.approx([0.5, 0.45, 0.6, 2 / 3])
    assert axes.get_yticklabels()[0].get_text() == r"\$a\$"
