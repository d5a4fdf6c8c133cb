"""Options and variables that name the workers of a run; mistakes are told before TensorFlow is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from seg_train.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("command", [["run", "train.yaml"], ["resume", "model"]])
@pytest.mark.parametrize(
    ("options", "tf_config", "status", "message"),
    [
        (["--worker", "1"], "", 2, "--worker is a place in the file that --hosts names"),
        (["--hosts", "{hosts}", "--worker", "2"], "", 1, "error: --worker must be 0 to 1"),
        (["--hosts", "missing.txt"], "", 1, "error: the file must exist; got missing.txt"),
        ([], "{", 1, "error: TF_CONFIG must look like"),
        (["--hosts", "{hosts}", "--worker", "1"], "{", 1, "exist"),  # the file counts; then config or model are missing
    ],
)
def test_workers_are_named_clearly(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    options: list[str],
    tf_config: str,
    status: int,
    message: str,
) -> None:
    """One line, whether a run begins or goes on."""
    hosts = tmp_path / "hosts.txt"
    hosts.write_text("node-a\nnode-b\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TF_CONFIG", tf_config)
    told = CliRunner().invoke(main, [*command, *(option.format(hosts=hosts) for option in options)])
    assert told.exit_code == status
    assert message in told.stderr
    if status == 1:
        assert len(told.stderr.splitlines()) == 1
