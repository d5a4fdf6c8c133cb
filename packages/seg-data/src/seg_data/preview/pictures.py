"""All pictures of a preview, each with its caption and with what it shows in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib import rc_context

from seg_common.pictures.contact_sheet import png_bytes
from seg_data.chart_style import STYLE, chart_bytes
from seg_data.preview.augmentation_sheet import draw_augmentation_sheet
from seg_data.preview.crop_sheet import draw_crop_sheet
from seg_data.preview.leaf_contents import leaf_contents
from seg_data.preview.rejection_chart import draw_rejection
from seg_data.preview.share_charts import draw_acceptance, draw_class_shares, share_rows
from seg_data.preview.visit_charts import draw_visit_histogram, draw_visit_maps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from matplotlib.figure import Figure

    from seg_common.schema.crops import CropsRecord
    from seg_data.crop_draws.drawn import Offered
    from seg_data.crop_sampler import CropSampler
    from seg_data.preview.visit_maps import VisitMaps

PICTURE_FILES = (
    "crops.png",
    "augmentation.png",
    "coverage.png",
    "visits.png",
    "class_shares.png",
    "acceptance.png",
    "rejection.png",
)
"""Every file that `draw_pictures` may make."""
CHART_WIDTH, MAP_WIDTH = 720, 1040


@dataclass(frozen=True)
class Picture:
    """One picture of a preview."""

    section: str
    """Part of the page."""
    file: str
    """Its name."""
    png: bytes
    """Its content."""
    caption: str
    """What to see in it."""
    alt: str
    """What it shows, for those who cannot see it."""
    width: int
    """Width on the page in CSS pixels, where there is room."""


def draw_pictures(
    sampler: CropSampler,
    offered: Sequence[Offered],
    record: CropsRecord,
    visits: Sequence[tuple[VisitMaps, VisitMaps]],
    *,
    count: int,
) -> Iterator[Picture]:
    """Draw everything that there is something to show in.

    Parameters
    ----------
    sampler : CropSampler
        The stream.
    offered : sequence of Offered
        What each source offered.
    record : CropsRecord
        What was measured of it.
    visits : sequence of (VisitMaps, VisitMaps)
        Visits of each volume by offered and by kept crops.
    count : int
        Most crops on the contact sheet.

    Yields
    ------
    Picture
    """
    labelled = bool(record.class_names)
    sheet = draw_crop_sheet(sampler, offered, count)
    slices = (
        "three orthogonal slices through the middle or where most is labelled"
        if sampler.config.shape[0] > 1
        else "its slice"
    )
    beside = ", and beside it the same with the classes in colour" if labelled else ""
    yield Picture(
        "crops",
        "crops.png",
        png_bytes(sheet),
        f"Crops in the order in which they are offered, half of them kept and half rejected where there are so many. Of each {slices}"
        f"{beside}; below, where it starts, what became of it and the shares of its classes.",
        f"A contact sheet of up to {count} crops, each as a grey picture{' and with its labels overlaid' if labelled else ''}.",
        sheet.width,
    )
    before_after = draw_augmentation_sheet(sampler)
    if before_after is not None:
        yield Picture(
            "augmentation",
            "augmentation.png",
            png_bytes(before_after),
            "The first crops of the stream as they are stored, and as they are handed to the network. Of a turned crop the axes are "
            "named in terms of the stored one; a minus runs backwards.",
            "Rows of crops: first as stored, then augmented, then turned or mirrored as well.",
            before_after.width,
        )
    kept, given = record.visits_kept, record.visits_offered
    yield _chart(
        "visits",
        "coverage.png",
        lambda: draw_visit_maps(sampler, visits),
        "Mean visits per voxel, seen along each axis. Grey where nothing is labelled.",
        f"Maps of the visits per voxel along z, y and x; by offered crops {given.min} to {given.max} visits, by kept crops "
        f"{kept.min} to {kept.max}.",
        MAP_WIDTH,
    )
    yield _chart(
        "visits",
        "visits.png",
        lambda: draw_visit_histogram(visits),
        "Share of the voxels that so many crops hold.",
        f"Histogram of the visits per voxel; median {given.median:g} by offered and {kept.median:g} by kept crops, "
        f"{kept.never_fraction:.2%} of the voxels in no kept crop.",
    )
    if labelled:
        crops = dict(share_rows(record))["kept crops"]
        words = ", ".join(f"{name} {share:.2%}" for name, share in zip(record.class_names, crops, strict=True))
        yield _chart(
            "shares",
            "class_shares.png",
            lambda: draw_class_shares(record, sampler.sources[0].volume.document.class_colors),
            "Each class on its own scale. What is expected was computed before any crop was drawn.",
            f"Bars of the class shares in the region, in the kept crops and as expected; in the kept crops: {words}.",
        )
    yield _chart(
        "acceptance",
        "acceptance.png",
        lambda: draw_acceptance(record),
        "Acceptance expected and measured.",
        f"Acceptance of each source with its interval; measured over all {record.acceptance_rate:.3f}.",
    )
    contents = leaf_contents(sampler, offered)
    if contents:
        yield _chart(
            "rejection",
            "rejection.png",
            lambda: draw_rejection(contents),
            "Crops by what they hold, and the probability with which they are rejected for it.",
            f"Histogram of {contents[0].quantity} among offered and kept crops, with the reject probability as a line.",
        )


def _chart(
    section: str, file: str, draw: Callable[[], Figure], caption: str, alt: str, width: int = CHART_WIDTH
) -> Picture:
    with rc_context(STYLE):
        return Picture(section, file, chart_bytes(draw(), "png"), caption, alt, width)
