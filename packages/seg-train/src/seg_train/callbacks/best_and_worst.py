"""The validation crops that the network classifies best and worst, among a bounded number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seg_common.counting.confusion_scores import scores_from_confusion
from seg_common.counting.contingency import contingency_table
from seg_train.batch_queue import Batch

if TYPE_CHECKING:
    from seg_train.crop_source import CropSource
    from seg_train.training_steps import TrainingSteps

MOST_BATCHES = 8
"""Validation batches that are looked at, spread evenly: pictures cost little beside the validation itself."""
EACH = 2


class Extremes(NamedTuple):
    """Crops worth looking at."""

    batch: Batch
    """The worst crops, the worst one first, then the best ones, the best one last."""
    scored: int
    """Crops that they were chosen from."""


def best_and_worst(steps: TrainingSteps, source: CropSource, classes: int, ignored: int) -> Extremes | None:
    """Find crops by their mean Jaccard over the classes that are present in reference or prediction.

    Parameters
    ----------
    steps : TrainingSteps
        Gives the prediction.
    source : CropSource
        Validation batches.
    classes : int
        Number of classes.
    ignored : int
        Label of voxels without weight; a crop that has no other is left out.

    Returns
    -------
    Extremes or None
        At most `EACH` worst and `EACH` best crops, none of them twice; None when all crops are ignored. Equal scores keep
        the order of the grid, so that equal weights choose equal crops.
    """
    worst: list[tuple[float, Batch]] = []
    best: list[tuple[float, Batch]] = []
    scored = 0
    chosen = np.linspace(0, source.validation_steps - 1, min(MOST_BATCHES, source.validation_steps)).round().astype(int)
    for step in chosen:
        batch = source.validation_batch(int(step))
        predicted = steps.predict(batch.images).argmax(axis=-1)
        for index, (reference, answer) in enumerate(zip(batch.labels, predicted, strict=True)):
            table = contingency_table(reference, answer.astype(np.uint8), classes, ignored)
            score = scores_from_confusion(table).mean_jaccard
            if score is None:
                continue
            scored += 1
            crop = Batch(batch.images[index : index + 1], batch.labels[index : index + 1])
            worst = sorted([*worst, (score, crop)], key=lambda pair: pair[0])[:EACH]
            best = sorted([*best, (score, crop)], key=lambda pair: -pair[0])[:EACH]
    if not scored:
        return None
    low = {id(crop) for _, crop in worst}
    crops = [crop for _, crop in worst] + [crop for _, crop in reversed(best) if id(crop) not in low]
    images = np.concatenate([crop.images for crop in crops])
    return Extremes(Batch(images, np.concatenate([crop.labels for crop in crops])), scored)
