"""Workers meet before they train: who is missing, or was started otherwise, is known before anybody waits for it in vain."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from seg_train.errors import TrainingError
from seg_train.strategies.cluster import Cluster, split_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_GREETING = 1 << 20
"""Bytes of one worker's greeting at most."""
PATIENCE = 5.0
"""Seconds that one connection may take."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Greeting(BaseModel):
    """What workers tell each other, in one line of JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    worker: int
    """Place of the worker in the cluster."""
    addresses: tuple[str, ...]
    """The cluster as the worker knows it."""
    same: dict[str, str]
    """What has to be equal for all workers, by name."""
    own: dict[str, str]
    """What the worker tells about itself."""

    @property
    def line(self) -> bytes:
        """The greeting as it is sent."""
        return self.model_dump_json().encode() + b"\n"


def meet(cluster: Cluster, same: Mapping[str, str], own: Mapping[str, str], *, seconds: float) -> list[dict[str, str]]:
    """Wait until every worker has talked with every other.

    Each worker listens at its address for that time; the port is free again afterwards.

    Parameters
    ----------
    cluster : Cluster
        The workers.
    same : mapping of str to str
        What has to be equal for all of them, by the name that an error shall give it.
    own : mapping of str to str
        What each tells the others about itself.
    seconds : float
        How long to wait for those that are not there yet.

    Returns
    -------
    list of dict
        What each worker told about itself, in the order of the cluster.

    Raises
    ------
    TrainingError
        If this worker's port is taken, a worker does not come, names another cluster, or differs in what has to be equal.
    """
    mine = Greeting(worker=cluster.index, addresses=cluster.addresses, same=dict(same), own=dict(own))
    deadline = time.monotonic() + seconds
    others = [index for index in range(cluster.workers) if index != cluster.index]
    answers: dict[int, Greeting] = {}
    with _listening(cluster, mine) as heard:
        while True:
            for index in others:
                answer = None if index in answers else _ask(cluster.addresses[index], mine)
                if answer is not None:
                    _require_match(cluster, mine, index, answer)
                    answers[index] = answer
            for greeting in list(heard.values()):
                _require_match(cluster, mine, greeting.worker, greeting)
            missing = [index for index in others if index not in heard or index not in answers]
            if not missing:
                break
            if time.monotonic() > deadline:
                msg = (
                    f"all workers must meet within {seconds:g} s; {', '.join(map(cluster.name, missing))} did not come. "
                    "Start every worker, and check addresses, ports and firewalls."
                )
                raise TrainingError(msg)
            time.sleep(0.05)
    greetings = {**answers, cluster.index: mine}
    return [greetings[index].own for index in range(cluster.workers)]


@contextmanager
def _listening(cluster: Cluster, mine: Greeting) -> Iterator[dict[int, Greeting]]:
    """Greet whoever connects, in a thread; yields the greetings of the others, which come in meanwhile."""
    heard: dict[int, Greeting] = {}
    over = threading.Event()
    with _server(cluster) as server:
        server.settimeout(0.1)

        def answer() -> None:
            while not over.is_set():
                # Strangers, and workers that go away in the middle, are not heard.
                with suppress(OSError, ValueError):
                    connection, _ = server.accept()
                    with connection:
                        connection.settimeout(PATIENCE)
                        greeting = _read(connection)
                        connection.sendall(mine.line)
                        heard[greeting.worker] = greeting

        thread = threading.Thread(target=answer, name="meeting", daemon=True)
        thread.start()
        try:
            yield heard
        finally:
            over.set()
            thread.join()


def _server(cluster: Cluster) -> socket.socket:
    host, port = split_address(cluster.addresses[cluster.index])
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # A name of this machine may stand for an address that others do not reach, so all of its addresses are taken.
    place = host if host in LOOPBACK else ""
    try:
        return socket.create_server((place, port), family=family)
    except OSError as error:
        msg = (
            f"the port of {cluster.name(cluster.index)} must be free on this machine; it is not ({error}). "
            "Was this worker started twice? Otherwise give another port."
        )
        raise TrainingError(msg) from None


def _ask(address: str, mine: Greeting) -> Greeting | None:
    """Greet a worker and read its greeting; None while it is not there."""
    try:
        with socket.create_connection(split_address(address), timeout=PATIENCE) as connection:
            connection.sendall(mine.line)
            return _read(connection)
    except (OSError, ValueError):
        return None


def _read(connection: socket.socket) -> Greeting:
    with connection.makefile("rb") as file:
        return Greeting.model_validate_json(file.readline(LONGEST_GREETING))


def _require_match(cluster: Cluster, mine: Greeting, index: int, greeting: Greeting) -> None:
    if greeting.addresses != cluster.addresses:
        msg = (
            f"all workers must name the same hosts in the same order; this one has {', '.join(cluster.addresses)}, "
            f"another has {', '.join(greeting.addresses)}. Give all of them the same file."
        )
        raise TrainingError(msg)
    if greeting.worker != index or greeting.worker == mine.worker:
        who = "another process" if index == mine.worker else cluster.name(index)
        msg = (
            f"each worker must have a place of its own; {who} says that it is worker {greeting.worker}. "
            "Check --worker, or the index in TF_CONFIG."
        )
        raise TrainingError(msg)
    differing = [name for name, value in mine.same.items() if greeting.same.get(name) != value]
    if differing:
        name = differing[0]
        msg = (
            f"all workers must have the same {name}; {cluster.name(index)} has {_short(greeting.same.get(name))}, "
            f"this one {_short(mine.same[name])}. Start all of them alike."
        )
        raise TrainingError(msg)


def _short(text: str | None) -> str:
    return repr(text) if text is None or len(text) <= 200 else repr(text[:200] + "…")
