"""Who takes part in a run of several workers: named by TF_CONFIG, or by a file of hosts."""

from __future__ import annotations

import json
import os
import re
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from seg_common.atomic_files import read_text
from seg_train.errors import TrainingError

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_PORT = 22345
ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:(?P<port>\d{1,5}))?", flags=re.ASCII)
JOBS = ("chief", "worker")
"""Jobs of TF_CONFIG that train, in the order in which their tasks are counted."""


@dataclass(frozen=True)
class Cluster:
    """The processes that train one network together; without addresses, this one alone."""

    addresses: tuple[str, ...] = ()
    """``host:port`` of each worker. The first is the chief: it alone writes the model folder."""
    index: int = 0
    """Place of this process among them, from 0."""

    @property
    def workers(self) -> int:
        """How many processes there are."""
        return max(len(self.addresses), 1)

    @property
    def is_chief(self) -> bool:
        """Whether this process writes."""
        return self.index == 0

    def name(self, index: int) -> str:
        """Name a worker in a message."""
        return f"worker {index} ({self.addresses[index]})"


def cluster_from_environment() -> Cluster:
    """Read the variable TF_CONFIG, in which schedulers name workers.

    Returns
    -------
    Cluster
        Its jobs ``chief`` and ``worker`` in one row; this process alone when the variable names no cluster.

    Raises
    ------
    TrainingError
        If it is not what TensorFlow's guide says, or has other jobs.
    """
    text = os.environ.get("TF_CONFIG", "")
    if not text.strip():
        return Cluster()
    try:
        data: Any = json.loads(text)
    except json.JSONDecodeError as error:
        _refuse_malformed(f"is not JSON ({error})")
    if not isinstance(data, dict):
        _refuse_malformed(f"is {text!r}")
    jobs, task = data.get("cluster"), data.get("task")
    if not jobs:
        return Cluster()
    if not isinstance(jobs, dict) or not all(isinstance(addresses, list) for addresses in jobs.values()):
        _refuse_malformed(f"has the cluster {jobs!r}")
    others = [job for job, addresses in jobs.items() if addresses and job not in JOBS]
    if others:
        msg = (
            f"the cluster of TF_CONFIG may have the jobs {' and '.join(JOBS)}; got {', '.join(others)}. "
            "Training takes no parameter servers, and the chief validates: leave them out."
        )
        raise TrainingError(msg)
    if not isinstance(task, dict) or task.get("type") not in jobs:
        _refuse_malformed(f"has the task {task!r}")
    place, own = task.get("index"), jobs[task["type"]]
    if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < len(own):
        _refuse_malformed(f"has the index {place!r} for {len(own)} task(s) of {task['type']}")
    before = len(jobs.get("chief", [])) if task["type"] == "worker" else 0
    addresses = [address for job in JOBS for address in jobs.get(job, [])]
    return Cluster(_distinct([_address(address, "TF_CONFIG") for address in addresses], "TF_CONFIG"), before + place)


def read_hosts(path: Path, worker: int | None = None) -> Cluster:
    """Read a file of hosts.

    Parameters
    ----------
    path : Path
        ``host`` or ``host:port`` on each line; blank lines and what follows ``#`` are skipped. The first host is the chief.
    worker : int, optional
        Place of this process, from 0; found by the addresses of this machine when None.

    Returns
    -------
    Cluster
        With the port `DEFAULT_PORT` where none is given.

    Raises
    ------
    SegError
        If the file cannot be read.
    TrainingError
        If a line is no address, a host is named twice with one port, or this machine's place is not clear.
    """
    lines = [line.partition("#")[0].strip() for line in read_text(path).splitlines()]
    addresses = _distinct([_address(line, str(path)) for line in lines if line], str(path))
    if not addresses:
        msg = f"a file of hosts must name one on each line; {path} names none. Write host or host:port."
        raise TrainingError(msg)
    if worker is None:
        worker = _place_of_this_machine(addresses, path)
    if not 0 <= worker < len(addresses):
        msg = f"--worker must be 0 to {len(addresses) - 1}, a place in {path}; got {worker}. The chief, the first host, is 0."
        raise TrainingError(msg)
    return Cluster(addresses, worker)


def free_addresses(workers: int) -> tuple[str, ...]:
    """Find a free port of this machine for each of several workers on it."""
    with ExitStack() as stack:
        # All are open at once, so that none is given twice.
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(workers)]
        return tuple(f"127.0.0.1:{server.getsockname()[1]}" for server in servers)


def split_address(address: str) -> tuple[str, int]:
    """Split ``host:port``; the brackets of an IPv6 address are taken off."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _address(text: object, source: str) -> str:
    found = ADDRESS.fullmatch(text) if isinstance(text, str) else None
    port = int(found["port"] or DEFAULT_PORT) if found else 0
    if found is None or not 0 < port < 2**16:
        msg = f"a worker must be host or host:port with a port below 65536; got {text!r} in {source}. Correct it."
        raise TrainingError(msg)
    return f"{found['host']}:{port}"


def _distinct(addresses: list[str], source: str) -> tuple[str, ...]:
    twice = sorted({address for address in addresses if addresses.count(address) > 1})
    if twice:
        msg = f"each worker needs an address of its own; got {', '.join(twice)} twice in {source}. Give another port."
        raise TrainingError(msg)
    return tuple(addresses)


def _place_of_this_machine(addresses: tuple[str, ...], path: Path) -> int:
    places = [index for index, address in enumerate(addresses) if _is_here(split_address(address)[0])]
    if len(places) == 1:
        return places[0]
    found = "several" if places else "none"
    msg = (
        f"one host of {path} must be this machine, {socket.gethostname()}; got {found} among {', '.join(addresses)}. "
        "Say which it is: --worker N, from 0."
    )
    raise TrainingError(msg)


def _is_here(host: str) -> bool:
    """Whether a host is this machine: only addresses of its own can be bound."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    except OSError:
        return False
    for family, kind, protocol, _, address in found:
        try:
            with socket.socket(family, kind, protocol) as probe:
                probe.bind(address)
        except OSError:
            continue
        return True
    return False


def _refuse_malformed(problem: str) -> NoReturn:
    msg = (
        'TF_CONFIG must look like {"cluster": {"worker": ["host:port", …]}, "task": {"type": "worker", "index": 0}}; '
        f"it {problem}. Correct it, or unset it to train alone."
    )
    raise TrainingError(msg) from None
