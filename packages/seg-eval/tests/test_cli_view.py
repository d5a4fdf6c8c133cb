"""The command view, where napari is not installed."""

import sys

from click.testing import CliRunner

from seg_eval.cli import main


def test_view_names_what_is_missing(evaluated, monkeypatch):
    """One line with the command that installs it."""
    _, evaluation = evaluated
    monkeypatch.setitem(sys.modules, "napari", None)
    result = CliRunner().invoke(main, ["view", str(evaluation.paths.root)])
    assert result.exit_code == 1
    assert "pip install 'seg-eval[view]'" in result.output
    assert len(result.output.splitlines()) == 1
