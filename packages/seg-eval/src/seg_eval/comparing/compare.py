"""The story of one comparison: find or evaluate, check, read together, measure, write."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seg_common.blocks.plan import DEFAULT_BLOCK_BYTES
from seg_common.errors import SegError
from seg_common.evaluation_paths import ComparisonPaths
from seg_eval.comparing.comparison_document import Labelled, SharedVoxels, build_comparison
from seg_eval.comparing.comparison_folder import write_comparison
from seg_eval.comparing.crop_counter import CropCounter
from seg_eval.comparing.member_counts import Counter, LabelCounter, count_members
from seg_eval.comparing.opened_labels import LabelFiles
from seg_eval.comparing.planned_evaluations import Settings
from seg_eval.comparing.schemes import PROPERTIES, mixed_properties, require_allowed, shared_region
from seg_eval.comparing.wanted_members import wanted_members
from seg_eval.crop_store.stored_crops import StoredCrops
from seg_eval.evaluate import DEFAULT_CONNECTIVITY
from seg_eval.output_folder import output_folder, require_free

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from seg_common.schema.comparison import ComparisonDocument, Property
    from seg_eval.streaming.streaming_blobs import Connectivity

DEFAULT_OUTPUT = "comparison"


@dataclass(frozen=True)
class ModelComparison:
    """A finished comparison."""

    document: ComparisonDocument
    """All scores."""
    paths: ComparisonPaths
    """Where everything was written."""


def compare_models(
    members: Sequence[Path | str],
    *,
    output: Path | str = DEFAULT_OUTPUT,
    evaluation: str | None = None,
    volume: Path | str | None = None,
    partition: str | None = None,
    options: Mapping[str, Any] | None = None,
    reference: Path | str | None = None,
    allow: Collection[Property] = (),
    connectivity: Connectivity = DEFAULT_CONNECTIVITY,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
    overwrite: bool = False,
    quiet: bool = True,
) -> ModelComparison:
    """Put models beside each other, on the voxels that all of them saw.

    Parameters
    ----------
    members : sequence of path
        Model folders, evaluation folders, stores of crops, or ``NAME=PATH``; differences are taken to the first one in figures.
    output : path
        Folder to write.
    evaluation : str, optional
        Name of the evaluation to take from each model folder. When not given, the only one of the model, or the only one
        that all models have by the same name.
    volume : path, optional
        A `volume.yaml` or its folder, for models; as for `evaluate_volume`.
    partition : str, optional
        Partition of that volume.
    options : mapping, optional
        Fields of `PredictionOptions` by name. With a volume, a partition, aggregation, overlap, symmetries, along or
        weights, the evaluation of each model is the one that `evaluate_volume` writes when it is told so. A model without
        the wanted evaluation is evaluated now: so, or else as the first member that was, or else by default.
    reference : path, optional
        Where the reference labels are, when they were moved; their digest is checked.
    allow : collection of str
        Properties in which members may differ: ``scheme``, ``aggregation``, ``reference``, ``data``.
    connectivity : {1, 2, 3}
        Neighbours of a voxel in a blob: 6, 18 or 26.
    block_bytes : int
        Memory for one block; no result depends on it.
    overwrite : bool
        Whether a folder that an earlier run wrote may be replaced.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    ModelComparison
        The document and the paths of all files.

    Raises
    ------
    SegError
        If the members cannot be found or evaluated, or must not be compared; see its children. Nothing is predicted for
        members that must not be compared.
    OutputExistsError
        If the output exists.
    """
    started = time.monotonic()
    target = ComparisonPaths(root=Path(output))
    require_free(target.root, overwrite=overwrite)
    unknown = sorted(set(allow) - set(PROPERTIES))
    if unknown:
        msg = f"members may be allowed to differ in {', '.join(PROPERTIES)}; got {unknown[0]!r}. Choose one of these."
        raise SegError(msg)
    found = wanted_members(
        [str(member) for member in members],
        evaluation,
        Settings(None if volume is None else Path(volume), partition, options or {}),
        allow,
        connectivity=connectivity,
        block_bytes=block_bytes,
        quiet=quiet,
    )
    mixed = mixed_properties(found, allow)
    region = shared_region(found)
    n_classes = len(found[0].facts.classes)
    with ExitStack() as opened:
        files = LabelFiles(opened, None if reference is None else str(reference))
        references = [files.reference_of(member) for member in found]
        digests = [files.digest(one.array, region) for one in references]
        if len({(digest, one.values) for digest, one in zip(digests, references, strict=True)}) > 1:
            require_allowed(
                "reference",
                [
                    f"{member.name}: {one.array.reader} ({digest[7:15]})"
                    for member, one, digest in zip(found, references, digests, strict=True)
                ],
                allow,
            )
            mixed.append("reference")
        counters: list[Counter] = []
        predictions = []
        for member in found:
            if member.store is not None:
                counters.append(CropCounter(opened.enter_context(StoredCrops.open(member.path, member.store)), region))
                predictions.append(str(member.path / member.facts.prediction))
            else:
                answers = files.prediction_of(member)
                counters.append(LabelCounter(answers, region, n_classes, connectivity))
                predictions.append(str(answers.array.reader))
        counts, voxels, block_shape = count_members(
            counters, references, region, n_classes, block_bytes=block_bytes, quiet=quiet
        )
        labels = [
            Labelled(str(truth.array.reader), digest, answer, member.facts.prediction_digest)
            for member, truth, digest, answer in zip(found, references, digests, predictions, strict=True)
        ]
    shared = SharedVoxels(region, voxels, connectivity, mixed, block_shape)
    document = build_comparison(found, labels, counts, shared, started=started)
    with output_folder(target.root, overwrite=overwrite) as folder:
        write_comparison(ComparisonPaths(root=folder), document, quiet=quiet)
    return ModelComparison(document, target)
