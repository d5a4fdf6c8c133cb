"""Put counts, drawings and circumstances together into `comparison.json`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.counting.confusion_scores import scores_from_confusion
from seg_common.provenance import gather_provenance
from seg_common.schema.comparison import (
    AnswersByVisits,
    ComparedMember,
    ComparisonDocument,
    ConstantAnswer,
    Difference,
    MemberClass,
)
from seg_eval.comparing.costs import member_cost, trained_share, training_records
from seg_eval.comparing.paired_drawings import draw_blocks
from seg_eval.metrics.blob_detection import phase_detection
from seg_eval.metrics.block_bootstrap import interval
from seg_eval.metrics.overlap import overlap
from seg_eval.metrics.variation_of_information import variation_of_information

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_common.schema.comparison import Property
    from seg_eval.comparing.found_members import FoundMember
    from seg_eval.comparing.member_counts import MemberCounts
    from seg_eval.comparing.paired_drawings import Drawings, Key
    from seg_eval.metrics.overlap import Overlap
    from seg_eval.streaming.streaming_blobs import Connectivity


@dataclass(frozen=True)
class SharedVoxels:
    """What all members were counted on."""

    region: Box
    """Intersection of their regions."""
    voxels: int
    """Voxels of it that count."""
    connectivity: Connectivity
    """Neighbours of a voxel in a blob."""
    mixed: Sequence[Property]
    """Properties in which members differ."""
    block_shape: Index3
    """Blocks that were read at one time."""


@dataclass(frozen=True)
class Labelled:
    """Where the labels of a member were read."""

    reference: str
    """Reference labels."""
    reference_digest: str
    """Their digest over the shared region."""
    prediction: str
    """Answers."""
    prediction_digest: str
    """Their digest."""


def build_comparison(
    members: Sequence[FoundMember],
    labels: Sequence[Labelled],
    counts: Sequence[MemberCounts],
    shared: SharedVoxels,
    *,
    started: float,
) -> ComparisonDocument:
    """Divide what was counted, and write down what it is about.

    Parameters
    ----------
    members : sequence of FoundMember
        What is compared.
    labels : sequence of Labelled
        Where the labels of each were read.
    counts : sequence of MemberCounts
        What each answers on the shared voxels.
    shared : SharedVoxels
        Those voxels.
    started : float
        ``time.monotonic()`` at the beginning.

    Returns
    -------
    ComparisonDocument
        Complete.
    """
    infos = members[0].facts.classes
    names = [info.name for info in infos]
    drawings = draw_blocks(counts)
    best = [None] * len(members) if drawings is None else drawings.best_shares()
    scores = [overlap(one.scaled_confusion) for one in counts]
    compared = []
    for k, (member, where, count) in enumerate(zip(members, labels, counts, strict=True)):
        facts, trainings = member.facts, training_records(member)
        compared.append(
            ComparedMember(
                name=member.name,
                path=str(member.path.resolve()),
                scheme=facts.scheme,
                model=facts.model,
                volume=facts.volume,
                aggregation=facts.aggregation,
                region=facts.region,
                reference=where.reference,
                reference_digest=where.reference_digest,
                prediction=where.prediction,
                prediction_digest=where.prediction_digest,
                trained_share=trained_share(member, trainings, shared.region),
                answers=[
                    AnswersByVisits(visits=visits, confusion=confusion.tolist())
                    for visits, confusion in sorted(count.answers.items())
                ],
                classes=_classes(names, count, scores[k], drawings, k),
                mean_jaccard=scores[k].mean.jaccard,
                mean_jaccard_interval=None if drawings is None else drawings.interval(k, "mean_jaccard"),
                accuracy=scores[k].flat.accuracy,
                accuracy_interval=None if drawings is None else drawings.interval(k, "accuracy"),
                voi=None if count.blobs is None else variation_of_information(count.answers[1]),
                error_blobs=None if count.blobs is None else count.blobs.errors.pooled.count,
                best_share=best[k],
                cost=member_cost(member, trainings),
            )
        )
    reference = counts[0].scaled_confusion.sum(axis=1)
    return ComparisonDocument(
        region=shared.region,
        voxels=shared.voxels,
        left_out_voxels=shared.region.voxels - shared.voxels,
        connectivity=shared.connectivity,
        classes=infos,
        reference_fractions=[int(part) / int(reference.sum()) for part in reference],
        constant_answer=_constant_answer(names, reference),
        members=compared,
        mixed=list(shared.mixed),
        differences=_differences(compared, drawings, names),
        bootstrap=None if drawings is None else drawings.record,
        remarks=_remarks(compared, shared, drawings),
        block_shape=shared.block_shape,
        seconds=time.monotonic() - started,
        provenance=gather_provenance(),
    )


def _classes(
    names: Sequence[str], counts: MemberCounts, scores: Overlap, drawings: Drawings | None, member: int
) -> list[MemberClass]:
    confusion = counts.scaled_confusion
    total = int(confusion.sum())
    classes = []
    for k, name in enumerate(names):
        one, blobs = scores.per_class[k], counts.blobs
        reference, predicted = int(confusion[k].sum()), int(confusion[:, k].sum())
        drawn: dict[str, Any] = dict.fromkeys(
            ("jaccard_interval", "estimated_fraction_interval", "absolute_error_interval")
        )
        if drawings is not None:
            drawn = {
                "jaccard_interval": drawings.interval(member, "jaccard", k),
                "estimated_fraction_interval": interval(drawings.fractions[member][:, k]),
                "absolute_error_interval": interval(drawings.signed_errors[member][:, k]),
            }
        classes.append(
            MemberClass(
                name=name,
                jaccard=one.jaccard,
                dice=one.dice,
                precision=one.precision,
                recall=one.recall,
                estimated_fraction=predicted / total,
                absolute_error=(predicted - reference) / total,
                relative_error=(predicted - reference) / reference if reference else None,
                false_positive_blobs=None if blobs is None else blobs.errors.fp[k].count,
                false_negative_blobs=None if blobs is None else blobs.errors.fn[k].count,
                detection=[] if blobs is None else phase_detection(blobs.components, k).reference,
                **drawn,
            )
        )
    return classes


def _constant_answer(names: Sequence[str], reference: NDArray[Any]) -> ConstantAnswer:
    """Score the most frequent class of the reference everywhere."""
    counts = [int(part) for part in reference]
    most = counts.index(max(counts))
    confusion = np.zeros((len(counts), len(counts)), object)
    confusion[:, most] = counts
    scores = scores_from_confusion(confusion)
    return ConstantAnswer(
        class_name=names[most], mean_jaccard=scores.mean_jaccard or 0.0, accuracy=scores.accuracy or 0.0
    )


def _measures(member: ComparedMember) -> dict[Key, float | None]:
    """Every measure of a member that differences are taken of."""
    values: dict[Key, float | None] = {
        ("mean_jaccard", None): member.mean_jaccard,
        ("accuracy", None): member.accuracy,
    }
    for k, info in enumerate(member.classes):
        error = None if info.absolute_error is None else abs(info.absolute_error)
        values |= {("jaccard", k): info.jaccard, ("precision", k): info.precision, ("recall", k): info.recall}
        values["fraction_error", k] = error
    return values


def _differences(
    members: Sequence[ComparedMember], drawings: Drawings | None, names: Sequence[str]
) -> list[Difference]:
    values = [_measures(member) for member in members]
    rows = []
    for first, second in combinations(range(len(members)), 2):
        for key, value in values[first].items():
            other = values[second][key]
            known = value is not None and other is not None
            drawn = drawings.interval_of_difference(first, second, key) if drawings is not None and known else None
            rows.append(
                Difference(
                    first=members[first].name,
                    second=members[second].name,
                    measure=key[0],
                    class_name=None if key[1] is None else names[key[1]],
                    difference=None if value is None or other is None else other - value,
                    interval=drawn,
                    clear=drawn is not None and not drawn.low <= 0 <= drawn.high,
                )
            )
    return rows


def _remarks(members: Sequence[ComparedMember], shared: SharedVoxels, drawings: Drawings | None) -> list[str]:
    """Say what makes the comparison unfair, or less sure than it looks."""
    remarks = [
        f"{member.name}: {member.trained_share:.0%} of the shared region was trained on"
        for member in members
        if member.trained_share
    ]
    if shared.mixed:
        remarks.append(f"members differ in {', '.join(shared.mixed)}, as allowed: see these columns")
    smaller = [member.name for member in members if member.region != shared.region]
    if smaller:
        remarks.append(f"only a part of what {', '.join(smaller)} answered for is compared: [{shared.region}]")
    left_out = shared.region.voxels - shared.voxels
    if left_out:
        remarks.append(f"{left_out} voxels of the shared region do not count: ignored, or not seen by every member")
    if len({member.scheme == "crops" for member in members}) > 1:
        remarks.append(
            "blobs are cut off where the crops of a member end: their number and size are those of the pieces"
        )
    if drawings is None:
        remarks.append("no intervals: the shared region has fewer than 8 blocks")
    elif drawings.record.standard_error_still_rising:
        remarks.append("structures may be longer than the blocks that were drawn: read the intervals as too narrow")
    machines = {member.cost.prediction_machine for member in members} - {None}
    if len(machines) > 1:
        remarks.append("predictions ran on different machines: their times say little beside each other")
    pairs = len(members) * (len(members) - 1) // 2
    if drawings is not None and pairs > 1:
        remarks.append(f"{pairs} pairs are compared: of 20 differences that are none, one leaves 0 out by chance")
    return remarks
