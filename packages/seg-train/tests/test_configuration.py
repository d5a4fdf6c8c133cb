"""Configurations: settings from the command line, and every problem at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml

from seg_common.errors import DocumentError, SegError
from seg_common.model_paths import ModelPaths
from seg_train.config_template import write_config
from seg_train.configuration import load_config
from seg_train.run import run_training

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


def test_a_record_is_a_configuration(trained: Path) -> None:
    """`metadata.yaml` gives what `config.yaml` gives, with settings on top; problems are named as they stand in the record."""
    paths = ModelPaths(root=trained)
    assert load_config(paths.metadata) == load_config(paths.config)
    assert load_config(paths.metadata, ["epochs=7", "model.depth=2"]).epochs == 7
    with pytest.raises(DocumentError, match=r"config\.epochs: Input should be greater than or equal to 1; got 0"):
        load_config(paths.metadata, ["epochs=0"])
    with pytest.raises(DocumentError, match=r"config\.epoch: unknown key; did you mean 'epochs'"):
        load_config(paths.metadata, ["epoch=3"])


@pytest.mark.parametrize("config", [[], 3, None])
def test_a_damaged_record_is_no_configuration(tmp_path: Path, config: object) -> None:
    """Something else where the configuration should be is told, and nothing crashes on the settings."""
    path = tmp_path / "metadata.yaml"
    path.write_text(yaml.safe_dump({"kind": "training_record", "config": config}))
    with pytest.raises(DocumentError, match="config: Input should be"):
        load_config(path, ["epochs=7"])


def test_a_run_is_repeated_from_its_record(trained: Path, tmp_path: Path) -> None:
    """A second run from `metadata.yaml` ends with the same checkpoint and the same history, bit for bit."""
    first, again = ModelPaths(root=trained), ModelPaths(root=tmp_path / "again")
    run_training(load_config(first.metadata), again.root, quiet=True)
    assert again.history.read_bytes() == first.history.read_bytes()
    with np.load(first.last_checkpoint) as one, np.load(again.last_checkpoint) as two:
        assert one.files == two.files
        assert all(one[name].tobytes() == two[name].tobytes() for name in one.files)


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
