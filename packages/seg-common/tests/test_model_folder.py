"""What `seg-common show` says of a model."""

import pytest

from seg_common.errors import DocumentError
from seg_common.model_folder import describe_model
from seg_common.model_paths import ModelPaths
from seg_common.yaml_documents import write_document


def test_a_model_is_described_by_its_record_and_its_files(tmp_path, training_record):
    """State and score, and for each file its size or that it is missing."""
    paths = ModelPaths(root=tmp_path)
    write_document(paths.metadata, training_record)
    paths.history.write_text("epoch\n1\n")
    evaluation = paths.evaluation_folder("validation").evaluation
    evaluation.parent.mkdir(parents=True)
    evaluation.touch()
    description = describe_model(tmp_path)
    files = description.pop("files")
    assert description == {
        "model": str(tmp_path),
        "name": "first",
        "model_id": "abc",
        "status": "interrupted",
        "volume": "scan",
        "classes": ["matrix", "fibre"],
        "network": "2D U-Net, 827763 trainable parameters",
        "epochs": "2 of 20",
        "best_mean_jaccard": 0.5,
        "best_epoch": 2,
        "evaluations": ["validation"],
    }
    assert files["history.csv"] == "8 bytes"
    assert files["best.keras"] == "missing"
    assert len(files) == 11


def test_a_damaged_record_is_an_error(tmp_path):
    """With its file and line."""
    (tmp_path / "metadata.yaml").write_text("kind: training_record\nmodel: 3\n")
    with pytest.raises(DocumentError, match=r"metadata\.yaml:2: model: unknown key"):
        describe_model(tmp_path)
