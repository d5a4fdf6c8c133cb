"""Who takes part in a run: TF_CONFIG and files of hosts, right and wrong."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from seg_common.errors import SegError
from seg_train.errors import TrainingError
from seg_train.strategies.cluster import DEFAULT_PORT, Cluster, cluster_from_environment, read_hosts, split_address

if TYPE_CHECKING:
    from pathlib import Path


def tf_config(cluster: object, task: object) -> str:
    return json.dumps({"cluster": cluster, "task": task})


def hosts_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "hosts.txt"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", ["", "{}", '{"task": {"type": "worker", "index": 0}}'])
def test_without_a_cluster_a_process_is_alone(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Some schedulers always set TF_CONFIG; without a cluster it means nothing."""
    monkeypatch.setenv("TF_CONFIG", text)
    assert cluster_from_environment() == Cluster()
    assert Cluster().workers == 1
    assert Cluster().is_chief


def test_the_workers_of_tf_config(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chief comes first whatever the order of the keys, and workers are counted after it."""
    jobs = {"worker": ["b:2222", "c:2222"], "chief": ["a:2222"], "ps": []}
    monkeypatch.setenv("TF_CONFIG", tf_config(jobs, {"type": "worker", "index": 1}))
    assert cluster_from_environment() == Cluster(("a:2222", "b:2222", "c:2222"), 2)
    monkeypatch.setenv("TF_CONFIG", tf_config(jobs, {"type": "chief", "index": 0}))
    assert cluster_from_environment().is_chief
    del jobs["chief"]
    monkeypatch.setenv("TF_CONFIG", tf_config(jobs, {"type": "worker", "index": 1}))
    assert cluster_from_environment().index == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cluster", r"it is not JSON .* unset it to train alone"),
        ("[1]", r"it is '\[1\]'"),
        (tf_config(["a:1"], {}), r"it has the cluster \['a:1'\]"),
        (tf_config({"worker": "a:1"}, {}), r"it has the cluster"),
        (tf_config({"worker": ["a:1"]}, None), r"it has the task None"),
        (tf_config({"worker": ["a:1"]}, {"type": "chief", "index": 0}), r"it has the task .*chief"),
        (tf_config({"worker": ["a:1"]}, {"type": "worker", "index": 1}), r"the index 1 for 1 task"),
        (tf_config({"worker": ["a:1"]}, {"type": "worker", "index": "0"}), r"the index '0'"),
        (tf_config({"worker": ["a:1"], "ps": ["b:1"]}, {"type": "worker", "index": 0}), r"got ps\. Training takes no"),
        (tf_config({"worker": ["a:b"]}, {"type": "worker", "index": 0}), r"must be host or host:port.*'a:b' in TF_C"),
        (tf_config({"worker": [7]}, {"type": "worker", "index": 0}), r"got 7 in TF_CONFIG"),
        (tf_config({"worker": ["a:1", "a:1"]}, {"type": "worker", "index": 0}), r"got a:1 twice"),
    ],
)
def test_a_malformed_tf_config_is_refused(monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    """Each mistake is told before anything is imported."""
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(TrainingError, match=message):
        cluster_from_environment()


def test_a_file_of_hosts(tmp_path: Path) -> None:
    """Comments and blank lines are skipped, the port may be left out, and IPv6 addresses have brackets."""
    path = hosts_file(tmp_path, "# two machines\nnode-1.example.org\n\n[fe80::1]:2223  # the other\n")
    cluster = read_hosts(path, 1)
    assert cluster.addresses == (f"node-1.example.org:{DEFAULT_PORT}", "[fe80::1]:2223")
    assert cluster.index == 1
    assert [split_address(address) for address in cluster.addresses] == [
        ("node-1.example.org", DEFAULT_PORT),
        ("fe80::1", 2223),
    ]


def test_this_machine_is_found_among_the_hosts(tmp_path: Path) -> None:
    """By its name or by any of its addresses; 192.0.2.1 is kept for documentation and belongs to nobody."""
    assert read_hosts(hosts_file(tmp_path, f"192.0.2.1\n{socket.gethostname()}\n")).index == 1
    assert read_hosts(hosts_file(tmp_path, "127.0.0.1:5000\n192.0.2.1\n")).index == 0


@pytest.mark.parametrize(
    ("text", "worker", "message"),
    [
        ("# nobody\n", None, r"must name one on each line; .* names none"),
        ("node slots=4\n", 0, r"must be host or host:port.*'node slots=4'"),
        ("node:70000\n", 0, r"port below 65536; got 'node:70000'"),
        ("node:0\n", 0, r"got 'node:0'"),
        ("node\nnode:22345\n", 0, r"got node:22345 twice"),
        ("a\nb\n", 2, r"--worker must be 0 to 1.*got 2"),
        ("192.0.2.1\n", None, r"must be this machine.*got none.*--worker N"),
        ("127.0.0.1:1000\n127.0.0.1:1001\n", None, r"got several among"),
    ],
)
def test_hosts_that_are_not_clear(tmp_path: Path, text: str, worker: int | None, message: str) -> None:
    """A wrong line, or a machine that does not find itself, is told with the way out."""
    with pytest.raises(TrainingError, match=message):
        read_hosts(hosts_file(tmp_path, text), worker)


def test_a_missing_file_of_hosts(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(SegError, match=r"no_hosts\.txt"):
        read_hosts(tmp_path / "no_hosts.txt")
