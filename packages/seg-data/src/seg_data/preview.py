"""What the crop stream looks like: a contact sheet of crops offered, and a table of what they cover."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seg_common.atomic_files import atomic_write_text, refuse_existing
from seg_common.geometry.box import Box
from seg_common.pictures.contact_sheet import Panel, contact_sheet, write_png
from seg_common.pictures.overlay import grey_limits, grey_to_rgb, overlay
from seg_common.yaml_documents import write_document
from seg_data.coverage import draw_offered, record_coverage
from seg_data.crop_draws import Offered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.schema.crops import CropsRecord
    from seg_data.crop_sampler import CropSampler
    from seg_data.region_sampler import Candidate, RegionSampler

SHEET_FILE, TABLE_FILE, RECORD_FILE = "crops.png", "coverage.csv", "crops.yaml"
KEPT_COLOR, REJECTED_COLOR = "#009e73", "#d55e00"
PANEL_SIDE, COLUMNS = 384, 3
# Strong, because the bare image stands beside it and a pore is nearly black.
OVERLAY_ALPHA = 0.7


@dataclass(frozen=True)
class Preview:
    """What a preview found, and where it was written."""

    record: CropsRecord
    """What was offered, kept and covered."""
    folder: Path
    """Holds the contact sheet, the table and the record."""


def preview_crops(
    sampler: CropSampler,
    folder: Path | str,
    *,
    count: int = 24,
    cycles: int = 1,
    overwrite: bool = False,
) -> Preview:
    """Draw the contact sheet of a crop stream and measure what the stream covers.

    Parameters
    ----------
    sampler : CropSampler
        The stream.
    folder : path
        Where `crops.png`, `coverage.csv` and `crops.yaml` go; made when missing.
    count : int, default 24
        Most crops on the sheet, in the order in which they are offered.
    cycles : int, default 1
        Cycles that are measured; see `measure_coverage`.
    overwrite : bool
        Whether existing files may be replaced.

    Returns
    -------
    Preview

    Raises
    ------
    OutputExistsError
        If one of the files exists.
    CropError
        If too many crops in a row are rejected.
    """
    folder = Path(folder)
    for name in (SHEET_FILE, TABLE_FILE, RECORD_FILE):
        refuse_existing(folder / name, overwrite=overwrite)
    offered = draw_offered(sampler, cycles=cycles)
    record = record_coverage(sampler, offered)
    source, of_source = sampler.sources[0], offered[0]
    candidates = source.candidates(Offered(of_source.starts[:count], of_source.kept[:count]))
    _write_sheet(source, candidates, folder / SHEET_FILE, overwrite=overwrite)
    table = io.StringIO(newline="")
    csv.writer(table).writerows([("quantity", "of", "value"), *coverage_rows(record)])
    atomic_write_text(folder / TABLE_FILE, table.getvalue(), overwrite=overwrite)
    write_document(folder / RECORD_FILE, record, overwrite=overwrite)
    return Preview(record, folder)


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


def coverage_table(record: CropsRecord) -> str:
    """Write a record as a table for people."""
    kept_of = f"kept {record.kept} of {record.offered} crops offered (acceptance rate {record.acceptance_rate:.3f})"
    (source,) = record.sources
    cycle = "" if source.crops_per_cycle is None else f"; a cycle offers {source.crops_per_cycle}"
    lines = [f"{source.volume}, partition {record.config.partition}: {kept_of}{cycle}"]
    if record.class_names:
        width = max(len("class"), *(len(name) for name in record.class_names))
        lines += ["", f"{'class':{width}}  share in region  share in kept crops"]
        shares = zip(record.class_names, record.class_fractions_region, record.class_fractions_kept, strict=True)
        lines += [f"{name:{width}}  {region:15.4f}  {kept:19.4f}" for name, region, kept in shares]
    lines += ["", "visits per voxel      min  median     max  never"]
    for name, visits in (("by offered crops", record.visits_offered), ("by kept crops", record.visits_kept)):
        never = f"{visits.never} ({100 * visits.never_fraction:.2f} %)"
        lines.append(f"{name:16}  {visits.min:7d}  {visits.median:6g}  {visits.max:6d}  {never}")
    return "\n".join(lines)


def _write_sheet(sampler: RegionSampler, candidates: Sequence[Candidate], path: Path, *, overwrite: bool) -> None:
    """Write the middle slice of each crop beside its labels."""
    document = sampler.volume.document
    planes = [sampler.volume.image.read(_middle_slice(c))[0] for c in candidates]
    # One pair of limits for all crops: a crop of matrix alone must not look like a crop of fibres.
    limits = grey_limits(np.concatenate([plane.ravel() for plane in planes]))
    panels = []
    for number, (candidate, plane) in enumerate(zip(candidates, planes, strict=True)):
        picture = grey_to_rgb(plane, limits)
        if sampler.labels is not None:
            labels = sampler.labels.read(_middle_slice(candidate))[0]
            gap = np.full((len(picture), 1, 3), 255, np.uint8)
            picture = np.hstack([picture, gap, overlay(picture, labels, document.class_colors, alpha=OVERLAY_ALPHA)])
        caption = f"crop {number}, z {_middle_slice(candidate).start[0]}, {_verdict(candidate)}\n"
        frame = KEPT_COLOR if candidate.kept else REJECTED_COLOR
        panels.append(Panel(picture, caption + _shares(sampler, candidate), frame))
    longest = max(panels[0].picture.shape[:2])
    sheet = contact_sheet(
        panels,
        columns=min(COLUMNS, len(panels)),
        title=f"{document.name}, partition {sampler.config.partition}: crops of shape {sampler.config.shape} (z, y, x)",
        legend=[
            *zip(document.class_names[1:], document.class_colors[1:], strict=True),
            ("kept", KEPT_COLOR),
            ("rejected", REJECTED_COLOR),
        ],
        # A whole multiple of the crop's side leaves no gaps between panels.
        panel_side=min(longest * -(-PANEL_SIDE // longest), 2 * PANEL_SIDE),
    )
    write_png(path, sheet, overwrite=overwrite)


def _middle_slice(candidate: Candidate) -> Box:
    z, y, x = candidate.box.start
    depth, *plane = candidate.box.shape
    return Box(start=(z + depth // 2, y, x), shape=(1, plane[0], plane[1]))


def _verdict(candidate: Candidate) -> str:
    chance = f" (reject probability {candidate.reject_probability:.2g})" if candidate.reject_probability else ""
    return ("kept" if candidate.kept else "rejected") + chance


def _shares(sampler: RegionSampler, candidate: Candidate) -> str:
    """Write the class shares of the whole crop in percent; the first class is what is left."""
    if candidate.class_fractions is None:
        return ""
    shares = candidate.class_fractions
    names = sampler.volume.document.class_names
    return "  ".join(f"{name} {100 * share:.2g} %" for name, share in list(zip(names, shares, strict=True))[1:])
