"""File names of a model folder."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seg_common.errors import ModelFolderError
from seg_common.evaluation_paths import EvaluationPaths
from seg_common.model_paths import ExportPaths, ModelPaths

ROOT = Path("/models/first")


def properties(kind):
    return [name for name, item in vars(kind).items() if isinstance(item, property)]


def test_the_files_of_a_model():
    """These names are an interface: other programs read them."""
    paths = ModelPaths(root=ROOT)
    names = {name: paths.relative(getattr(paths, name)) for name in properties(ModelPaths)}
    assert names == {
        "config": "config.yaml",
        "metadata": "metadata.yaml",
        "summary": "summary.txt",
        "history": "history.csv",
        "timing": "timing.csv",
        "training_histogram": "training_histogram.json",
        "best_weights": "best.keras",
        "last_weights": "last.keras",
        "last_checkpoint": "checkpoints/last.npz",
        "previous_checkpoint": "checkpoints/previous.npz",
        "damaged_checkpoint": "checkpoints/damaged.npz",
        "training_curves": "pictures/training_curves.png",
        "film_frames": "pictures/film",
        "film": "pictures/film.gif",
    }
    assert paths.relative(paths.examples(7)) == "pictures/examples_epoch_0007.png"
    assert paths.evaluation_folder("validation").root == ROOT / "evaluations" / "validation"
    assert paths.export_folder("best_onnx").root == ROOT / "exports" / "best_onnx"


def test_the_files_of_an_export():
    """The same, for networks in other formats."""
    paths = ExportPaths(root=ROOT)
    names = {name: paths.relative(getattr(paths, name)) for name in properties(ExportPaths)}
    assert names == {"record": "export.yaml", "onnx": "network.onnx"}


def test_the_files_of_an_evaluation():
    """The same, for what seg-eval writes."""
    paths = EvaluationPaths(root=ROOT)
    names = {name: paths.relative(getattr(paths, name)) for name in properties(EvaluationPaths)}
    assert names == {
        "predicted_labels": "predicted_labels.h5",
        "probabilities": "probabilities.h5",
        "entropy": "entropy.h5",
        "errors": "errors.h5",
        "confusion": "confusion.h5",
        "prediction": "prediction.yaml",
        "evaluation": "evaluation.json",
        "report": "report.html",
        "notebook": "inspect.ipynb",
        "slices": "slices.h5",
        "latex": "latex",
        "annotate_next_table": "annotate_next.csv",
        "classes_table": "classes.csv",
        "confusion_table": "confusion.csv",
        "error_blobs_table": "error_blobs.csv",
        "phase_blobs_table": "phase_blobs.csv",
        "baselines_table": "baselines.csv",
        "counts": "counts.h5",
        "profiles_table": "profiles.csv",
        "representative_volume_table": "representative_volume.csv",
        "segments_table": "segments.csv",
        "detection_table": "detection.csv",
        "slice_errors_table": "slice_errors.csv",
        "surfaces_table": "surfaces.csv",
        "reliability_table": "reliability.csv",
        "notable_slices_table": "notable_slices.csv",
        "pictures": "pictures",
        "manifest": "manifest.json",
    }


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../other", "a/../../b", "..", "a\\..\\b", "a\0b"])
def test_no_path_leaves_the_folder(name):
    """Not by climbing, not by an absolute name, not with the separator of another system."""
    with pytest.raises(ModelFolderError, match="must be relative and stay inside"):
        ModelPaths(root=ROOT).inside(name)


@given(st.text(alphabet="ab./\\", max_size=8))
def test_a_path_is_inside_or_refused(name):
    """Whatever the name."""
    try:
        path = ModelPaths(root=ROOT).inside(name)
    except ModelFolderError:
        return
    assert path.is_relative_to(ROOT)
    assert path != ROOT
    assert ".." not in path.parts


@pytest.mark.parametrize("name", ["", ".", "a/b", "/a", ".."])
def test_an_evaluation_has_one_plain_name(name):
    """It names one folder below `evaluations`."""
    with pytest.raises(ModelFolderError, match=r"one plain name; got|stay inside"):
        ModelPaths(root=ROOT).evaluation_folder(name)


def test_paths_are_frozen():
    """The folder of a model does not change while it is used."""
    paths = ModelPaths(root=ROOT)
    with pytest.raises(ValidationError, match="frozen"):
        paths.root = Path("/other")


def test_a_folder_without_a_record_is_no_model(tmp_path):
    """A missing folder and an empty one are told apart."""
    with pytest.raises(ModelFolderError, match=r"must hold metadata\.yaml; .* has no metadata\.yaml.*seg-train run"):
        ModelPaths.existing(tmp_path)
    with pytest.raises(ModelFolderError, match=r"does not exist"):
        ModelPaths.existing(tmp_path / "no")


def test_a_model_that_was_being_replaced_is_named(tmp_path):
    """With the command that gets it back; one that is there does not speak of leftovers, nor do leftovers of other folders."""
    model = tmp_path / "my model"
    for token in ("00000000", "ffffffff", "11111111"):
        (tmp_path / f".my model.{token}.replaced").mkdir()
    (tmp_path / ".my model.11111111.replaced" / "metadata.yaml").touch()
    with pytest.raises(ModelFolderError, match=r"does not exist.*killed while it replaced this model") as error:
        ModelPaths.existing(model)
    command = str(error.value).partition("get it back with: ")[2]
    subprocess.run(command, shell=True, check=True)
    assert ModelPaths.existing(model).way_back() is None
    with pytest.raises(ModelFolderError, match="Give the folder that seg-train run wrote"):
        ModelPaths.existing(tmp_path / "my")


def test_an_existing_model_is_opened(tmp_path):
    """By its record, which is the first file of a run."""
    (tmp_path / "metadata.yaml").touch()
    assert ModelPaths.existing(tmp_path).root == tmp_path
