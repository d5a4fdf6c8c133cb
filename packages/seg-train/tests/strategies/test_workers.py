"""Workers and strategies of one process: what is chosen, what is refused, what is noted."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from seg_common.model_paths import ModelPaths
from seg_common.schema.training import StrategyConfig, TrainingConfig
from seg_train.errors import TrainingError
from seg_train.history import read_rows
from seg_train.resume import resume_training
from seg_train.run import run_training
from seg_train.strategies.cluster import Cluster
from seg_train.strategies.workers import Workers, gather_workers, with_workers

if TYPE_CHECKING:
    from pathlib import Path

TWO = Cluster(("a:1", "b:1"), 1)


def with_strategy(
    config: TrainingConfig, kind: str, devices: tuple[str, ...] = (), **modules: object
) -> TrainingConfig:
    data = config.model_dump() | {"strategy": {"kind": kind, "devices": list(devices)}}
    data["model"] |= modules
    return TrainingConfig.model_validate(data)


def test_a_cluster_takes_the_strategy_of_several_workers(config: TrainingConfig) -> None:
    """Whatever strategy of one machine the configuration has; alone it stays as it is."""
    assert with_workers(config, TWO).strategy == StrategyConfig(kind="multi_worker")
    assert with_workers(with_strategy(config, "mirrored"), TWO).strategy.kind == "multi_worker"
    assert with_workers(config, Cluster(("a:1",), 0)) is config


@pytest.mark.parametrize(
    ("kind", "devices", "cluster", "message"),
    [
        ("mirrored", ("GPU:0",), TWO, r"2 workers take all devices .* got strategy\.devices GPU:0"),
        ("multi_worker", (), Cluster(), r"must know its workers; got none\. .*--hosts FILE or TF_CONFIG"),
        ("multi_worker", ("CPU:0",), Cluster(), r"takes all devices of each worker; got CPU:0"),
    ],
)
def test_workers_that_cannot_be(
    config: TrainingConfig, kind: str, devices: tuple[str, ...], cluster: Cluster, message: str
) -> None:
    """Devices are those of each machine, and a cluster has to be named."""
    with pytest.raises(TrainingError, match=message):
        gather_workers(with_workers(with_strategy(config, kind, devices), cluster), cluster, seconds=1)


def test_one_process_notes_its_host_and_its_gpus(config: TrainingConfig, tensorflow, monkeypatch) -> None:
    """On a CPU the list of GPUs is empty; an empty TF_CONFIG means nothing."""
    monkeypatch.setenv("TF_CONFIG", "")
    workers = gather_workers(config, Cluster(), seconds=1)
    assert workers.hosts == [socket.gethostname()]
    assert (workers.gpus == []) == (not tensorflow.config.list_physical_devices("GPU"))
    assert workers.is_chief
    assert workers.any(True)
    assert not workers.any(False)
    workers.require_same({"data": "any"})


def test_only_the_chief_writes_the_model_folder(config: TrainingConfig, tmp_path: Path) -> None:
    """Another worker gets a folder of its own, which is gone afterwards."""
    model = ModelPaths(root=tmp_path / "model")
    alone = gather_workers(config, Cluster(), seconds=1)
    with alone.own_folder(model) as own:
        assert own is model
    second = Workers(TWO, alone.strategy, [{"host": "a", "gpus": "[]"}, {"host": "b", "gpus": '["GPU B"]'}])
    assert second.hosts == ["a", "b"]
    assert second.gpus == ["GPU B"]
    with second.own_folder(model) as own:
        own.history.write_text("x")
        assert own.root != model.root
    assert not own.root.exists()
    assert not model.root.exists()


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({}, r"got model\.normalisation: batch\. Take the strategy mirrored"),
        ({"normalisation": "group", "dropout": 0.25}, r"got model\.dropout: 0\.25\."),
        ({"normalisation": "none", "gaussian_noise": 0.5}, r"got model\.gaussian_noise: 0\.5\."),
    ],
)
def test_central_storage_takes_nothing_with_a_state(
    config: TrainingConfig, tmp_path: Path, modules: dict[str, object], message: str
) -> None:
    """Keras cannot update it there; nothing is written."""
    refused = with_strategy(config, "central_storage", ("CPU:0", "CPU:1"), **modules)
    with pytest.raises(TrainingError, match=message):
        run_training(refused, tmp_path / "model", quiet=True)
    half = refused.model_copy(update={"precision": "float16"})
    with pytest.raises(TrainingError, match="precision: float16"):
        run_training(half, tmp_path / "model", quiet=True)
    assert not (tmp_path / "model").exists()


def test_a_run_with_central_storage(config: TrainingConfig, tmp_path: Path) -> None:
    """It trains on two replicas, and a longer one goes on where it ended: the history is that of one run."""
    taken = with_strategy(config, "central_storage", ("CPU:0", "CPU:1"), normalisation="group", group_size=2)
    taken = taken.model_copy(update={"examples_every": 0})
    whole = run_training(taken, tmp_path / "whole", quiet=True)
    assert whole.strategy.name == "central_storage"
    assert whole.strategy.devices == ["CPU:0", "CPU:1"]
    assert whole.batch_size_per_replica == 2
    run_training(taken.model_copy(update={"epochs": 1}), tmp_path / "model", quiet=True)
    resume_training(tmp_path / "model", epochs=2, quiet=True)
    histories = [read_rows(ModelPaths(root=tmp_path / name).history) for name in ("whole", "model")]
    assert histories[0] == histories[1]
