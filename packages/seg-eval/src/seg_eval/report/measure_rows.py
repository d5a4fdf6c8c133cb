"""Rows of the plain tables of the report: corrected fractions, surfaces, segments, notable slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_eval.report.words import unit_in_words, value_in_words
from seg_eval.result_table import ABSENT, number

if TYPE_CHECKING:
    from seg_common.schema.evaluation import EvaluationDocument

Rows = list[list[str]]


def measure_rows(document: EvaluationDocument) -> dict[str, Rows]:
    """Lay the cells of each table out, by the name that the page has for it.

    Parameters
    ----------
    document : EvaluationDocument
        All scores.

    Returns
    -------
    dict
        Rows of text; empty where nothing was measured. Slices end with the place that the viewer takes.
    """
    return {
        "correction_rows": _correction(document),
        "surface_rows": _surfaces(document),
        "segment_rows": _segments(document),
        "notable_rows": _notable(document),
        "uncertainty_rows": _uncertainty(document),
        "annotate_rows": _annotate(document),
    }


def _correction(document: EvaluationDocument) -> Rows:
    if document.correction is None:
        return []
    return [
        [
            one.name,
            number(one.estimated_fraction),
            number(one.corrected_fraction),
            number(None if one.interval is None else one.interval.low),
            number(None if one.interval is None else one.interval.high),
        ]
        for one in document.correction.classes
    ]


def _surfaces(document: EvaluationDocument) -> Rows:
    return [
        [
            name,
            number(one.mean_distance),
            number(one.distance_95),
            unit_in_words(one.unit),
            ABSENT if one.share_beyond_reach is None else f"{one.share_beyond_reach:.2%}",
            number(one.boundary_jaccard),
        ]
        for name, one in document.surfaces.items()
    ]


def _segments(document: EvaluationDocument) -> Rows:
    names = {"class_map": "class map", "components": "components"}
    return [
        [
            names.get(one.convention, f"components of {one.class_name}"),
            number(one.voi_split),
            number(one.voi_merge),
            number(one.adapted_rand_error),
        ]
        for one in document.segment_agreement
    ]


def _notable(document: EvaluationDocument) -> Rows:
    return [
        [one.reason.replace("_", " "), f"{one.axis} = {one.index}", value_in_words(one), f"{one.axis} {one.index}"]
        for one in document.notable_slices
    ]


def _annotate(document: EvaluationDocument) -> Rows:
    return [
        [
            f"{one.axis} = {one.index}",
            f"{one.mean_entropy:.3f}",
            f"{one.similarity:.2f}",
            f"{one.score:.3f}",
            f"{one.axis} {one.index}",
        ]
        for one in document.annotate_next
    ]


def _uncertainty(document: EvaluationDocument) -> Rows:
    if document.uncertainty is None:
        return []
    return [
        [one.axis, f"{one.least:.3f}", f"{one.median:.3f}", f"{one.most:.3f}", f"{one.axis} = {one.most_at}"]
        for one in document.uncertainty.axes
    ]
