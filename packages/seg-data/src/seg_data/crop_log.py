"""The log of what was drawn: one line per crop, from which the same voxels are cut again without drawing anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.atomic_files import atomic_path, read_text
from seg_common.errors import CropError, DocumentError
from seg_common.geometry.box import Box
from seg_common.schema.crops import CropLogHeader, CropLogSource
from seg_common.yaml_documents import validate
from seg_data.crop_sampler import Crop, make_sampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from seg_common.geometry.symmetries import Symmetry
    from seg_common.volume.opened_volume import Volume
    from seg_data.crop_reader import CropBatch
    from seg_data.crop_sampler import CropSampler
    from seg_data.region_sampler import RegionSampler

CROPS_AT_ONCE = 256


@dataclass(frozen=True)
class CropLog:
    """A log that was read."""

    header: CropLogHeader
    """Seed, configuration and volumes."""
    crops: tuple[Crop, ...]
    """The crops in the order in which they were logged."""


def write_crop_log(
    sampler: CropSampler,
    path: Path,
    count: int,
    *,
    first: int = 0,
    overwrite: bool = False,
    advance: Callable[[int], None] | None = None,
) -> Path:
    """Draw crops and write what they are, as JSON Lines: a header, then a line per crop.

    A line has the number of the crop, its volume, first voxel, shape, symmetry and attempts and, for labelled volumes, the share
    of each class.

    Parameters
    ----------
    sampler : CropSampler
        The stream.
    path : Path
        The file, usually ``crops.jsonl``.
    count : int
        Crops to draw.
    first : int
        Number of the first one.
    overwrite : bool
        Whether an existing file may be replaced.
    advance : callable, optional
        Told the number of crops after some.

    Returns
    -------
    Path

    Raises
    ------
    OutputExistsError
        If the file exists.
    CropError
        If too many crops in a row are rejected.
    """
    header = CropLogHeader(
        seed=sampler.seed,
        config=sampler.config,
        volumes=list(dict.fromkeys(str(source.volume.path) for source in sampler.sources)),
        sources=[_identity(source) for source in sampler.sources],
    )
    with atomic_path(path, overwrite=overwrite) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(json.dumps(header.model_dump(mode="json")) + "\n")
        for start in range(first, first + count, CROPS_AT_ONCE):
            crops = sampler.crops(start, min(CROPS_AT_ONCE, first + count - start))
            for crop in crops:
                file.write(json.dumps(_line(sampler, crop)) + "\n")
            if advance is not None:
                advance(len(crops))
    return path


def read_crop_log(path: Path) -> CropLog:
    """Read a log.

    Raises
    ------
    DocumentError
        If a line is not what `write_crop_log` writes; the message names it.
    """
    lines = read_text(path).splitlines()
    try:
        header = validate(json.loads(lines[0]) if lines else {}, CropLogHeader, path)
    except json.JSONDecodeError as error:
        msg = f"{path}: the first line of a crop log must be its header; {error}. Is it another file?"
        raise DocumentError(msg) from None
    crops = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            crops.append(_crop(json.loads(line), header))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            msg = f"{path}, line {number}: a crop must have n, source, start, symmetry and attempts; {error!r}. Write the log again."
            raise DocumentError(msg) from None
    return CropLog(header, tuple(crops))


def replay_crops(log: CropLog, volumes: Volume | Sequence[Volume], batch_size: int = 8) -> Iterator[CropBatch]:
    """Cut the crops of a log again, in its order: the same voxels, turned and augmented the same.

    Parameters
    ----------
    log : CropLog
        What was drawn.
    volumes : Volume or sequence of Volume
        The volumes that it was drawn from, in the same order.
    batch_size : int
        Crops of a batch; the last one may have fewer.

    Yields
    ------
    CropBatch

    Raises
    ------
    CropError
        If the volumes are others: of other voxels, labels or partitions.
    """
    from seg_data.crop_reader import CropReader

    # The crops are known: nothing may be rejected or even looked at while the sources are made.
    config = log.header.config.model_copy(update={"rejection": None, "draw": "reject", "on_reject": "drop"})
    sampler = make_sampler(volumes, config, log.header.seed, leave_out=False)
    found = [_identity(source) for source in sampler.sources]
    if found != log.header.sources:
        msg = (
            f"a log is replayed on the volumes that it was drawn from; it has {log.header.sources} and got {found}. "
            "Give the same volumes in the same order."
        )
        raise CropError(msg)
    reader = CropReader(sampler)
    for start in range(0, len(log.crops), batch_size):
        yield reader.read(log.crops[start : start + batch_size])


def _identity(source: RegionSampler) -> CropLogSource:
    labels = source.volume.label_source
    return CropLogSource(
        name=source.volume.document.name,
        image=source.volume.document.image.digest,
        labels=None if labels is None else labels.digest,
        region=source.region,
        normal=source.normal,
    )


def _line(sampler: CropSampler, crop: Crop) -> dict[str, Any]:
    source = sampler.sources[crop.source]
    line: dict[str, Any] = {
        "n": crop.n,
        "source": crop.source,
        "volume": source.volume.document.name,
        "start": list(crop.box.start),
        "shape": list(crop.box.shape),
        "symmetry": crop.symmetry,
        "turned": turned(source.symmetries[crop.symmetry]),
        "attempts": crop.attempts,
    }
    if source.labels is not None:
        counts = source.content.class_counts(np.array([crop.box.start]))[0]
        line["class_fractions"] = (counts / crop.box.voxels).tolist()
    return line


def turned(symmetry: Symmetry) -> str:
    """Write a symmetry as the axes of the turned crop in terms of the crop's own, as in ``+z -x +y``; a minus runs backwards."""
    axes = zip(symmetry.mirrored, symmetry.axes, strict=True)
    return " ".join(("-" if mirrored else "+") + "zyx"[axis] for mirrored, axis in axes)


def _crop(line: dict[str, Any], header: CropLogHeader) -> Crop:
    if not 0 <= line["source"] < len(header.sources):
        msg = f"source {line['source']} of {len(header.sources)}"
        raise ValueError(msg)
    box = Box(start=line["start"], shape=line["shape"])
    return Crop(int(line["n"]), box, int(line["symmetry"]), int(line["attempts"]), int(line["source"]))
