"""SimpleITK: a component filter for each class, then label shape statistics, one call per blob."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk
from task import blob_digest, error_codes, measure

if TYPE_CHECKING:
    from collections.abc import Callable


def blobs(codes: np.ndarray[Any, Any]) -> Callable[[], Any]:
    def work() -> Any:
        rows = []
        for code in range(1, int(codes.max()) + 1):
            mask = sitk.GetImageFromArray((codes == code).astype(np.uint8))
            statistics = sitk.LabelShapeStatisticsImageFilter()
            statistics.Execute(sitk.ConnectedComponent(mask, True))
            rows += [(statistics.GetNumberOfPixels(k), *statistics.GetBoundingBox(k)) for k in statistics.GetLabels()]

        def digest() -> dict[str, Any]:
            table = np.array(rows)
            starts, sides = table[:, 3:0:-1], table[:, 6:3:-1]
            return blob_digest(table[:, 0], starts, starts + sides)

        return digest

    return work


if __name__ == "__main__":
    measure({"B1": lambda folder: blobs(error_codes(folder))})
