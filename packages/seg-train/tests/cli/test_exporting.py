"""The command that hands a network to other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from seg_train.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def test_export_says_where_and_how_well(trained: Path, tmp_path: Path) -> None:
    """For people, for scripts, and refused the second time."""
    folder = str(tmp_path / "served")
    told = CliRunner().invoke(main, ["export", str(trained), "--output", folder])
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith(f"{folder}: probabilities differ from the model's by up to ")
    assert "checked on 2 shapes" in told.stderr
    again = CliRunner().invoke(main, ["export", str(trained), "--output", folder])
    assert again.exit_code == 1
    assert "--overwrite" in again.stderr
    asked = ["export", str(trained), "--output", folder, "--weights", "last", "--overwrite", "--quiet", "--json"]
    told = CliRunner().invoke(main, asked)
    record = json.loads(told.stdout)
    assert record["weights"] == "last.keras"
    assert record["max_abs_difference"] <= record["tolerance"]
    assert told.stderr == ""


def test_export_has_help_with_an_example() -> None:
    """A newcomer copies the example."""
    told = CliRunner().invoke(main, ["export", "--help"])
    assert told.exit_code == 0
    assert "seg-train export model --format onnx" in told.output
