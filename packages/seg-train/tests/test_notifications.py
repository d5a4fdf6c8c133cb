"""Notifications to real local receivers: one that listens, one that is not there, one that hangs."""

from __future__ import annotations

import json
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document, write_document
from seg_train.cli import main
from seg_train.errors import TrainingError
from seg_train.notifications import Message, notification_urls, outcome_message, send
from seg_train.run_list import duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.schema.training import TrainingConfig

pytest.importorskip("apprise")
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # a library of Apprise
SECRET = "s3cret-t0ken"
MESSAGE = Message("a run has ended", "with a score")


@pytest.fixture(autouse=True)
def _nobody_is_notified(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No URL of the person who runs the tests is used."""
    monkeypatch.delenv("SEG_NOTIFY", raising=False)
    monkeypatch.delenv("SEG_NOTIFY_FILE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))


@pytest.fixture
def received() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A receiver that answers: its Apprise URL, with a secret in it, and what it has got."""
    messages: list[dict[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            messages.append({"path": self.path, **json.loads(body)})
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the terminal clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://user:{SECRET}@127.0.0.1:{server.server_port}/{SECRET}", messages
    server.shutdown()
    server.server_close()


@pytest.fixture
def hanging() -> Iterator[str]:
    """A receiver that drips one byte at a time, so that no time-out between two bytes ever ends it."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not ended.wait(0.1):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    yield f"json://127.0.0.1:{server.getsockname()[1]}/{SECRET}"
    ended.set()
    thread.join(5)
    server.close()


@pytest.fixture
def unreachable() -> str:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"json://127.0.0.1:{port}/{SECRET}"


def test_a_receiver_gets_title_and_body(received: tuple[str, list[dict[str, str]]]) -> None:
    """A real HTTP request arrives, once."""
    url, messages = received
    assert send([url], MESSAGE, seconds=60) == []
    assert [(m["title"], m["message"].strip()) for m in messages] == [tuple(MESSAGE)]


def test_bad_receivers_neither_raise_nor_delay_nor_leak(
    received: tuple[str, list[dict[str, str]]],
    hanging: str,
    unreachable: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Four of five fail in their own ways within the time limit; the good one is served; no log quotes a URL."""
    url, messages = received
    urls = [hanging, unreachable, f"nonsense://{SECRET}", SECRET, url]
    with caplog.at_level(logging.DEBUG):
        started = time.monotonic()
        problems = send(urls, MESSAGE, seconds=2.5)
        assert time.monotonic() - started < 5
    assert problems == [
        "notification 1 (json) did not answer within 2.5 s",
        "notification 2 (json) was refused or not reached",
        "notification 3 (nonsense) is no URL that Apprise knows",
        "notification 4 (no scheme) is no URL that Apprise knows",
    ]
    assert len(messages) == 1
    printed = capfd.readouterr()
    assert SECRET not in caplog.text + printed.out + printed.err


def test_urls_come_from_the_environment_and_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both places are read, each URL once, comments are none; the user's file is a default."""
    model = tmp_path / "model"
    assert notification_urls(model) == []
    default = tmp_path / "configuration" / "seg" / "notify.txt"
    default.parent.mkdir(parents=True)
    default.write_text("json://default\n")
    monkeypatch.setenv("SEG_NOTIFY", "json://a  json://b")
    assert notification_urls(model) == ["json://a", "json://b", "json://default"]
    named = tmp_path / "urls.txt"
    named.write_text("# mine\njson://b\n\n  json://c  \n")
    monkeypatch.setenv("SEG_NOTIFY_FILE", str(named))
    assert notification_urls(model) == ["json://a", "json://b", "json://c"]


def test_a_file_inside_the_model_folder_or_a_missing_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Model folders are handed on; secrets have no place in them, not even through a link."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "urls.txt").write_text(f"json://{SECRET}")
    (tmp_path / "link.txt").symlink_to(model / "urls.txt")
    for name in (model / "urls.txt", tmp_path / "link.txt"):
        monkeypatch.setenv("SEG_NOTIFY_FILE", str(name))
        with pytest.raises(TrainingError, match="outside the model folder"):
            notification_urls(model)
    monkeypatch.setenv("SEG_NOTIFY_FILE", str(tmp_path / "missing.txt"))
    with pytest.raises(TrainingError, match="cannot be read"):
        notification_urls(model)


def _fail() -> None:
    message = f"cannot write to https://user:{SECRET}@host"
    raise OSError(message)


def test_the_message_tells_run_host_time_score_and_the_end_of_the_traceback(trained: Path) -> None:
    """What a person wants to know on a telephone; addresses in an error lose what may be secret."""
    record = read_document(ModelPaths(root=trained).metadata, TrainingRecord)
    title, body = outcome_message(record.model_copy(update={"seconds": 3723.0}), trained, None)
    assert title == f"seg-train: tiny finished on {record.provenance.hostname}"
    assert f"run: tiny ({record.model_id})" in body
    assert "epochs: 2 of 2" in body
    assert "duration: 1:02:03" in body
    assert f"best mean Jaccard: {record.result.best_mean_jaccard:.4f} in epoch {record.result.best_epoch}" in body
    assert "Traceback" not in body
    failed = record.model_copy(update={"status": "failed", "reason": "OSError: disk"})
    with pytest.raises(OSError, match="cannot write") as raised:
        _fail()
    title, body = outcome_message(failed, trained, raised.value)
    assert "failed" in title
    assert "status: failed: OSError: disk" in body
    assert body.splitlines()[-1] == "OSError: cannot write to https://…"
    assert "in _fail" in body


def test_the_host_is_the_one_that_the_run_ended_on(trained: Path) -> None:
    """A run that went on elsewhere is looked for there; records of before sessions were noted know the first host only."""
    record = read_document(ModelPaths(root=trained).metadata, TrainingRecord)
    (first,) = record.session_records
    elsewhere = first.provenance.model_copy(update={"hostname": "other-node"})
    resumed = [first, first.model_copy(update={"provenance": elsewhere})]
    title, body = outcome_message(record.model_copy(update={"session_records": resumed}), trained, None)
    assert title.endswith(" on other-node")
    assert "host: other-node" in body.splitlines()
    title, _ = outcome_message(record.model_copy(update={"session_records": []}), trained, None)
    assert title.endswith(f" on {record.provenance.hostname}")


def test_a_run_that_a_scheduler_ends_says_so(
    received: tuple[str, list[dict[str, str]]], config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real process gets SIGTERM in its second epoch or later; the message tells what `metadata.yaml` does, and no file a secret."""
    url, messages = received
    monkeypatch.setenv("SEG_NOTIFY", url)
    write_document(tmp_path / "train.yaml", config.model_copy(update={"epochs": 10_000, "examples_every": 0}))
    paths = ModelPaths(root=tmp_path / "models" / "model")
    command = [str(Path(sys.executable).with_name("seg-train")), "run", "train.yaml", "--output", str(paths.root)]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 300
        while not paths.best_weights.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 1
    record = read_document(paths.metadata, TrainingRecord)
    (message,) = messages
    assert message["title"] == f"seg-train: tiny interrupted on {socket.gethostname()}"
    told = dict(line.split(": ", 1) for line in message["message"].splitlines())
    assert told["run"] == f"tiny ({record.model_id})"
    assert told["status"] == "interrupted: interrupted by the user"
    assert told["host"] == socket.gethostname()
    assert told["folder"] == str(paths.root)
    assert told["epochs"] == f"{record.result.epochs_done} of 10000"
    assert told["duration"] == duration(record.seconds)
    assert record.seconds > 0
    assert told["best mean Jaccard"] == f"{record.result.best_mean_jaccard:.4f} in epoch {record.result.best_epoch}"
    written = [path.read_bytes() for path in paths.root.parent.rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in text for text in [*written, errors.encode()])


def test_the_command_sends_a_test_message(
    received: tuple[str, list[dict[str, str]]], unreachable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a long run one can see that messages arrive; a receiver that fails is status 1."""
    url, messages = received
    told = CliRunner().invoke(main, ["notify"])
    assert told.exit_code == 1
    assert "SEG_NOTIFY" in told.stderr
    monkeypatch.setenv("SEG_NOTIFY", url)
    told = CliRunner().invoke(main, ["notify"])
    assert told.exit_code == 0, told.output
    assert "test" in messages[0]["title"]
    monkeypatch.setenv("SEG_NOTIFY", f"{url} {unreachable}")
    told = CliRunner().invoke(main, ["notify"])
    assert told.exit_code == 1
    assert "notification 2 (json) was refused" in told.stderr
    assert SECRET not in told.output
