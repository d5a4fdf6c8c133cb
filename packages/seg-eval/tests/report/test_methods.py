"""The paragraph for a paper."""

from seg_common.schema.prediction import PredictionRecord
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


def test_labels_from_elsewhere_are_named_without_their_folder(world, tmp_path, undrawn):
    file = world.volume.parent / "labels.npy"
    evaluation = score_labels(file, file, output=tmp_path / "out")
    text = methods_paragraph(evaluation.document)
    assert text.startswith(f"The label volume labels.npy was evaluated on {sides(12, 24, 20)} voxels.")
    assert str(tmp_path) not in text
