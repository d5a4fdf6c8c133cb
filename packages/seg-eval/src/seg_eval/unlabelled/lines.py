"""What the terminal says of a prediction beyond its scores: doubt, warnings, slices to annotate next."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.schema.evaluation import EvaluationDocument
    from seg_common.schema.evaluation_without_reference import Uncertainty


def doubt_lines(document: EvaluationDocument) -> Iterator[str]:
    """Give the lines of a document; of one with a reference for every voxel only its warnings.

    Parameters
    ----------
    document : EvaluationDocument
        All scores.

    Yields
    ------
    str
        Without ends of lines.
    """
    if document.uncertainty is not None and document.confusion is None:
        yield _uncertainty(document.uncertainty)
    if document.annotate_next:
        axis = document.annotate_next[0].axis
        places = ", ".join(str(one.index) for one in document.annotate_next)
        yield f"annotate next: slices {axis} = {places} (unsure, far apart and unlike each other); then"
        yield f"  {labelling_command(document)}"
    for warning in document.warnings:
        yield f"warning: {warning}"


def labelling_command(document: EvaluationDocument) -> str:
    """Write the command that takes labels of the slices to annotate, one TIFF or PNG file each."""
    volume = "VOLUME" if document.volume is None else shlex.quote(str(Path(document.volume.path).parent))
    classes = "".join(f" --class {shlex.quote(info.name)}" for info in document.classes)
    axis = document.annotate_next[0].axis
    return f"seg-data add-labels {volume} NAME --label-slices FOLDER --label-axis {axis}{classes}"


def _uncertainty(found: Uncertainty) -> str:
    by_class = ", ".join(
        f"{name} {share:.1%}" for name, share in found.low_confidence_by_class.items() if share is not None
    )
    return (
        f"uncertainty: mean entropy {found.mean_entropy:.4f} (0 for sure, 1 for a guess); highest probability below "
        f"{found.low_confidence_below:g} in {found.low_confidence_share:.1%} of the voxels ({by_class})"
    )
