"""Crops and their coverage as rows of a file, and as tables for people."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from seg_data.preview.acceptance import acceptance_sentence, nothing_to_compare, source_label
from seg_data.preview.share_charts import of_labelled, share_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.schema.crops import CropsRecord, ExpectedCrops
    from seg_data.crop_sampler import CropSampler


def coverage_csv(record: CropsRecord) -> str:
    """Write what a record holds as CSV: quantity, of what, value."""
    table = io.StringIO(newline="")
    csv.writer(table).writerows([("quantity", "of", "value"), *coverage_rows(record)])
    return table.getvalue()


def coverage_rows(record: CropsRecord) -> list[tuple[str, str, float]]:
    """List what a record holds as rows (quantity, of what, value): fractions in [0, 1], visits and crops as counts."""
    rows: list[tuple[str, str, float]] = [
        ("crops", "offered", record.offered),
        ("crops", "kept", record.kept),
        ("acceptance_rate", "offered", record.acceptance_rate),
    ]
    for name, in_region, in_kept in zip(
        record.class_names, record.class_fractions_region, record.class_fractions_kept, strict=True
    ):
        rows += [(f"class_fraction {name}", "region", in_region), (f"class_fraction {name}", "kept", in_kept)]
    for of, visits in (("offered", record.visits_offered), ("kept", record.visits_kept)):
        rows += [(f"visits {key}", of, value) for key, value in visits.model_dump().items()]
    return rows


def expectation_table(sampler: CropSampler, expected: Sequence[ExpectedCrops]) -> str:
    """Write what is to be expected of each source, before any crop is drawn, as a table for people."""
    lines = []
    names = sampler.sources[0].volume.document.class_names
    for source, share, of_source in zip(sampler.sources, sampler.shares, expected, strict=True):
        plane = f", slices across {source.normal}" if len(sampler.config.normals) > 1 else ""
        part = f", {share:.1%} of the crops" if len(sampler.sources) > 1 else ""
        lines.append(f"{source.volume.document.name}, partition {sampler.config.partition}{plane}{part}")
        lines.append(f"  expected acceptance  {expectation_words(of_source)}")
        shares = zip(names, of_labelled(of_source.class_fractions), strict=False)
        words = "  ".join(f"{name} {fraction:.4f}" for name, fraction in shares)
        lines += [f"  expected shares      {words}"] if words else []
    return "\n".join(lines)


def expectation_words(expected: ExpectedCrops) -> str:
    """Write an expected acceptance with how it is known."""
    if expected.exact:
        return f"{expected.acceptance_rate:.3f} (exact: all {expected.positions:,} positions)"
    low, high = expected.interval
    return f"{expected.acceptance_rate:.3f} ({low:.3f} to {high:.3f}, estimated from {expected.positions:,} crops)"


def coverage_table(record: CropsRecord) -> str:
    """Write a record as a table for people."""
    kept_of = f"kept {record.kept} of {record.offered} crops offered (acceptance rate {record.acceptance_rate:.3f})"
    names = ", ".join(dict.fromkeys(source.volume for source in record.sources))
    cycle = "" if record.crops_per_cycle is None else f"; a cycle offers {record.crops_per_cycle}"
    lines = [f"{names}, partition {record.config.partition}: {kept_of}{cycle}"]
    if len(record.sources) > 1:
        lines += [f"  {source_label(record, of)}: kept {of.kept} of {of.offered}" for of in record.sources]
    if not nothing_to_compare(record.config) and all(source.expected for source in record.sources):
        lines.append(acceptance_sentence(record))
    if record.class_names:
        rows = share_rows(record)
        width = max(len("class"), *(len(name) for name in record.class_names))
        lines += [
            "",
            f"{'class':{width}}  " + "  ".join(f"{name:>12}" for name, _ in rows) + "   shares of the labelled voxels",
        ]
        for index, name in enumerate(record.class_names):
            lines.append(f"{name:{width}}  " + "  ".join(f"{shares[index]:12.4f}" for _, shares in rows))
    lines += ["", "visits per voxel      min  median     max  never"]
    for name, visits in (("by offered crops", record.visits_offered), ("by kept crops", record.visits_kept)):
        never = f"{visits.never} ({100 * visits.never_fraction:.2f} %)"
        lines.append(f"{name:16}  {visits.min:7d}  {visits.median:6g}  {visits.max:6d}  {never}")
    return "\n".join(lines)
