"""`slices.h5`: the slices that the report shows, so that it can be drawn again without the volumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from seg_common.atomic_files import atomic_path
from seg_common.errors import SegError
from seg_common.geometry.box import Box
from seg_common.pictures.overlay import grey_limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_eval.measured_arrays import MeasuredArrays

LONGEST_SIDE = 1024
"""Voxels along the longer side of a slice; of larger slices every second, third, … voxel is kept."""
MOST_BYTES = 48 * 2**20
"""What all slices may take before compression; the first three are kept whatever they take."""
UNMEASURED = 255
"""Label of voxels that count in no score."""
FIELDS = ("image", "reference", "prediction")


@dataclass(frozen=True, eq=False)
class ShownSlice:
    """Two-dimensional cuts of everything at one place, axes (rows, columns)."""

    axis: int
    """Axis across the slice: 0, 1, 2 for z, y, x; rows and columns run along the two others, in their order."""
    index: int
    """Voxel along that axis, in the volume's coordinates."""
    step: int
    """Every step-th voxel along rows and columns is kept."""
    image: NDArray[np.uint8] | None
    """Grey levels, stretched so that 0 and 255 are the darkest and brightest of all but a few voxels."""
    reference: NDArray[np.uint8] | None
    """Reference classes; UNMEASURED where nothing is measured."""
    prediction: NDArray[np.uint8]
    """Predicted classes."""
    wrong_share: float | None
    """Share of wrong voxels among the measured ones, before any was left away."""
    predicted_shares: tuple[float, ...]
    """Share of each predicted class, likewise."""


def write_slices(path: Path, arrays: MeasuredArrays, places: Sequence[tuple[int, int]]) -> None:
    """Cut slices out of the volumes and write them.

    Parameters
    ----------
    path : Path
        ``slices.h5`` of an evaluation folder; it must not exist.
    arrays : MeasuredArrays
        Where the voxels are; one slice of each is held at a time.
    places : sequence of (axis, index)
        Slices, the most wanted first. The last ones are left away when all would take more than 48 MiB.
    """
    limits = None if arrays.image is None else _limits(arrays, places[:3])
    left = MOST_BYTES
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        for number, (axis, index) in enumerate(places):
            shown = _cut(arrays, axis, index, limits)
            planes = {name: plane for name in FIELDS if (plane := getattr(shown, name)) is not None}
            left -= sum(plane.nbytes for plane in planes.values())
            if left < 0 and number >= 3:
                break
            group = file.create_group(f"{number:03d}")
            group.attrs.update({"axis": axis, "index": index, "step": shown.step, "shares": shown.predicted_shares})
            if shown.wrong_share is not None:
                group.attrs["wrong"] = shown.wrong_share
            for name, plane in planes.items():
                group.create_dataset(name, data=plane, compression="gzip", shuffle=False)


def read_slices(path: Path) -> list[ShownSlice]:
    """Read the slices of an evaluation, the most wanted first.

    Raises
    ------
    SegError
        If the file is missing or damaged.
    """
    try:
        with h5py.File(path, "r") as file:
            return [_read(file[name]) for name in sorted(file)]
    except (OSError, KeyError, ValueError) as error:
        msg = f"the slices of a report must be readable HDF5; {path}: {error}. Evaluate the volume again."
        raise SegError(msg) from error


def _read(group: Any) -> ShownSlice:
    planes: dict[str, Any] = {name: group[name][()] if name in group else None for name in FIELDS}
    wrong = group.attrs.get("wrong")
    return ShownSlice(
        axis=int(group.attrs["axis"]),
        index=int(group.attrs["index"]),
        step=int(group.attrs["step"]),
        wrong_share=None if wrong is None else float(wrong),
        predicted_shares=tuple(float(share) for share in group.attrs["shares"]),
        **planes,
    )


def _plane_box(region: Box, axis: int, index: int) -> Box:
    start, shape = list(region.start), list(region.shape)
    start[axis], shape[axis] = index, 1
    return Box(start=(start[0], start[1], start[2]), shape=(shape[0], shape[1], shape[2]))


def _limits(arrays: MeasuredArrays, places: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Grey levels of black and white, for all slices alike."""

    def samples() -> Iterator[NDArray[Any]]:
        for axis, index in places:
            if arrays.image is not None:
                plane = arrays.image.read(_plane_box(arrays.region, axis, index))
                step = -(-max(plane.shape) // LONGEST_SIDE)
                yield plane[::step, ::step, ::step].ravel()

    return grey_limits(np.concatenate(list(samples())))


def _cut(arrays: MeasuredArrays, axis: int, index: int, limits: tuple[float, float] | None) -> ShownSlice:
    box = _plane_box(arrays.region, axis, index)
    n_classes = arrays.n_classes
    prediction = _classes(arrays.prediction.read(box).squeeze(axis), n_classes)
    step = -(-max(prediction.shape) // LONGEST_SIDE)
    reference, wrong_share = None, None
    measured = prediction != UNMEASURED
    if arrays.reference is not None:
        labels = arrays.reference.read(box).squeeze(axis)
        reference = _classes(labels, n_classes)
        if arrays.ignored_label is not None:
            reference[labels == arrays.ignored_label] = UNMEASURED
        measured &= reference != UNMEASURED
        if measured.any():
            wrong_share = float((reference != prediction)[measured].mean())
    counts = np.bincount(prediction[measured], minlength=n_classes)
    return ShownSlice(
        axis=axis,
        index=index,
        step=step,
        image=None
        if arrays.image is None or limits is None
        else _grey(arrays.image.read(box).squeeze(axis), step, limits),
        reference=None if reference is None else reference[::step, ::step],
        prediction=prediction[::step, ::step],
        wrong_share=wrong_share,
        predicted_shares=tuple((counts / max(1, counts.sum())).tolist()),
    )


def _classes(labels: NDArray[Any], n_classes: int) -> NDArray[np.uint8]:
    known = (labels >= 0) & (labels < n_classes)
    return np.where(known, labels, UNMEASURED).astype(np.uint8)


def _grey(plane: NDArray[Any], step: int, limits: tuple[float, float]) -> NDArray[np.uint8]:
    """Stretch to 0 … 255; voxels without a finite grey level are black."""
    low, high = limits
    grey = (plane[::step, ::step].astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
    stretched: NDArray[np.uint8] = np.nan_to_num(grey.clip(0, 255)).round().astype(np.uint8)
    return stretched
