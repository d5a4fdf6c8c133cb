import pytest

from seg_common.errors import DocumentError, SegError
from seg_eval.evaluate import evaluate_volume
from seg_eval.results_row import read_evaluation, results_row


def test_the_row_names_what_a_score_depends_on(evaluated):
    _, evaluation = evaluated
    row = results_row(read_evaluation(evaluation.paths.root))
    assert row == results_row(read_evaluation(evaluation.paths.evaluation))
    assert next(iter(row)) == "columns"
    expected = {
        "columns": "seg-eval/3",
        "scheme": "aggregated_volume",
        "model_id": "0123456789abcdef",
        "partition": "validation",
        "batch_size": 8,
        "image_size": "1x16x16",
        "tile_shape": "1x56x52",
        "channels": 1,
        "crops": 64,
        "aggregation": "gaussian",
        "symmetries": 1,
        "along": "z",
        "ensemble": None,
        "mean_jaccard": evaluation.document.mean_jaccard,
        "jaccard pore": evaluation.document.classes[2].jaccard,
    }
    assert {name: row[name] for name in expected} == expected
    assert row["data_digest"].startswith("sha256:")


def test_what_does_not_apply_is_empty(world, made, tmp_path, undrawn):
    volume = made.volume(tmp_path / "new", world.image)
    row = results_row(evaluate_volume(world.model, volume, network=made.ThresholdNetwork()).document)
    assert (row["mean_jaccard"], row["voi_split"], row["mean_jaccard constant"]) == (None, None, None)


def test_a_missing_evaluation_is_said(tmp_path):
    with pytest.raises(SegError, match=r"the file must exist; got .*evaluation.json"):
        read_evaluation(tmp_path)


def test_another_document_is_refused(world):
    with pytest.raises(DocumentError, match="kind must be 'evaluation'"):
        read_evaluation(world.volume)
