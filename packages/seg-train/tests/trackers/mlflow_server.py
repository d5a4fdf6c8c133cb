"""A real MLflow server watches real runs, hangs and is killed: run by `nox -s tests_mlflow_server`, where MLflow is installed whole."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document, write_document
from seg_train.history import Row, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mlflow import MlflowClient
    from mlflow.entities import Run

    from seg_common.schema.training import TrainingConfig

pytestmark = pytest.mark.filterwarnings("ignore")

LONGEST = 600
WATCHED = """
import sys
from seg_train.configuration import load_config
from seg_train.resume import resume_training
from seg_train.run import run_training
from seg_train.trackers import tracked_run

def tell(text):
    print(text, flush=True)
    if text.startswith("epoch 2/"):
        sys.stdin.readline()

config, model, patience = sys.argv[1:4]
tracked_run.LAST_SECONDS = float(patience)
if len(sys.argv) > 4:
    resume_training(model, epochs=int(sys.argv[4]), quiet=True, tell=tell)
else:
    run_training(load_config(config), model, quiet=True, trackers=["mlflow"], tell=tell)
"""
"""Trains, and waits after the second epoch for a line on its standard input; a fourth argument resumes. On a busy machine a server
that answers may take longer than a run would wait for it."""


class Server:
    """`mlflow server` on a port of loopback, with a database and a folder of artifacts."""

    def __init__(self, folder: Path) -> None:
        self.artifacts = folder / "artifacts"
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Start it, again if need be, and wait until it answers."""
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self._port)]
        command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{self._folder / 'runs.sqlite'}"]
        command += ["--artifacts-destination", str(self.artifacts)]
        environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True, cwd=self._folder
            )
        deadline = time.monotonic() + LONGEST
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "server.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def signal(self, number: int) -> None:
        """Send a signal to it and to its workers."""
        os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process.poll() is None:
            self.signal(signal.SIGKILL)
            self._process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of all tests here."""
    started = Server(tmp_path_factory.mktemp("server"))
    yield started
    started.kill()


@pytest.fixture
def client(server: Server, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    """A reader of what the server has."""
    from mlflow import MlflowClient

    for name in ("MLFLOW_EXPERIMENT_NAME", "SEG_NOTIFY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    return MlflowClient(server.uri)


@pytest.fixture
def watched(config: TrainingConfig, tmp_path: Path) -> Callable[..., tuple[ModelPaths, list[str]]]:
    """Trains four epochs, or resumes, in a process; `then` is called after the second epoch; gives what was told."""
    write_document(tmp_path / "train.yaml", config.model_copy(update={"epochs": 4}))
    paths = ModelPaths(root=tmp_path / "model")

    def run(
        *words: str, then: Callable[[ModelPaths], None] = lambda paths: None, patience: float = 120
    ) -> tuple[ModelPaths, list[str]]:
        command = [sys.executable, "-c", WATCHED, str(tmp_path / "train.yaml"), str(paths.root), str(patience), *words]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        told = []
        try:
            for line in process.stdout:
                told.append(line.rstrip())
                if line.startswith("epoch 2/"):
                    then(paths)
                    process.stdin.write("go on\n")
                    process.stdin.flush()
            ended = time.monotonic()
            assert process.wait(timeout=LONGEST) == 0
            assert time.monotonic() - ended < 60, "a tracker held the process"
        finally:
            process.kill()
        assert read_document(paths.metadata, TrainingRecord).status == "finished"
        return paths, told

    return run


def only_run(client: MlflowClient, paths: ModelPaths) -> Run:
    """The run of a model, of which there must be one."""
    model_id = read_document(paths.metadata, TrainingRecord).model_id
    experiment = client.get_experiment_by_name("seg-train")
    (run,) = client.search_runs([experiment.experiment_id], f"tags.model_id = '{model_id}'")
    return run


def losses(client: MlflowClient, run: Run) -> list[tuple[int, float]]:
    return [(one.step, one.value) for one in client.get_metric_history(run.info.run_id, "validation_loss")]


def expected(rows: list[Row]) -> list[tuple[object, object]]:
    return [(row["epoch"], row["validation_loss"]) for row in rows]


def wait_for_two_epochs(client: MlflowClient, paths: ModelPaths) -> None:
    """Until the server has two epochs, pictures and all."""
    deadline = time.monotonic() + LONGEST
    names: set[str] = set()
    while f"pictures/{paths.examples(2).name}" not in names:
        assert time.monotonic() < deadline
        time.sleep(0.1)
        run = only_run(client, paths)
        names = {file.path for file in client.list_artifacts(run.info.run_id, "pictures")}
    assert losses(client, run) == expected(read_rows(paths.history))


def warnings(told: list[str]) -> list[str]:
    return [text for text in told if text.startswith("warning")]


def test_configuration_metrics_and_pictures_arrive(server: Server, client: MlflowClient, watched) -> None:
    """All epochs, in the database and in the folder of artifacts; nothing is told, nothing lies in the model folder."""
    paths, told = watched()
    assert warnings(told) == []
    run = only_run(client, paths)
    assert run.info.status == "FINISHED"
    assert run.data.params["config.batch_size"] == "4"
    assert run.data.params["strategy.name"] == "one_device"
    rows = read_rows(paths.history)
    assert len(rows) == 4
    assert losses(client, run) == expected(rows)
    names = {file.path for file in client.list_artifacts(run.info.run_id, "pictures")}
    assert {f"pictures/{paths.examples(epoch).name}" for epoch in range(1, 5)} <= names
    (stored,) = server.artifacts.rglob(paths.examples(4).name)
    assert stored.read_bytes() == paths.examples(4).read_bytes()
    assert not paths.tracker_folder("mlflow").exists()


def test_a_server_that_hangs_holds_nothing(server: Server, client: MlflowClient, watched) -> None:
    """It is stopped after the second epoch, takes connections and never answers: the run ends, and says so."""

    def hang(paths: ModelPaths) -> None:
        wait_for_two_epochs(client, paths)
        server.signal(signal.SIGSTOP)

    try:
        paths, told = watched(then=hang, patience=5)
    finally:
        server.signal(signal.SIGCONT)
    assert len(read_rows(paths.history)) == 4
    assert warnings(told) == [
        "warning: the tracker mlflow did not write down its last numbers in time; the run goes on without it."
    ]


def test_a_killed_server_ends_no_run(server: Server, client: MlflowClient, watched) -> None:
    """It is killed after the second epoch: the run ends, and says so. When it is back, a resumed run is the same MLflow run."""

    def kill(paths: ModelPaths) -> None:
        wait_for_two_epochs(client, paths)
        server.kill()

    paths, told = watched(then=kill, patience=5)
    rows = read_rows(paths.history)
    assert len(rows) == 4
    assert warnings(told) == [
        "warning: the tracker mlflow did not write down its last numbers in time; the run goes on without it."
    ]
    server.start()
    run = only_run(client, paths)
    assert run.info.status == "RUNNING"
    assert losses(client, run) == expected(rows[:2])
    paths, told = watched("5")
    assert warnings(told) == []
    run = only_run(client, paths)
    assert run.info.status == "FINISHED"
    assert losses(client, run) == expected(rows[:2]) + expected(read_rows(paths.history)[4:])
