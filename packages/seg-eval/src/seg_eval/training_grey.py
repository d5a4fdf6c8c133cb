"""What a model folder tells of the grey levels that it was trained on: bins, and baselines fitted on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.counting.grey_histograms import grey_bin_edges
from seg_common.schema.histogram import GreyHistogram
from seg_common.yaml_documents import read_document
from seg_eval.baselines import Baseline, fit_baselines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.volume.opened_volume import Volume
    from seg_eval.prediction.trained_model import TrainedModel


def training_histogram(model: TrainedModel) -> GreyHistogram | None:
    """Read the grey levels by class of the training region; None when the folder holds none."""
    file = model.paths.training_histogram
    return read_document(file, GreyHistogram) if file.is_file() else None


def grey_edges(histogram: GreyHistogram | None, volume: Volume) -> NDArray[np.float64] | None:
    """Bins of the training region, which all volumes of one model share; else those that the type of the voxels gives."""
    if histogram is not None:
        return np.array(histogram.edges)
    dtype = volume.image.dtype
    return grey_bin_edges(dtype, 0, np.iinfo(dtype).max) if dtype.kind == "u" else None


def fitted_baselines(histogram: GreyHistogram | None) -> tuple[tuple[Baseline, ...], str]:
    """Fit on the grey levels of the training region, and name it; no baseline without a histogram."""
    if histogram is None:
        return (), ""
    counts, edges = np.array(histogram.counts, np.int64), np.array(histogram.edges)
    where = (
        f"training regions of {histogram.volume}"
        if histogram.region is None
        else f"training region of {histogram.volume} ({histogram.region})"
    )
    return fit_baselines(counts, edges, histogram.class_names), where
