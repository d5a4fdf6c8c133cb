"""What the report says in words: the verdict, and how everything was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_eval.result_table import readable

if TYPE_CHECKING:
    from seg_common.schema.evaluation import EvaluationDocument, LabelValues
    from seg_common.schema.prediction import PredictionRecord

Facts = list[tuple[str, str]]

TIMES = " \N{MULTIPLICATION SIGN} "
NEIGHBOURS = {1: "6 neighbours (faces)", 2: "18 neighbours (faces, edges)", 3: "26 neighbours (faces, edges, corners)"}


def verdict(document: EvaluationDocument) -> str:
    """Say in a sentence how good the prediction is, and whether it beats the best baseline on every class.

    Parameters
    ----------
    document : EvaluationDocument
        All scores.

    Returns
    -------
    str
        One or two sentences.
    """
    if document.mean_jaccard is None and document.confusion is not None:
        return "The reference says nothing about any voxel of the region, so nothing says how good this prediction is."
    if document.mean_jaccard is None:
        return "There are no reference labels, so nothing says how good this prediction is."
    score = f"Mean Jaccard {document.mean_jaccard:.3f}"
    ranked = [(b.mean_jaccard, name) for name, b in document.baselines.items() if b.mean_jaccard is not None]
    if not ranked:
        return f"{score}."
    best, name = max(ranked)
    difference = document.mean_jaccard - best
    relation = "above" if difference >= 0 else "below"
    sentence = f"{score}, {abs(difference):.3f} {relation} the best baseline ({readable(name)}, {best:.3f})."
    lost = [info.name for index, info in enumerate(document.classes) if _loses(document, index)]
    if lost:
        return f"{sentence} A baseline is as good or better on: {', '.join(lost)}."
    return f"{sentence} It is above every baseline on every class."


def _loses(document: EvaluationDocument, index: int) -> bool:
    own = document.classes[index].jaccard
    others = [baseline.classes[index].jaccard for baseline in document.baselines.values()]
    return own is not None and any(other is not None and other >= own for other in others)


def facts_about_making(document: EvaluationDocument, prediction: PredictionRecord | None) -> list[tuple[str, Facts]]:
    """List what has to be known to compare or repeat the evaluation.

    Parameters
    ----------
    document : EvaluationDocument
        All scores.
    prediction : PredictionRecord, optional
        How the labels were predicted.

    Returns
    -------
    list of (heading, facts)
        Facts are pairs of name and value.
    """
    groups = [("Model", _model(document)), ("Aggregation", _aggregation(document, prediction))]
    groups += [("Data", _data(document)), ("Software and machine", _software(document))]
    return [(heading, facts) for heading, facts in groups if facts]


def _model(document: EvaluationDocument) -> Facts:
    model = document.model
    if model is None:
        return []
    return [
        ("model id", model.model_id),
        ("weights", f"{model.weights}, {model.weights_digest}"),
        ("network", f"{model.dimensions}, {model.parameters:,} trainable parameters"),
        ("batch size in training", str(model.batch_size)),
        ("image size in training", _sides(model.image_size)),
        ("channels", str(model.channels)),
        ("number of crops seen", f"{model.crops:,}"),
        ("model folder", model.path),
    ]


def _aggregation(document: EvaluationDocument, prediction: PredictionRecord | None) -> Facts:
    facts: Facts = [("scheme", document.scheme.replace("_", " "))]
    if document.aggregation is not None:
        facts += [
            ("aggregation", document.aggregation.kind),
            ("tile shape, halo included", _sides(document.aggregation.tile_shape)),
            ("halo", _sides(document.aggregation.halo)),
            ("smallest overlap", _sides(document.aggregation.min_overlap)),
            ("symmetries averaged", str(document.aggregation.symmetries)),
            ("slices across", document.aggregation.along),
        ]
        facts += [
            (
                "averaged with",
                f"model {one.model_id} ({one.weights_digest[:14]}…), slices across {one.along}, tiles "
                f"{_sides(one.tile_shape)}, {one.symmetries} symmetries",
            )
            for one in document.aggregation.more_passes
        ]
    if prediction is not None:
        twice = prediction.tiles_computed / prediction.tiles - 1
        facts += [
            ("tiles", f"{prediction.tiles:,} in the grid, {prediction.tiles_computed:,} computed ({twice:.0%} twice)"),
            ("tiles per call", str(prediction.batch_size)),
            ("blocks of prediction", _sides(prediction.block_shape)),
            ("time to predict", f"{prediction.seconds:,.1f} s"),
            ("largest memory", f"{prediction.peak_memory_bytes / 2**20:,.0f} MiB"),
        ]
    return facts


def _data(document: EvaluationDocument) -> Facts:
    facts: Facts = []
    volume = document.volume
    if volume is not None:
        facts += [("volume", f"{volume.name}, {_sides(volume.shape)} voxels"), ("volume file", volume.path)]
        facts += [] if volume.image_digest is None else [("digest of the image", volume.image_digest)]
    if document.voxel_size is not None:
        size = TIMES.join(f"{side:g}" for side in document.voxel_size)
        facts.append(("voxel size (z, y, x)", f"{size} {document.voxel_size_unit}"))
    facts += [
        ("region", f"{document.region} ({document.partition or 'whole volume'})"),
        ("voxels measured", f"{document.voxels:,}, {document.ignored_voxels:,} ignored"),
    ]
    if document.reference is not None:
        facts.append(("reference labels", f"{document.reference}, {document.reference_digest}"))
    if document.label_values is not None:
        facts += _label_values(document.label_values)
    facts += [
        ("predicted labels", f"{document.prediction}, {document.prediction_digest}"),
        ("connectivity of blobs", NEIGHBOURS[document.connectivity]),
        ("blocks of measurement", _sides(document.block_shape)),
    ]
    return facts


def _label_values(values: LabelValues) -> Facts:
    facts: Facts = []
    for name, mapping in (("reference", values.reference), ("prediction", values.prediction)):
        if mapping:
            changes = ", ".join(f"{old} became {new}" for old, new in mapping.items())
            facts.append((f"values of the {name}", changes))
    if values.ignored:
        facts.append(("ignored values of the reference", ", ".join(map(str, values.ignored))))
    return facts


def _software(document: EvaluationDocument) -> Facts:
    made = document.provenance
    facts: Facts = [
        ("command", " ".join(made.command)),
        ("created", made.created),
        ("packages", ", ".join(f"{name} {version}" for name, version in made.packages.items())),
        ("Python", made.python),
    ]
    if made.git is not None:
        facts.append(("source", made.git.commit + (", changed since" if made.git.dirty else "")))
    machine = f"{made.platform}; {made.cpu}, {made.cpu_count} cores; {made.memory_bytes / 2**30:.0f} GiB"
    return [*facts, ("machine", machine), ("time to measure", f"{document.seconds:,.1f} s")]


def _sides(shape: tuple[int, int, int]) -> str:
    return TIMES.join(map(str, shape))
