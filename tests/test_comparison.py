"""Models compared that nobody has evaluated, by the installed command."""

import json
import shutil
from pathlib import Path

from seg_common import ModelPaths, read_document
from seg_common.schema.prediction import PredictionRecord

NAME = "phantom_test_gaussian"


def test_models_are_evaluated_when_they_are_compared(job: Path, run_command, tmp_path: Path) -> None:
    """The first one as in an evaluation that `seg-eval volume` wrote; the second one has other weights."""
    for name in ("first", "second"):
        shutil.copytree(job / "model", tmp_path / name, ignore=shutil.ignore_patterns("evaluations", "checkpoints"))
    weights = ModelPaths(root=tmp_path / "second").best_weights
    import keras

    network = keras.saving.load_model(weights, compile=False, safe_mode=True)
    *others, kernel, bias = network.get_weights()
    network.set_weights([*others, -kernel, -bias])  # what it found likely it finds unlikely
    network.save(weights)
    words = ("seg-eval", "compare", "first", "second", "--partition", "test", "--json")
    told = run_command(*words, folder=tmp_path)
    for name in ("first", "second"):
        assert f"Making it: seg-eval volume {name} --partition test\n" in told.stderr
        assert (tmp_path / name / "evaluations" / NAME / "report.html").is_file()
    expected = read_document(job / "evaluation" / "prediction.yaml", PredictionRecord)
    found = read_document(tmp_path / "first" / "evaluations" / NAME / "prediction.yaml", PredictionRecord)
    assert found.labels_digest == expected.labels_digest
    first = json.loads(told.stdout)
    assert [member["name"] for member in first["members"]] == ["first", "second"]
    assert first["members"][0]["mean_jaccard"] != first["members"][1]["mean_jaccard"]

    again = run_command(*words, "--overwrite", folder=tmp_path)
    assert "Making it" not in again.stderr
    assert json.loads(again.stdout)["members"] == first["members"]
