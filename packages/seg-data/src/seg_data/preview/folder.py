"""Draw and measure crops, and write what was found as a page, pictures, a table and a record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.atomic_files import atomic_write_bytes, refuse_existing
from seg_common.yaml_documents import dump
from seg_data.coverage import crops_by_volume, draw_offered, record_coverage
from seg_data.crop_expectation import expected_crops
from seg_data.preview.page import preview_page
from seg_data.preview.pictures import PICTURE_FILES, draw_pictures
from seg_data.preview.tables import coverage_csv
from seg_data.preview.visit_maps import pooled_histogram, visits_of_volume

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seg_common.schema.crops import CropsRecord, ExpectedCrops
    from seg_data.crop_sampler import CropSampler

PAGE_FILE, TABLE_FILE, RECORD_FILE = "preview.html", "coverage.csv", "crops.yaml"
TABLES = {
    TABLE_FILE: "acceptance, class shares and visits (CSV)",
    RECORD_FILE: "configuration, seed and all that was measured (YAML)",
}
STEPS = 2 + len(PICTURE_FILES)
"""Steps that `preview_crops` tells at the most."""


@dataclass(frozen=True)
class Preview:
    """What a preview found, and where it was written."""

    record: CropsRecord
    """What was offered, kept and covered."""
    folder: Path
    """Holds the page, the pictures, the table and the record."""
    files: tuple[str, ...]
    """Names of the files in it."""


def preview_crops(
    sampler: CropSampler,
    folder: Path | str,
    *,
    count: int = 24,
    cycles: int = 1,
    expected: Sequence[ExpectedCrops] | None = None,
    overwrite: bool = False,
    advance: Callable[[int, str], None] | None = None,
) -> Preview:
    """Show what a crop stream looks like, and measure what it covers.

    Parameters
    ----------
    sampler : CropSampler
        The stream.
    folder : path
        Where `preview.html`, its pictures, `coverage.csv` and `crops.yaml` go; made when missing. Nothing is written before
        everything is drawn.
    count : int, default 24
        Most crops on the contact sheet.
    cycles : int, default 1
        Cycles that are measured; see `measure_coverage`.
    expected : sequence of ExpectedCrops, optional
        What is to be expected of each source, if it was computed already.
    overwrite : bool
        Whether existing files may be replaced.
    advance : callable, optional
        Told after each of at most `STEPS` steps: 1, and what comes next.

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
    names = [PAGE_FILE, *PICTURE_FILES, *TABLES]
    for name in names:
        refuse_existing(folder / name, overwrite=overwrite)
    tell = advance or (lambda _steps, _next: None)
    if expected is None:
        expected = [expected_crops(source) for source in sampler.sources]
    offered = draw_offered(sampler, cycles=cycles)
    tell(1, "counting visits")
    volumes = crops_by_volume(sampler, offered)
    visits = [visits_of_volume(of) for of in volumes]
    histograms = [pooled_histogram([pair[index] for pair in visits]) for index in range(2)]
    record = record_coverage(sampler, offered, expected, histograms)
    tell(1, "drawing")
    pictures = []
    for picture in draw_pictures(sampler, offered, record, visits, count=count):
        pictures.append(picture)
        tell(1, picture.section)
    files = {picture.file: picture.png for picture in pictures}
    files |= {TABLE_FILE: coverage_csv(record).encode(), RECORD_FILE: dump(record).encode()}
    # The page links all other files: it comes last.
    files[PAGE_FILE] = preview_page(sampler, record, pictures, TABLES).encode()
    for name, content in files.items():
        atomic_write_bytes(folder / name, content, overwrite=overwrite)
    for name in set(names) - set(files):  # of a preview that was here before
        (folder / name).unlink(missing_ok=True)
    return Preview(record, folder, tuple(sorted(files)))
