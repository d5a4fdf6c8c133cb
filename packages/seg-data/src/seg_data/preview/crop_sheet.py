"""The contact sheet: crops that were offered, with what became of them and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seg_common.pictures.contact_sheet import Panel, contact_sheet
from seg_common.pictures.overlay import grey_limits
from seg_common.volume.reflection import reflected_indices
from seg_data.crop_draws.drawn import Offered
from seg_data.plane_order import plane_axes, to_plane
from seg_data.preview.crop_picture import Look, Scale, crop_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray
    from PIL.Image import Image

    from seg_data.crop_sampler import CropSampler
    from seg_data.region_sampler import Candidate, RegionSampler

KEPT_COLOR, REJECTED_COLOR = "#009e73", "#d55e00"
SIDE_2D, COLUMNS_2D = 256, 3
SIDE_3D, COLUMNS_3D = 192, 2
MOST_NAMED = 5
"""Most classes in a caption; the most frequent ones of the crop."""
MOST_EXPLAINED = 12
"""Most classes in a legend."""


class Shown(NamedTuple):
    """A crop on the sheet."""

    source: int
    """Index of its source."""
    place: int
    """Its place among the crops that the source offered."""
    candidate: Candidate
    """What was offered."""
    image: NDArray[Any]
    """Grey levels (normal, rows, columns)."""
    labels: NDArray[Any] | None
    """Class indices of the same shape; None without labels."""


def draw_crop_sheet(sampler: CropSampler, offered: Sequence[Offered], count: int) -> Image:
    """Draw crops in the order in which they are offered: half of them kept and half rejected, where there are so many.

    Parameters
    ----------
    sampler : CropSampler
        The stream.
    offered : sequence of Offered
        What each source offers.
    count : int
        Most crops on the sheet, divided among the sources.

    Returns
    -------
    PIL.Image.Image
    """
    shown = choose_crops(sampler, offered, count)
    document = sampler.sources[0].volume.document
    solid = sampler.config.shape[0] > 1
    limits = grey_limits(np.concatenate([crop.image[len(crop.image) // 2].ravel() for crop in shown]))
    look = Look(limits, document.class_colors, SIDE_3D if solid else SIDE_2D)
    panels = [
        Panel(
            crop_picture(crop.image, crop.labels, voxel_scale(sampler.sources[crop.source]), look),
            _caption(sampler, crop),
            KEPT_COLOR if crop.candidate.kept else REJECTED_COLOR,
        )
        for crop in shown
    ]
    seen = occurring_classes(shown)
    frames = [("frame: kept", KEPT_COLOR), ("rejected", REJECTED_COLOR)]
    shape = " \N{MULTIPLICATION SIGN} ".join(map(str, sampler.config.shape))
    return contact_sheet(
        panels,
        columns=min(COLUMNS_3D if solid else COLUMNS_2D, len(panels)),
        title=f"{volume_names(sampler)}, partition {sampler.config.partition}: crops of {shape} voxels",
        legend=[
            *((document.class_names[index], document.class_colors[index]) for index in seen if index),
            *frames[: 1 if all(crop.candidate.kept for crop in shown) else 2],
        ],
        panel_side=None,
    )


def choose_crops(sampler: CropSampler, offered: Sequence[Offered], count: int) -> list[Shown]:
    """Choose crops to show, of every source its first ones, and read them."""
    shown = []
    sources = sampler.sources[:count]
    for index, (source, of_source) in enumerate(zip(sources, offered, strict=False)):
        share = count // len(sources) + (index < count % len(sources))
        places = first_of_both(of_source.kept, share)
        chosen = Offered(of_source.starts[places], of_source.kept[places])
        for place, candidate in zip(places.tolist(), source.candidates(chosen), strict=True):
            axes = plane_axes(source.normal)
            image = source.volume.image.read(candidate.box).transpose(axes)
            labels = None if source.labels is None else source.labels.read(candidate.box).transpose(axes)
            shown.append(Shown(index, place, candidate, image, labels))
    return shown


def first_of_both(kept: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Find the first kept and the first rejected ones, half of `count` each unless there are fewer; in order."""
    good, bad = np.flatnonzero(kept), np.flatnonzero(~kept)
    of_bad = min(len(bad), max(count // 2, count - len(good)))
    return np.sort(np.concatenate([good[: count - of_bad], bad[:of_bad]]))


def voxel_scale(source: RegionSampler) -> Scale:
    """Scale of the crops of a source, in the order of their axes."""
    document = source.volume.document
    size = None if document.voxel_size is None else to_plane(document.voxel_size, source.normal)
    return Scale.of(size, document.voxel_size_unit)


def volume_names(sampler: CropSampler) -> str:
    """Names of the volumes of a training set: two at the most, and how many more."""
    names = list(dict.fromkeys(source.volume.document.name for source in sampler.sources))
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def source_name(sampler: CropSampler, index: int) -> str:
    """Name of a source: the volume where there are several, and the plane where there are several."""
    source = sampler.sources[index]
    several = len({of.volume.path for of in sampler.sources}) > 1
    parts = [source.volume.document.name] if several else []
    parts += [f"slices across {source.normal}"] if len(sampler.config.normals) > 1 else []
    return ", ".join(parts)


def occurring_classes(shown: Sequence[Shown]) -> list[int]:
    """Classes that the shown crops hold, the most frequent ones, by index."""
    fractions = [crop.candidate.class_fractions for crop in shown if crop.candidate.class_fractions is not None]
    total = np.array(fractions).sum(axis=0) if fractions else np.empty(0)
    frequent = np.argsort(-total, kind="stable")[:MOST_EXPLAINED]
    return sorted(int(index) for index in frequent if total[index])


def _caption(sampler: CropSampler, crop: Shown) -> str:
    source = sampler.sources[crop.source]
    start = crop.candidate.box.start
    where = ", ".join(f"{axis} {a}" for axis, a in zip("zyx", start, strict=True))
    name = source_name(sampler, crop.source)
    lines = [*([name] if name else []), f"offered {crop.place + 1}, starts at {where}"]
    if sampler.config.slices > 1:
        lines.append(_channels(source, start["zyx".index(source.normal)]))
    lines += [_verdict(sampler, crop.candidate)]
    shares = _shares(source, crop.candidate)
    return "\n".join([*lines, *([shares] if shares else [])])


def _channels(source: RegionSampler, middle: int) -> str:
    """Name the slices that are the channels of a 2.5D crop."""
    half, axis = source.config.slices // 2, "zyx".index(source.normal)
    low, high = source.region.start[axis], source.region.stop[axis]
    indices = reflected_indices(middle - half, middle + half + 1, low, high).tolist()
    mirrored = indices != list(range(middle - half, middle + half + 1))
    return f"channels: {source.normal} {', '.join(map(str, indices))}{' (mirrored)' if mirrored else ''}"


def _verdict(sampler: CropSampler, candidate: Candidate) -> str:
    word = "kept" if candidate.kept else "rejected"
    if sampler.config.rejection is None:
        return word
    if candidate.kept and candidate.reject_probability == 1:  # only keep_uncovered does that
        word = "kept to cover new voxels"
    return f"{word}, reject probability {candidate.reject_probability:.3g}"


def _shares(source: RegionSampler, candidate: Candidate) -> str:
    """Write the class shares of the whole crop in percent; of two or more classes the first is what is left."""
    if candidate.class_fractions is None:
        return ""
    named = list(zip(source.volume.document.class_names, candidate.class_fractions, strict=True))
    named = named[1:] if len(named) > 1 else named
    frequent = sorted(named, key=lambda pair: -pair[1])[:MOST_NAMED]
    return "  ".join(f"{name} {100 * share:.2g} %" for name, share in named if (name, share) in frequent)
