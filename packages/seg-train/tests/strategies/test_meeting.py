"""Workers that meet over real sockets, and those that do not."""

from __future__ import annotations

import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from seg_train.errors import TrainingError
from seg_train.strategies.cluster import Cluster, free_addresses
from seg_train.strategies.meeting import Greeting, meet

SAME = {"configuration": "batch_size: 4"}


def start(
    pool: ThreadPoolExecutor, cluster: Cluster, same: dict[str, str] = SAME, seconds: float = 20.0
) -> Future[list[dict[str, str]]]:
    return pool.submit(meet, cluster, same, {"host": f"host {cluster.index}"}, seconds=seconds)


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def connect(address: str) -> socket.socket:
    """Connect as soon as somebody listens."""
    for _ in range(500):
        try:
            return socket.create_connection(("127.0.0.1", port_of(address)), timeout=5)
        except ConnectionRefusedError:
            time.sleep(0.01)
    raise TimeoutError(address)


def test_three_workers_meet_whatever_the_order() -> None:
    """The last one comes late; each then knows what all have told, and every port is free again."""
    addresses = free_addresses(3)
    with ThreadPoolExecutor(3) as pool:
        first = [start(pool, Cluster(addresses, index)) for index in (2, 1)]
        time.sleep(0.3)
        assert not any(future.done() for future in first)
        told = [future.result() for future in [*first, start(pool, Cluster(addresses, 0))]]
    assert told == [[{"host": f"host {index}"} for index in range(3)]] * 3
    for address in addresses:
        socket.create_server(("127.0.0.1", port_of(address))).close()


def test_a_worker_that_does_not_come_is_named() -> None:
    """The wait ends, and says who is missing; those who are there are not blamed."""
    addresses = free_addresses(3)
    with ThreadPoolExecutor(2) as pool:
        waiting = [start(pool, Cluster(addresses, index), seconds=1.0) for index in (0, 2)]
        for future in waiting:
            with pytest.raises(TrainingError, match=rf"within 1 s; worker 1 \({addresses[1]}\) did not come"):
                future.result()


def test_strangers_are_not_heard() -> None:
    """Whatever somebody else sends to the port, workers meet."""
    addresses = free_addresses(2)
    with ThreadPoolExecutor(2) as pool:
        chief = start(pool, Cluster(addresses, 0))
        for words in (b"GET / HTTP/1.1\r\n\r\n", b"{}\n", b"", b'{"worker": "x"}\n', b"\xff\xfe\n"):
            with connect(addresses[0]) as stranger:
                stranger.sendall(words)
        assert len(start(pool, Cluster(addresses, 1)).result()) == 2
        assert len(chief.result()) == 2


@pytest.mark.parametrize(
    ("more", "same", "message"),
    [
        ((), {"configuration": "batch_size: 8"}, "must have the same configuration; worker"),
        (("127.0.0.1:1",), SAME, "must name the same hosts in the same order"),
    ],
)
def test_workers_that_were_started_otherwise(more: tuple[str, ...], same: dict[str, str], message: str) -> None:
    """Both sides say what differs."""
    addresses = free_addresses(2)
    with ThreadPoolExecutor(2) as pool:
        one = start(pool, Cluster(addresses, 0), seconds=5.0)
        two = start(pool, Cluster(addresses + more, 1), same, seconds=5.0)
        problems = [one.exception(), two.exception()]
    assert all(isinstance(problem, TrainingError) for problem in problems)
    assert all(message in str(problem) for problem in problems)


def test_a_worker_that_was_started_twice() -> None:
    """On the same machine it finds its port taken."""
    addresses = free_addresses(2)
    with ThreadPoolExecutor(1) as pool:
        first = start(pool, Cluster(addresses, 0), seconds=1.0)
        time.sleep(0.3)
        with pytest.raises(TrainingError, match=r"the port of worker 0 .* must be free.*started twice"):
            meet(Cluster(addresses, 0), SAME, {}, seconds=1.0)
        assert "did not come" in str(first.exception())


def test_a_worker_in_the_place_of_another() -> None:
    """Behind the address of worker 1 sits a process that takes itself for worker 2."""
    addresses = free_addresses(3)
    impostor = Greeting(worker=2, addresses=addresses, same=SAME, own={})
    with socket.create_server(("127.0.0.1", port_of(addresses[1]))) as server, ThreadPoolExecutor(1) as pool:
        asked = start(pool, Cluster(addresses, 0))
        connection, _ = server.accept()
        with connection:
            connection.makefile("rb").readline()
            connection.sendall(impostor.line)
        problem = str(asked.exception())
    assert f"a place of its own; worker 1 ({addresses[1]}) says that it is worker 2" in problem


def test_two_processes_in_one_place() -> None:
    """Another machine, too, runs a worker 0: the one that is greeted by it notices."""
    addresses = free_addresses(2)
    impostor = Greeting(worker=0, addresses=addresses, same=SAME, own={})
    with ThreadPoolExecutor(1) as pool:
        greeted = start(pool, Cluster(addresses, 0))
        with connect(addresses[0]) as connection:
            connection.sendall(impostor.line)
        problem = str(greeted.exception())
    assert "a place of its own; another process says that it is worker 0" in problem
