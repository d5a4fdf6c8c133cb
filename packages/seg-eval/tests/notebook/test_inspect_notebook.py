"""The notebook beside the report, run as its readers run it."""

import json
import os
import re

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from seg_eval.notebook.inspect_notebook import notebook_of, write_notebook
from seg_eval.score import score_labels


def executed(folder):
    """Run the notebook of a folder from there; give the text that its cells print, and the pictures that they draw."""
    notebook = nbformat.read(folder / "inspect.ipynb", as_version=4)
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    text = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    return text, pictures


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::RuntimeWarning:zmq")
def test_it_opens_every_file_of_an_evaluation(evaluated, monkeypatch):
    """Scan, reference and prediction are found; every file is named, and the only complaint there could be is missing."""
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    _, evaluation = evaluated
    folder = evaluation.paths.root
    text, pictures = executed(folder)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert {name for name in names if name not in text} == {"inspect.ipynb"}
    assert "labels: uint8 (6, 24, 20)" in text
    assert "left out" not in text
    assert "changed since" not in text
    fibre = next(row for row in text.splitlines() if row.startswith("fibre"))
    assert f"{evaluation.document.classes[1].jaccard:.5f}"[:6] in fibre
    assert len(pictures) == 3


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::RuntimeWarning:zmq")
def test_it_says_what_it_does_not_find_any_more(tmp_path, undrawn, monkeypatch):
    """Label volumes of another tool, without a scan; the reference was deleted since."""
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    labels = np.ones((3, 200, 200), np.uint8)
    labels[1, 2:4, 2:4] = 2
    for name in ("reference", "prediction"):
        np.save(tmp_path / f"{name}.npy", labels)
    score_labels(tmp_path / "reference.npy", tmp_path / "prediction.npy", output=tmp_path / "out")
    (tmp_path / "reference.npy").unlink()
    text, _ = executed(tmp_path / "out")
    assert "must be found again" in text
    shown = [re.split(" {2,}", row.strip()) for row in text.splitlines() if row.startswith(("name  ", "class "))]
    # Of the first class nothing is known but that there is none of it; of the last there is very little.
    assert shown[0] == ["name", "jaccard", "precision", "recall", "reference_fraction", "estimated_fraction"]
    assert shown[1] == ["class 0", "-", "-", "-", "0", "0"]
    assert shown[3] == ["class 2", "1", "1", "1", "3.3333e-05", "3.3333e-05"]


def test_it_holds_no_path_and_no_output(tmp_path):
    """The same bytes for everyone, so that it may be passed on."""
    write_notebook(tmp_path / "inspect.ipynb")
    text = (tmp_path / "inspect.ipynb").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert os.sep + "home" not in text
    assert all(not cell.get("outputs") for cell in json.loads(text)["cells"])


def test_cells_keep_their_lines():
    """Text loses its comment signs, code keeps them."""
    cells = notebook_of("# %%\na = 1  # one\n\n\n# %% [markdown]\n# ## Title\n#\n# text\n")["cells"]
    assert [(cell["cell_type"], "".join(cell["source"])) for cell in cells] == [
        ("code", "a = 1  # one"),
        ("markdown", "## Title\n\ntext"),
    ]
