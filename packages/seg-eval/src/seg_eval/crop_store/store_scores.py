"""Scores of the crops of a store, without any aggregation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.blocks.plan import DEFAULT_BLOCK_BYTES
from seg_common.counting.confusion_scores import scores_from_confusion
from seg_common.counting.label_values import require_class_labels
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_common.schema.comparison import AnswersByVisits
from seg_common.schema.crop_store import UnaggregatedScores
from seg_eval.balanced_blocks import balanced_block_shape
from seg_eval.crop_store.crop_counts import CropCounts, scaled_confusion
from seg_eval.metrics.class_codes import class_codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.volume.opened_volume import Volume
    from seg_eval.crop_store.stored_crops import StoredCrops

BYTES_PER_VOXEL = 48
"""Votes of a few classes, visits, codes and the places in tables."""


def unaggregated_scores(crops: StoredCrops, volume: Volume, region: Box) -> UnaggregatedScores | None:
    """Score the crops themselves.

    Parameters
    ----------
    crops : StoredCrops
        Answers.
    volume : Volume
        Scan with the reference.
    region : Box
        Voxels to score, as far as a crop holds them.

    Returns
    -------
    UnaggregatedScores or None
        None without a reference, or when no known voxel was seen.

    Raises
    ------
    LabelVolumeError
        If a reference label is no class.
    """
    if volume.labels is None:
        return None
    counts = CropCounts(region, crops.n_classes)
    for block in _blocks(region):
        labels = volume.labels.read(block)
        known = np.ones(labels.shape, np.bool_) if volume.ignored_label is None else labels != volume.ignored_label
        require_class_labels(labels[known], crops.n_classes, None, volume.labels)
        counts.add(block, class_codes(labels, crops.n_classes, known), crops.votes(block))
    if not counts.answers:
        return None
    scores = scores_from_confusion(scaled_confusion(counts.answers, crops.n_classes))
    return UnaggregatedScores(
        answers=[
            AnswersByVisits(visits=visits, confusion=confusion.tolist())
            for visits, confusion in sorted(counts.answers.items())
        ],
        jaccard=scores.jaccard,
        mean_jaccard=scores.mean_jaccard,
        accuracy=scores.accuracy,
    )


def seen_voxels(crops: StoredCrops, region: Box) -> int:
    """Count the voxels of a region that lie in a crop."""
    seen = 0
    for block in _blocks(region):
        covered = np.zeros(block.shape, np.bool_)
        for z, y, x in crops.starts[crops.meeting(block)].tolist():
            shared = Box(start=(z, y, x), shape=crops.crop_shape).intersection(block)
            assert shared is not None, "the crop meets the block"
            covered[shared.shifted((-block.start[0], -block.start[1], -block.start[2])).slices()] = True
        seen += int(np.count_nonzero(covered))
    return seen


def _blocks(region: Box) -> Iterator[Box]:
    return block_boxes(region, balanced_block_shape(region.shape, BYTES_PER_VOXEL, DEFAULT_BLOCK_BYTES))
