"""Configurations: settings from the command line, and every problem at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seg_common.errors import DocumentError, SegError
from seg_train.config_template import write_config
from seg_train.configuration import load_config

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(volume: Path, tmp_path: Path) -> Path:
    """A configuration as `seg-train init` writes it."""
    write_config(tmp_path / "train.yaml", volume)
    return tmp_path / "train.yaml"


def test_the_volume_is_found_beside_the_configuration(
    path: Path, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path counts from the file, not from the current folder."""
    monkeypatch.chdir(volume)
    assert load_config(path).volume == str((volume / "volume.yaml").resolve())


def test_another_volume_may_be_given(path: Path, volume: Path, tmp_path: Path) -> None:
    """A shared configuration runs on anybody's data: the path given counts from the current folder."""
    path.write_text(path.read_text().replace("volume: ", "volume: nowhere/"))
    assert load_config(path, volume=volume).volume == str((volume / "volume.yaml").resolve())
    with pytest.raises(SegError, match="nowhere"):
        load_config(path)


def test_paths_may_be_text(path: Path, volume: Path) -> None:
    """In a notebook a path is a string."""
    assert load_config(str(path), volume=str(volume)) == load_config(path)


def test_settings_reach_any_key(path: Path) -> None:
    """Top-level keys, nested ones, lists, and a whole section that was null."""
    settings = [
        "epochs=4",
        "crops.shape=[1, 16, 32]",
        "learning_rate={kind: constant, value: 1e-3}",
        "model.depth=2",
        "crops.rejection.kind=curve",
        "crops.rejection.class_name=fibre",
        "crops.rejection.points=[[0, 0.9], [0.5, 0]]",
    ]
    config = load_config(path, settings)
    assert config.epochs == 4
    assert config.crops.shape == (1, 16, 32)
    assert config.learning_rate.model_dump() == {"kind": "constant", "value": 0.001}
    assert config.model.depth == 2
    assert config.crops.rejection is not None
    assert config.crops.rejection.kind == "curve"


def test_all_problems_are_told_at_once(path: Path) -> None:
    """A misspelt key, a wrong value and a wrong type: three lines, the first with a suggestion."""
    with pytest.raises(DocumentError) as caught:
        load_config(path, ["epochz=4", "batch_size=0", "model.depth=deep"])
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert any("epochz: unknown key; did you mean 'epochs'?" in line for line in lines)
    assert any("batch_size" in line for line in lines)
    assert any("model.depth" in line for line in lines)


@pytest.mark.parametrize("setting", ["epochs", "=4", "crops..shape=1"])
def test_a_setting_needs_a_key_and_a_value(path: Path, setting: str) -> None:
    """Anything but key=value is refused with an example."""
    with pytest.raises(DocumentError, match="key=value"):
        load_config(path, [setting])


def test_a_setting_must_be_yaml(path: Path) -> None:
    """An unclosed list is not guessed at."""
    with pytest.raises(DocumentError, match="must be YAML"):
        load_config(path, ["crops.shape=[1, 2"])


def test_sides_must_divide(path: Path) -> None:
    """A side that cannot be halved depth times is refused with the divisor and the axis."""
    with pytest.raises(DocumentError, match=r"2\^depth = 8; got x = 20"):
        load_config(path, ["crops.shape=[1, 16, 20]"])


def test_validation_on_the_training_partition_is_refused(path: Path) -> None:
    """Scores on trained voxels are worth nothing."""
    with pytest.raises(DocumentError, match="different partitions"):
        load_config(path, ["validation.partition=train"])


def test_a_missing_configuration(tmp_path: Path) -> None:
    """The message has the path."""
    with pytest.raises(SegError, match=r"must exist; got .*nothing\.yaml"):
        load_config(tmp_path / "nothing.yaml")
