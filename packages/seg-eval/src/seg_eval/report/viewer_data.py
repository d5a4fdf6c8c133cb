"""What the viewer of the report gets: slices as compressed text, within a budget."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any

from PIL import Image

from seg_eval.report.page_picture import webp_uri
from seg_eval.report.slice_choice import AXES
from seg_eval.report.words import reason_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.schema.evaluation import EvaluationDocument
    from seg_eval.report.shown_slices import ShownSlice

BUDGET = 4_000_000
"""Characters of the page that slices may take."""
QUALITY = 75
"""Of the grey levels in the page, as WebP counts it; labels keep every bit."""


def viewer_data(document: EvaluationDocument, slices: Sequence[ShownSlice], background: int) -> dict[str, Any]:
    """Pack slices for the viewer.

    Parameters
    ----------
    document : EvaluationDocument
        Classes, voxel size, notable slices.
    slices : sequence of ShownSlice
        The most wanted first; those that do not fit into `BUDGET` any more are left away, but never the first.
    background : int
        Class that is left uncoloured.

    Returns
    -------
    dict
        Ready for JSON. Grey levels are WebP as a data URI; labels are bytes, deflated, in base64: first the reference
        row by row, if there is one, then the prediction, as its exclusive or with the reference.
    """
    size, unit = document.voxel_size or (1.0, 1.0, 1.0), document.voxel_size_unit or "voxels"
    axes: dict[str, Any] = {}
    left = BUDGET
    for shown in slices:
        packed = _pack(document, shown)
        left -= len(packed["labels"]) + len(packed.get("image", ""))
        if left < 0 and axes:
            break
        name = AXES[shown.axis]
        rows, columns = (axis for axis in range(3) if axis != shown.axis)
        axes.setdefault(
            name,
            {
                "rows": AXES[rows],
                "columns": AXES[columns],
                "start": [document.region.start[rows], document.region.start[columns]],
                "shape": list(shown.prediction.shape),
                "step": shown.step,
                "size": [size[rows] * shown.step, size[columns] * shown.step],
                "slices": [],
            },
        )["slices"].append(packed)
    for axis in axes.values():
        axis["slices"].sort(key=lambda packed: packed["index"])
    return {
        "classes": [{"name": info.name, "color": info.color} for info in document.classes],
        "background": background,
        "unit": unit,
        "axes": axes,
    }


def _pack(document: EvaluationDocument, shown: ShownSlice) -> dict[str, Any]:
    planes = shown.prediction.tobytes()
    if shown.reference is not None:
        # Right voxels become 0, which takes next to nothing.
        planes = shown.reference.tobytes() + (shown.reference ^ shown.prediction).tobytes()
    packed: dict[str, Any] = {
        "index": shown.index,
        "labels": base64.b64encode(zlib.compress(planes, 9)).decode(),
        "reference": shown.reference is not None,
        "wrong": shown.wrong_share,
        "shares": [round(share, 6) for share in shown.predicted_shares],
        "why": [
            reason_in_words(one)
            for one in document.notable_slices
            if (one.axis, one.index) == (AXES[shown.axis], shown.index)
        ],
    }
    if shown.image is not None:
        packed["image"] = webp_uri(Image.fromarray(shown.image), QUALITY)
    return packed
