"""Write `comparison.html`: one page that holds its figures and links every file beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.atomic_files import atomic_write_text
from seg_common.pictures.page import PagePicture, png_uri, render_page
from seg_eval.comparing.comparison_tables import cells, headings, mixed_cell, sides
from seg_eval.comparing.schemes import aggregation_text
from seg_eval.result_table import ABSENT, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.evaluation_paths import ComparisonPaths
    from seg_common.schema.comparison import ComparedMember, ComparisonDocument
    from seg_eval.comparing.comparison_figures import Chart

FILES = {
    "comparison": "all scores and differences (JSON)",
    "members_table": "what was compared, and what it cost (CSV)",
    "scores_table": "scores by member and class (CSV)",
    "differences_table": "differences between members with intervals (CSV)",
    "detection_table": "blobs found, by member, class and size (CSV)",
    "confusions_table": "confusion matrices (CSV)",
    "latex_table": "main scores for a paper (LaTeX)",
    "page": "this page",
    "manifest": "size and SHA-256 of every file (JSON)",
}
"""Files of a comparison by the name of their path, and what they hold."""

WRITTEN_LATER = ("page", "manifest")

MEASURES = {
    "mean_jaccard": "mean Jaccard",
    "accuracy": "accuracy",
    "jaccard": "Jaccard",
    "precision": "precision",
    "recall": "recall",
    "fraction_error": "size of the fraction error",
}


def write_page(paths: ComparisonPaths, document: ComparisonDocument, charts: Sequence[Chart]) -> None:
    """Write the page.

    Parameters
    ----------
    paths : ComparisonPaths
        Folder with the other files, which are written already, but for the manifest.
    document : ComparisonDocument
        All scores.
    charts : sequence of Chart
        Figures inside the folder.
    """
    values = {
        "generator": "seg-eval",
        "title": f"{len(document.members)} models on the same {document.voxels:,} voxels",
        "document": document,
        "verdict": _verdict(document),
        "headings": headings(document),
        "rows": [cells(document, member) for member in document.members],
        "best": _best(document),
        "identity_rows": [_identity(member) for member in document.members],
        "cost_rows": [_cost(member) for member in document.members],
        "difference_rows": _difference_rows(document),
        "pictures": [_inline(paths, chart) for chart in charts],
        "making": _making(document),
        "files": _files(paths, charts),
    }
    atomic_write_text(paths.page, render_page("seg_eval.comparing", "comparison.html.j2", values))


def _best(document: ComparisonDocument) -> int | None:
    """Place of the member with the highest mean Jaccard."""
    means = [member.mean_jaccard for member in document.members]
    known = [mean for mean in means if mean is not None]
    return means.index(max(known)) if known else None


def _verdict(document: ComparisonDocument) -> str:
    """Say which member is best, and of which others it is told apart clearly."""
    place = _best(document)
    if place is None:
        return "Nothing could be measured."
    best = document.members[place]
    others = [member.name for member in document.members if member is not best]
    clear = {
        one.first if one.second == best.name else one.second
        for one in document.differences
        if one.measure == "mean_jaccard" and one.clear and best.name in (one.first, one.second)
    }
    words = f"{best.name} has the highest mean Jaccard, {number(best.mean_jaccard)}"
    if document.bootstrap is None:
        return f"{words}; the region is too small to say how sure that is."
    if len(clear) == len(others):
        return f"{words}, clearly above {'the other' if len(others) == 1 else 'all others'}."
    unclear = ", ".join(name for name in others if name not in clear)
    return f"{words}; the difference to {unclear} may be chance."


def _identity(member: ComparedMember) -> list[str]:
    model, aggregation = member.model, member.aggregation
    network = [ABSENT] * 5
    if model is not None:
        network = [model.model_id[:12], model.dimensions, sides(model.image_size), str(model.batch_size)]
        network.append(f"{model.crops:,}")
    tiles = [ABSENT] * 3
    if aggregation is not None:
        tiles = [aggregation_text(aggregation), sides(aggregation.tile_shape), sides(aggregation.min_overlap)]
    trained = ABSENT if member.trained_share is None else f"{member.trained_share:.0%}"
    return [
        member.name,
        mixed_cell("scheme", member),
        *network,
        *tiles,
        mixed_cell("data", member),
        mixed_cell("reference", member),
        trained,
    ]


def _cost(member: ComparedMember) -> list[str]:
    cost = member.cost
    seconds = cost.prediction_seconds
    per_million = None if seconds is None or not cost.predicted_voxels else seconds / cost.predicted_voxels * 1e6
    return [
        member.name,
        ABSENT if cost.parameters is None else f"{cost.parameters:,}",
        _with_unit(cost.training_seconds, "s"),
        ABSENT if cost.training_epochs is None else str(cost.training_epochs),
        _mebibytes(cost.training_peak_memory_bytes),
        _with_unit(seconds, "s"),
        ABSENT if per_million is None else f"{per_million:,.3g} s",
        _mebibytes(cost.prediction_peak_memory_bytes),
        cost.prediction_machine or cost.training_machine or ABSENT,
    ]


def _difference_rows(document: ComparisonDocument) -> list[list[str]]:
    """Lay out every difference to the first member; all pairs are in the table beside the page."""
    first = document.members[0].name
    return [
        [
            one.second,
            MEASURES[one.measure],
            one.class_name or "all",
            ABSENT if one.difference is None else f"{one.difference:+.4f}",
            ABSENT if one.interval is None else f"{one.interval.low:+.4f}",
            ABSENT if one.interval is None else f"{one.interval.high:+.4f}",
            "yes" if one.clear else "no",
        ]
        for one in document.differences
        if one.first == first
    ]


def _making(document: ComparisonDocument) -> list[tuple[str, list[tuple[str, str]]]]:
    made = document.provenance
    shared = [
        ("region", str(document.region)),
        ("voxels that count", f"{document.voxels:,}, {document.left_out_voxels:,} left out"),
    ]
    if document.bootstrap is not None:
        one = document.bootstrap
        words = f"{one.replicates} drawings of {one.blocks} blocks of {one.block_side} voxels a side, the same for all members"
        shared.append(("intervals", words))
    software = [
        ("command", " ".join(made.command)),
        ("created", made.created),
        ("packages", ", ".join(f"{name} {version}" for name, version in made.packages.items())),
        ("time to compare", f"{document.seconds:,.1f} s"),
    ]
    folders = [(member.name, member.path) for member in document.members]
    return [("Voxels", shared), ("Members", folders), ("Software", software)]


def _inline(paths: ComparisonPaths, chart: Chart) -> PagePicture:
    return PagePicture(
        section=chart.section,
        caption=chart.caption,
        alt=chart.alt,
        uri=png_uri(chart.png.read_bytes()),
        file=paths.relative(chart.svg),
        width=chart.width,
    )


def _files(paths: ComparisonPaths, charts: Sequence[Chart]) -> list[tuple[str, str]]:
    later = [getattr(paths, name) for name in WRITTEN_LATER]
    files = [(getattr(paths, name), what) for name, what in FILES.items()]
    files = [(file, what) for file, what in files if file.is_file() or file in later]
    files += [(file, chart.caption) for chart in charts for file in (chart.png, chart.svg)]
    return [(paths.relative(file), what) for file, what in files]


def _with_unit(value: float | None, unit: str) -> str:
    return ABSENT if value is None else f"{value:,.1f} {unit}"


def _mebibytes(value: int | None) -> str:
    return ABSENT if value is None else f"{value / 2**20:,.0f} MiB"
