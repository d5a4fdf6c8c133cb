"""The paragraph for a paper."""

from seg_common.schema.prediction import PassRecord, PredictionRecord
from seg_common.yaml_documents import read_document
from seg_eval.report.facts import TIMES
from seg_eval.report.methods import methods_paragraph
from seg_eval.score import score_labels


def sides(*shape):
    return TIMES.join(map(str, shape))


def test_it_names_model_data_tiles_and_versions(evaluated):
    evaluation = evaluated[1]
    record = read_document(evaluation.paths.prediction, PredictionRecord)
    text = methods_paragraph(evaluation.document, record)
    document = evaluation.document
    for words in (
        "the 2D network toy (1,000 trainable parameters, 1 channel; model id 0123456789abcdef)",
        f"batches of 8 crops of {sides(1, 16, 16)} voxels (64 crops seen)",
        f"applied to the validation partition of the volume scan ({sides(6, 24, 20)} voxels)",
        f"{record.tiles} overlapping tiles",
        "gaussian aggregation",
        "compared on 2,880 voxels",
        "26 neighbours",
        f"mean Jaccard index was {document.mean_jaccard:.3f}",
        "histogram thresholds",
        "seg-eval 0.1.0",
    ):
        assert words in text, words


def test_it_names_all_that_was_averaged(evaluated):
    """Without them nobody could repeat the prediction."""
    evaluation = evaluated[1]
    document, record = evaluation.document, read_document(evaluation.paths.prediction, PredictionRecord)
    model, tiles = document.model, document.aggregation
    assert "averaged" not in methods_paragraph(document, record)
    same = PassRecord(
        model_id=model.model_id,
        weights_digest=model.weights_digest,
        along="y",
        tile_shape=(1, 16, 32),
        min_overlap=(0, 4, 4),
        halo=(0, 2, 2),
        symmetries=8,
    )
    other = same.model_copy(update={"model_id": "fedcba9876543210", "tile_shape": (8, 16, 16), "symmetries": 1})
    averaged = tiles.model_copy(update={"symmetries": 8, "along": "x", "more_passes": [same, other]})
    text = methods_paragraph(document.model_copy(update={"aggregation": averaged}), record)
    assert f"covered by tiles of {sides(*tiles.tile_shape)} voxels (across x, rows, columns)" in text
    assert "The answers for 8 mirrored and turned copies of each tile were averaged." in text
    assert text.count("the same network") == 1
    assert (
        "The prediction is the mean of this and 2 more: the same network, in slices across y, with tiles of "
        f"{sides(1, 16, 32)} voxels, halo {sides(0, 2, 2)}, averaged over 8 copies of each tile; the network with model id "
        f"fedcba9876543210, with tiles of {sides(8, 16, 16)} voxels, halo {sides(0, 2, 2)}."
    ) in text


def test_labels_from_elsewhere_are_named_without_their_folder(world, tmp_path, undrawn):
    file = world.volume.parent / "labels.npy"
    evaluation = score_labels(file, file, output=tmp_path / "out")
    text = methods_paragraph(evaluation.document)
    assert text.startswith(f"The label volume labels.npy was evaluated on {sides(12, 24, 20)} voxels.")
    assert str(tmp_path) not in text
