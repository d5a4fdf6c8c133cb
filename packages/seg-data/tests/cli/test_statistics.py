"""`seg-data stats`, run as users run it."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from seg_common.schema.statistics import VolumeStatistics
from seg_common.yaml_documents import read_document
from seg_data.cli import main

COMMAND = Path(sysconfig.get_path("scripts")) / "seg-data"


def invoke(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command in this process."""
    result = CliRunner().invoke(main, list(map(str, arguments)))
    return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def folder(sparse_volume) -> Path:
    """The folder of the sparse volume, whose only partition trains."""
    return sparse_volume.path.parent


def test_the_installed_command(folder, tmp_path):
    """From the volume's own folder: a table on stdout, notes on stderr, files in ./statistics."""
    result = subprocess.run([COMMAND, "stats"], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    header, whole, train = result.stdout.splitlines()
    assert header.split() == ["region", "voxels", "unlabelled", "matrix", "fibre", "pore"]
    # 16 x 24 x 20 = 7680 voxels; pore 3 x 6 x 6 = 108, fibre 16 x 3 x 20 = 960
    assert whole.split() == ["whole", "volume", "7680", "0", "86.094", "%", "12.500", "%", "1.406", "%"]
    assert train.split()[0] == "train"
    assert read_document(folder / "statistics" / "statistics.yaml", VolumeStatistics).volume.name == "sample"
    assert "statistics.yaml to statistics" in result.stderr


def test_json_is_the_document(folder, tmp_path):
    """For scripts, with nothing beside it."""
    result = invoke("stats", folder, "--output", tmp_path / "s", "--json", "--quiet", "--linear")
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["regions"][1]["class_voxels"] == [6612, 960, 108]


def test_warnings_are_on_stderr(make_volume, tmp_path):
    """A class that is missing is said, and does not fail the command."""
    volume = make_volume(np.zeros((2, 2, 2), np.uint8), np.zeros((2, 2, 2), np.uint8), class_names=("matrix", "pore"))
    result = invoke("stats", volume.path, "--output", tmp_path / "s")
    assert result.returncode == 0
    assert "warning: partition 'train' has no voxel of 'pore'" in result.stderr
    assert "warning" not in result.stdout


def test_nothing_is_overwritten(folder, tmp_path):
    """The second run is refused before it counts anything, unless asked."""
    output = tmp_path / "s"
    assert invoke("stats", folder, "--output", output).returncode == 0
    (folder / "image.h5").unlink()
    refused = invoke("stats", folder, "--output", output)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "statistics.yaml exists" in refused.stderr
    assert "image.h5" in invoke("stats", folder, "--output", output, "--overwrite").stderr


def test_an_unknown_label_version(folder, tmp_path):
    """The known ones are named."""
    result = invoke("stats", folder, "--labels", "corrected", "--output", tmp_path / "s")
    assert result.returncode == 1
    assert "got 'corrected', it has: reference" in result.stderr
    assert not (tmp_path / "s").exists()
