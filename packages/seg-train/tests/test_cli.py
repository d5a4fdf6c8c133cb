"""The installed command, run as users run it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from seg_train.cli import main

COMMAND = str(Path(sys.executable).with_name("seg-train"))
TINY = (
    "epochs=1",
    "steps_per_epoch=2",
    "batch_size=2",
    "crops.shape=[1, 16, 16]",
    "model.base_filters=2",
    "model.depth=1",
)
SETTINGS = [word for setting in TINY for word in ("--set", setting)]


def seg_train(*words: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a process of its own."""
    return subprocess.run([COMMAND, *map(str, words)], cwd=folder, capture_output=True, text=True, check=False)


def test_the_whole_job_by_commands(volume: Path, tmp_path: Path) -> None:
    """init, run, summary, line: the defaults of every command fit each other."""
    told = seg_train("init", "train.yaml", "--volume", volume, folder=tmp_path)
    assert told.returncode == 0, told.stderr
    told = seg_train("run", "--json", "--fast", *SETTINGS, folder=tmp_path)
    assert told.returncode == 0, told.stderr
    record = json.loads(told.stdout)
    assert record["config"]["deterministic"] is False
    assert record["status"] == "finished"
    assert record["result"]["epochs_done"] == 1
    assert yaml.safe_load((tmp_path / "unet" / "metadata.yaml").read_text())["model_id"] == record["model_id"]
    assert re.search(r"^epoch 1/1: loss .*, \d+\.\d% waiting for data$", told.stderr, flags=re.MULTILINE)
    assert "a cycle offers" in told.stderr

    summary = CliRunner().invoke(main, ["summary", str(tmp_path / "unet")])
    assert summary.exit_code == 0
    for words in (
        "batch size",
        "validation_steps",
        "use_multiprocessing",
        "false (1 threads)",
        "strategy",
        "callbacks",
    ):
        assert words in summary.output
    line = CliRunner().invoke(main, ["line", str(tmp_path / "unet"), "--header", "--decimal-comma"])
    names, cells = (row.split("\t") for row in line.output.rstrip("\n").split("\n"))
    assert names[0] == "columns"
    row = dict(zip(names, cells, strict=True))
    assert row["columns"] == "seg-train/3"
    assert row["model_id"] == record["model_id"]
    assert row["batch_size"] == "2"
    assert "," in row["best_mean_jaccard"]

    again = seg_train("run", *SETTINGS, folder=tmp_path)
    assert again.returncode == 1
    assert again.stderr.startswith("error: ")
    assert "--overwrite" in again.stderr
    resumed = seg_train("resume", "unet", folder=tmp_path)
    assert resumed.returncode == 0
    assert "nothing to do" in resumed.stderr


def test_help_and_version_import_nothing_heavy() -> None:
    """Answers come at once: no TensorFlow, no numpy, no matplotlib behind them."""
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from seg_train.cli import main\n"
        "for words in (['--help'], ['--version'], ['run', '--help']):\n"
        "    assert CliRunner().invoke(main, words).exit_code == 0\n"
        "print([m for m in ('tensorflow', 'keras', 'skimage', 'matplotlib', 'numpy', 'scipy') if m in sys.modules])\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "command", ["init", "run", "resume", "launch", "summary", "line", "list", "history", "schedule", "notify"]
)
def test_every_command_has_help_with_an_example(command: str) -> None:
    """A newcomer copies the example."""
    told = CliRunner().invoke(main, [command, "--help"])
    assert told.exit_code == 0
    assert f"seg-train {command}" in told.output
    assert "--quiet" in told.output
    assert "--debug" in told.output


def test_an_error_is_one_line_and_status_1(tmp_path: Path) -> None:
    """A missing configuration names the path; --debug shows where it came from."""
    told = seg_train("run", "missing.yaml", folder=tmp_path)
    assert told.returncode == 1
    assert told.stdout == ""
    assert len(told.stderr.splitlines()) == 1
    assert "missing.yaml" in told.stderr
    debug = seg_train("run", "missing.yaml", "--debug", folder=tmp_path)
    assert "Traceback" in debug.stderr


def test_wrong_usage_is_status_2() -> None:
    """Click's own errors keep their status."""
    assert CliRunner().invoke(main, ["init"]).exit_code == 2


def test_a_typo_in_the_configuration_is_told_with_its_line(volume: Path, tmp_path: Path) -> None:
    """File, line, key and a suggestion, before TensorFlow is even imported."""
    seg_train("init", "train.yaml", "--volume", volume, folder=tmp_path)
    path = tmp_path / "train.yaml"
    path.write_text(path.read_text().replace("batch_size:", "batchsize:"))
    told = seg_train("run", folder=tmp_path)
    assert told.returncode == 1
    assert "did you mean 'batch_size'?" in told.stderr
    assert "train.yaml:" in told.stderr
    assert not (tmp_path / "unet").exists()
