"""`seg-data weights`, run as users run it."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from seg_common.volume.opened_volume import open_volume
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
    """A table by class on stdout, the picture where it is wanted."""
    arguments = ["weights", folder, "--name", "balanced", "--class-frequency", "1", "--picture", "w.png"]
    result = subprocess.run(
        [COMMAND, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    # 7680 voxels in three classes: 2560 / 6612, 2560 / 960 and 2560 / 108
    rows = [line.split() for line in result.stdout.splitlines()[1:]]
    assert rows == [
        ["matrix", "6612", "0.3872", "0.3872", "0"],
        ["fibre", "960", "2.667", "2.667", "0"],
        ["pore", "108", "23.7", "23.7", "0"],
    ]
    assert "class shares are counted in: train" in result.stderr
    assert (tmp_path / "w.png").read_bytes().startswith(b"\x89PNG")
    with open_volume(folder) as volume:
        assert list(volume.document.weights) == ["balanced"]


def test_all_options(folder):
    """The record as JSON tells the recipe that they made."""
    result = invoke(
        *("weights", folder, "--name", "w", "--json", "--quiet", "--dtype", "float16", "--labels", "reference"),
        *("--class-frequency", 0.5, "--frequency-partition", "whole"),
        *("--interface", "reduce", "--boost", 4, "--sigma", 1.5, "--max-distance", 3),
        *("--ignore-border", 1.5, "--border-of", "faces", "--border-of", "interface"),
    )
    assert (result.returncode, result.stderr) == (0, "")
    record = json.loads(result.stdout)
    assert record["recipe"] == {
        "class_frequency": {"alpha": 0.5, "partition": None},
        "interface": {"mode": "reduce", "boost": 4.0, "sigma": 1.5, "max_distance": 3.0},
        "border": {"voxels": 1.5, "of": ["faces", "interface"]},
    }
    assert (record["dtype"], record["halo"]) == ("float16", [3, 3, 3])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "give --class-frequency, --interface or --ignore-border"),
        (["--interface", "boost"], "--interface and --sigma belong together"),
        (["--class-frequency", 1, "--sigma", 2], "--interface and --sigma belong together"),
    ],
)
def test_bad_usage(folder, options, message):
    """Click's status 2; nothing is written."""
    result = invoke("weights", folder, "--name", "w", *options)
    assert result.returncode == 2
    assert message in result.stderr
    assert not list(folder.glob("weights_*"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--class-frequency", -1], "class_frequency.alpha: Input should be greater than or equal to 0"),
        (["--class-frequency", 1, "--frequency-partition", "tests"], "got 'tests', it has: train"),
        (["--interface", "boost", "--sigma", 0], "interface.sigma"),
        (["--ignore-border", 99], "thinner border"),
    ],
)
def test_bad_values(folder, options, message):
    """One line that names the value; nothing is written."""
    result = invoke("weights", folder, "--name", "w", "--quiet", *options)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert message in line
    assert not list(folder.glob("weights_*"))


def test_warnings(make_volume):
    """A class that is absent where shares are counted weighs nothing, which is said."""
    labels = np.zeros((2, 2, 2), np.uint8)
    volume = make_volume(labels, labels, class_names=("matrix", "pore"))
    result = invoke("weights", volume.path, "--name", "w", "--class-frequency", 1)
    assert result.returncode == 0
    assert "warning: class 'pore' has no voxel in partition 'train'" in result.stderr


def test_existing_weights(folder):
    """Refused, and replaced when asked."""
    command = ("weights", folder, "--name", "w", "--ignore-border", 1)
    assert invoke(*command).returncode == 0
    refused = invoke(*command)
    assert refused.returncode == 1
    assert "--overwrite" in refused.stderr
    assert invoke(*command, "--overwrite").returncode == 0
