"""Statistics as tables: CSV for programs and spreadsheets, and a few lines for people."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from typing import TYPE_CHECKING

from seg_common.results_log import spreadsheet_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from seg_common.schema.statistics import RegionStatistics, SliceStatistics, VolumeStatistics

UNLABELLED = "unlabelled"
WHOLE = "whole volume"
Row = tuple[object, ...]


def region_name(region: RegionStatistics) -> str:
    """Name of a region in tables and pictures."""
    return WHOLE if region.partition is None else region.partition


def table_texts(statistics: VolumeStatistics) -> dict[str, str]:
    """Write all tables as CSV, by file name.

    Numbers that divide by nothing, such as the Jaccard of two slices that both lack a class, are left empty.
    """
    tables = {"histograms.csv": _histogram_rows(statistics)}
    if statistics.classes:
        tables["class_shares.csv"] = _share_rows(statistics)
    tables.update({f"slices_{axis}.csv": _slice_rows(statistics, slices) for axis, slices in statistics.slices.items()})
    return {name: _csv(rows) for name, rows in tables.items()}


def share_table(statistics: VolumeStatistics) -> str:
    """Write class shares by region for people; the ignored voxels stand apart."""
    names = [info.name for info in statistics.classes]
    header = ["region", "voxels", *([UNLABELLED] if names else []), *names]
    rows = [header]
    for region in statistics.regions:
        cells = [region_name(region), str(region.voxels)]
        if names:
            shares = region.class_fractions
            cells.append(str(region.unlabelled_voxels))
            cells += ["-"] * len(names) if shares is None else [f"{100 * share:.3f} %" for share in shares]
        rows.append(cells)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *numbers in rows:
        cells = [number.rjust(width) for number, width in zip(numbers, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *cells]))
    return "\n".join(lines)


def _histogram_rows(statistics: VolumeStatistics) -> Iterator[Row]:
    yield "region", "class", "dtype", "closed", "bin_low", "bin_high", "voxels"
    names = [*(info.name for info in statistics.classes), UNLABELLED]
    for region in statistics.regions:
        for name, counts in zip(names, [*region.histogram, region.unlabelled_histogram], strict=True):
            for (low, high), count in zip(pairwise(statistics.edges), counts, strict=True):
                yield region_name(region), name, statistics.dtype, statistics.closed, low, high, count


def _share_rows(statistics: VolumeStatistics) -> Iterator[Row]:
    yield "region", "class", "voxels", "share_of_labelled", "share_of_all"
    for region in statistics.regions:
        labelled = sum(region.class_voxels)
        for info, count in zip(statistics.classes, region.class_voxels, strict=True):
            yield region_name(region), info.name, count, ratio(count, labelled), count / region.voxels
        unlabelled = region.unlabelled_voxels
        yield region_name(region), UNLABELLED, unlabelled, None, unlabelled / region.voxels


def _slice_rows(statistics: VolumeStatistics, counts: SliceStatistics) -> Iterator[Row]:
    yield (
        *("slice", "class", "voxels", "labelled_voxels", "share_of_labelled"),
        *("intersection_with_next", "union_with_next", "jaccard_with_next"),
    )
    labelled = [sum(column) for column in zip(*counts.class_voxels, strict=True)]
    for index, known in enumerate(labelled):
        for number, info in enumerate(statistics.classes):
            voxels = counts.class_voxels[number][index]
            pair: Row = (None, None, None)
            if index + 1 < len(labelled):
                shared, either = counts.intersection[number][index], counts.union[number][index]
                pair = (shared, either, ratio(shared, either))
            yield index, info.name, voxels, known, ratio(voxels, known), *pair


def ratio(part: int, whole: int) -> float | None:
    """Share of a whole; None of nothing."""
    return part / whole if whole else None


def _csv(rows: Iterable[Row]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(
        [spreadsheet_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return text.getvalue()
