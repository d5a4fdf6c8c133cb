"""Which of the arrays in a file is meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from seg_common.errors import VolumeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def choose_dataset(
    shapes: Mapping[str, tuple[int, ...]], path: Path, dataset: str | None, preferred: Sequence[str]
) -> str:
    """Choose the dataset asked for, the only one that can be a volume, or the one with a preferred name.

    Parameters
    ----------
    shapes : mapping
        Shape of each array by its name.
    path : Path
        The file, for errors.
    dataset : str, optional
        Name asked for; slashes around it do not matter.
    preferred : sequence of str
        Names to choose by when several have three axes.

    Returns
    -------
    str
        A key of `shapes`; the one asked for may have any shape. Arrays with axes of length one beside the three are taken when there are no others.

    Raises
    ------
    VolumeError
        If the name is unknown, or none is given and several could be meant.
    """
    listing = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"
    if dataset is not None:
        name = dataset.strip("/")
        if name in shapes:
            return name
        close = difflib.get_close_matches(name, shapes, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        msg = f"the dataset must exist in the file; {path} has no {name!r}, it holds: {listing}{hint}"
        raise VolumeError(msg)
    volumes = [name for name, shape in shapes.items() if len(shape) == 3]
    volumes = volumes or [name for name, shape in shapes.items() if len(shape) > 3 and sum(n > 1 for n in shape) <= 3]
    if len(volumes) == 1:
        return volumes[0]
    for name in preferred:
        if name in volumes:
            return name
    msg = (
        f"the dataset must be named when several or none have three axes; {path} holds: {listing}. Write {path}::NAME."
    )
    raise VolumeError(msg)
