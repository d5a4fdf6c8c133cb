"""A paragraph for the methods section of a paper: what was done, with the numbers that another reader needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_eval.report.facts import TIMES
from seg_eval.report.words import unit_in_words
from seg_eval.result_table import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.schema.evaluation import EvaluationDocument
    from seg_common.schema.prediction import ModelReference, PassRecord, PredictionRecord

NEIGHBOURS = {1: 6, 2: 18, 3: 26}


def methods_paragraph(document: EvaluationDocument, prediction: PredictionRecord | None = None) -> str:
    """Write the paragraph.

    Parameters
    ----------
    document : EvaluationDocument
        All scores and circumstances.
    prediction : PredictionRecord, optional
        How the labels were predicted.

    Returns
    -------
    str
        Sentences in plain text.
    """
    return " ".join(
        [*_prediction(document, prediction), *_measures(document), *_results(document), _software(document)]
    )


def _prediction(document: EvaluationDocument, prediction: PredictionRecord | None) -> Iterator[str]:
    model, tiles = document.model, document.aggregation
    if model is None:
        yield f"The label volume {_file(document.prediction)} was evaluated on {_where(document)}."
        return
    yield (
        f"Labels were predicted with the {model.dimensions} network {model.name} ({model.parameters:,} trainable parameters, "
        f"{model.channels} {'channel' if model.channels == 1 else 'channels'}; model id {model.model_id}), trained with batches "
        f"of {model.batch_size} crops of {_sides(model.image_size)} voxels ({model.crops:,} crops seen). It was applied to {_where(document)}."
    )
    if tiles is not None:
        # The record counts the tiles of all passes together.
        count = "" if prediction is None or tiles.more_passes else f"{prediction.tiles:,} overlapping "
        axes = "z, y, x" if tiles.along == "z" else f"across {tiles.along}, rows, columns"
        yield (
            f"The region was covered by {count}tiles of {_sides(tiles.tile_shape)} voxels ({axes}), of which a halo of "
            f"{_sides(tiles.halo)} voxels on each side was discarded; tiles overlapped by at least "
            f"{_sides(tiles.min_overlap)} voxels and were combined by {tiles.kind.replace('_', ' ')} aggregation."
        )
        if tiles.symmetries > 1:
            yield f"The answers for {tiles.symmetries} mirrored and turned copies of each tile were averaged."
        if tiles.more_passes:
            others = "; ".join(_pass(one, model) for one in tiles.more_passes)
            yield f"The prediction is the mean of this and {len(tiles.more_passes)} more: {others}."


def _pass(one: PassRecord, model: ModelReference) -> str:
    """Name the network and the orientation of one more prediction that was averaged."""
    same = (one.model_id, one.weights_digest) == (model.model_id, model.weights_digest)
    words = ["the same network" if same else f"the network with model id {one.model_id}"]
    words += [f"in slices across {one.along}"] if one.tile_shape[0] == 1 else []
    words.append(f"with tiles of {_sides(one.tile_shape)} voxels, halo {_sides(one.halo)}")
    words += [f"averaged over {one.symmetries} copies of each tile"] if one.symmetries > 1 else []
    return ", ".join(words)


def _where(document: EvaluationDocument) -> str:
    volume = document.volume
    size = ""
    if document.voxel_size is not None:
        size = f" of {_numbers(document.voxel_size)} {unit_in_words(document.voxel_size_unit)}"
    if volume is None:
        return f"{_sides(document.region.shape)} voxels{size}"
    part = f"the {document.partition} partition" if document.partition else "the whole"
    return f"{part} of the volume {volume.name} ({_sides(document.region.shape)} voxels{size})"


def _measures(document: EvaluationDocument) -> Iterator[str]:
    blobs = f"Blobs are connected components with {NEIGHBOURS[document.connectivity]} neighbours."
    if document.confusion is None:
        yield f"Volume fractions were measured on {document.voxels:,} voxels. {blobs}"
    else:
        left_out = (
            f"; {document.ignored_voxels:,} voxels without annotation were left out" if document.ignored_voxels else ""
        )
        yield (
            f"Prediction and reference were compared on {document.voxels:,} voxels{left_out}. The Jaccard index is "
            f"intersection over union of the voxels of a class, and the mean is over the classes present. {blobs}"
        )
    if document.bootstrap is not None:
        how = document.bootstrap
        yield (
            f"Intervals are 95 % block-bootstrap intervals ({how.blocks} blocks of at most {how.block_side} voxels a side, "
            f"{how.replicates:,} replicates)."
        )


def _results(document: EvaluationDocument) -> Iterator[str]:
    if document.mean_jaccard is None:
        return
    interval = document.mean_jaccard_interval
    told = "" if interval is None else f" (95 % interval {interval.low:.3f} to {interval.high:.3f})"
    others = [
        f"{readable(name)} {one.mean_jaccard:.3f}"
        for name, one in document.baselines.items()
        if one.mean_jaccard is not None
    ]
    beside = f", beside {', '.join(others)}" if others else ""
    yield f"The mean Jaccard index was {document.mean_jaccard:.3f}{told}{beside}."


def _software(document: EvaluationDocument) -> str:
    packages = document.provenance.packages
    used = ("seg-eval", "seg-common", *(() if document.model is None else ("tensorflow",)), "numpy")
    names = [name for name in used if name in packages]
    versions = ", ".join(f"{name} {packages[name]}" for name in names)
    return f"Computed with {versions}, Python {document.provenance.python}."


def _file(source: str) -> str:
    """Name of a file without its folders, which mean nothing to others."""
    path, separator, dataset = source.partition("::")
    return path.replace("\\", "/").rsplit("/", 1)[-1] + separator + dataset


def _sides(shape: tuple[int, int, int]) -> str:
    return TIMES.join(map(str, shape))


def _numbers(values: tuple[float, float, float]) -> str:
    return TIMES.join(f"{value:g}" for value in values)
