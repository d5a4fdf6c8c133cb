"""An evaluation saved as Zarr, opened by everything that opens one."""

from contextlib import ExitStack
from urllib.parse import unquote

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from seg_common.schema.prediction import PredictionRecord
from seg_common.yaml_documents import read_document
from seg_eval.comparing.compare import compare_models
from seg_eval.evaluate import evaluate_volume
from seg_eval.prediction.options import PredictionOptions
from seg_eval.report.rebuild import rebuild_report
from seg_eval.score import score_labels
from seg_eval.viewing.layers import view_layers
from seg_eval.viewing.opened_evaluation import open_evaluation

pytestmark = pytest.mark.usefixtures("undrawn")
KINDS = ("probabilities", "entropy", "errors", "confusion")


@pytest.fixture
def both(world, made):
    """The same evaluation in both formats."""

    def evaluate(name, **choices):
        options = PredictionOptions(save=KINDS, **choices)
        folder = world.model.parent / name
        return evaluate_volume(world.model, network=made.ContextNetwork(), options=options, output=folder)

    return world, evaluate("as_hdf5"), evaluate("as_zarr", save_format="zarr")


def test_every_reader_takes_it(both, tmp_path, monkeypatch):
    """What each reads is what it reads of HDF5."""
    monkeypatch.setattr("seg_eval.comparing.comparison_figures.draw_charts", lambda paths, document: [])
    world, plain, saved = both
    root = saved.paths.root
    left = {"seconds", "provenance", "prediction"}
    assert saved.document.model_dump(exclude=left) == plain.document.model_dump(exclude=left)
    assert saved.document.prediction == "predicted_labels.zarr::labels"

    with ExitStack() as stack:
        prediction = {
            one.paths.root.name: np.asarray(view_layers(open_evaluation(one.paths.root, stack))[2].data)
            for one in (plain, saved)
        }
    np.testing.assert_array_equal(prediction["as_zarr"], prediction["as_hdf5"])

    comparison = compare_models([plain.paths.root, root], output=tmp_path / "comparison").document
    first, second = (member.answers[0].confusion for member in comparison.members)
    assert first == second
    # Labels and probabilities say themselves where they lie.
    scored = score_labels(
        world.volume.parent / "labels.npy",
        root / "predicted_labels.zarr",
        probabilities=f"{root / 'probabilities.zarr'}::probabilities",
        output=tmp_path / "scored",
    ).document
    assert scored.region == saved.document.region
    assert scored.confusion == saved.document.confusion

    before = saved.paths.report.read_bytes()
    assert rebuild_report(root).left_out == []
    assert saved.paths.report.read_bytes() == before
    page = unquote(before.decode())
    for name in ("predicted_labels", *KINDS):
        assert f'href="{name}.zarr"' in page
        assert (root / f"{name}.zarr").is_dir()
    assert "predicted labels (Zarr, dataset labels)" in page
    record = read_document(saved.paths.prediction, PredictionRecord)
    assert all((root / one.file).is_dir() for one in record.saved)


def test_it_is_replaced_like_any_other(both, world, made):
    """Its manifest lists every chunk, so that a folder of Zarr is known as its own, and a foreign file as foreign."""
    _, _, saved = both
    options = PredictionOptions(save_format="zarr")
    evaluate_volume(
        world.model, network=made.ContextNetwork(), options=options, output=saved.paths.root, overwrite=True
    )
    assert sorted(path.name for path in saved.paths.root.glob("*.zarr")) == ["predicted_labels.zarr"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::RuntimeWarning:zmq")
def test_the_notebook_opens_it(both, monkeypatch):
    """One line for each folder, not one for each chunk."""
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    root = both[2].paths.root
    chunk = root / "entropy.zarr" / "entropy" / "c" / "0" / "0" / "0"
    chunk.write_bytes(chunk.read_bytes() + b"more")
    notebook = nbformat.read(root / "inspect.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(root)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    text = "".join(output.text for output in outputs if output.output_type == "stream")
    assert "labels: uint8 (6, 24, 20) zyx" in text
    assert "probabilities: uint8 (6, 24, 20, 3) zyxc" in text
    assert "zarr.json" not in text
    (changed,) = (row for row in text.splitlines() if "changed since" in row)
    assert "entropy.zarr  <- changed" in changed
