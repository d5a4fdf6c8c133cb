"""The processes of a run: how they come together, what they agree on, and what happens when one is lost."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.model_paths import ModelPaths
from seg_common.provenance import package_versions
from seg_train.errors import InterruptedRunError, TrainingError
from seg_train.strategies import build_strategy
from seg_train.strategies.central_storage import require_no_other_state
from seg_train.strategies.devices import gpu_names
from seg_train.strategies.meeting import meet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import tensorflow as tf
    from numpy.typing import NDArray

    from seg_common.schema.training import TrainingConfig
    from seg_train.strategies.cluster import Cluster

LONGEST_WAIT = 300.0
"""Seconds that workers wait for each other before they train, unless told otherwise."""


def with_workers(config: TrainingConfig, cluster: Cluster) -> TrainingConfig:
    """Take the strategy multi_worker where a cluster is named; a run of several processes can have no other.

    Raises
    ------
    TrainingError
        If the configuration names devices of one machine.
    """
    if cluster.workers == 1 or config.strategy.kind == "multi_worker":
        return config
    if config.strategy.devices:
        msg = (
            f"{cluster.workers} workers take all devices that each of them has; got strategy.devices "
            f"{', '.join(config.strategy.devices)}. Leave them empty, or train without workers."
        )
        raise TrainingError(msg)
    strategy = config.strategy.model_copy(update={"kind": "multi_worker"})
    return config.model_copy(update={"strategy": strategy})


def gather_workers(config: TrainingConfig, cluster: Cluster, *, seconds: float) -> Workers:
    """Wait for the other workers, if there are any, and make the strategy with them.

    Parameters
    ----------
    config : TrainingConfig
        What to compute; equal for all workers but for where their data are.
    cluster : Cluster
        The workers.
    seconds : float
        How long to wait for them.

    Raises
    ------
    TrainingError
        If a worker does not come or was started otherwise, a device does not exist, or the strategy cannot train the network.
    """
    import tensorflow as tf

    if config.strategy.kind == "central_storage":
        require_no_other_state(config)
    told = [{"host": socket.gethostname()}]
    if cluster.workers > 1:
        places = {"volume", "volumes", "initial_model"}
        same = {key: json.dumps(value) for key, value in config.model_dump(mode="json", exclude=places).items()}
        same |= {f"version of {name}": version for name, version in package_versions().items()}
        same["number of GPUs"] = str(len(tf.config.list_physical_devices("GPU")))
        own = {"host": socket.gethostname(), "gpus": json.dumps(gpu_names())}
        told = meet(cluster, same, own, seconds=seconds)
    strategy = build_strategy(config.strategy, cluster)
    if cluster.workers == 1:
        told[0]["gpus"] = json.dumps(gpu_names(list(strategy.extended.worker_devices)))
    return Workers(cluster, strategy, told)


class Workers:
    """The processes of a run, one or several.

    Parameters
    ----------
    cluster : Cluster
        Who they are.
    strategy : tf.distribute.Strategy
        How training is spread over their devices.
    told : list of dict
        What each said about itself: ``host``, and ``gpus`` in JSON.
    """

    def __init__(self, cluster: Cluster, strategy: tf.distribute.Strategy, told: list[dict[str, str]]) -> None:
        import tensorflow as tf

        self.cluster = cluster
        self.strategy = strategy
        self.hosts = [words["host"] for words in told]
        """Host name of each worker."""
        self.gpus: list[str] = [name for words in told for name in json.loads(words["gpus"])]
        """Model of each GPU that holds a replica."""
        self._compiled_sum = tf.function(lambda parts: strategy.reduce(tf.distribute.ReduceOp.SUM, parts, axis=None))

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the model folder."""
        return self.cluster.is_chief

    @property
    def devices(self) -> list[str]:
        """Devices that hold a replica; each worker has the same ones."""
        own = [device.split("device:")[-1] for device in self.strategy.extended.worker_devices]
        if self.cluster.workers == 1:
            return own
        return [f"worker {index} {device}" for index in range(self.cluster.workers) for device in own]

    def any(self, flag: bool) -> bool:
        """Whether a flag is set for any worker; all of them have to ask at the same place."""
        return flag if self.cluster.workers == 1 else bool(self._sum(np.array([flag], np.int64))[0])

    def wait(self) -> None:
        """Wait until every worker has come to the same place."""
        self.any(False)

    @contextmanager
    def leaving_together(self) -> Iterator[None]:
        """Hold workers that were asked to stop until the chief has written all; the end of one may end the others."""
        try:
            yield
        except InterruptedRunError:
            with self.watched():
                self.wait()
            raise

    def require_same(self, values: Mapping[str, str]) -> None:
        """Compare texts with those of the chief; all workers have to ask at the same place.

        Parameters
        ----------
        values : mapping of str to str
            What has to be equal, by the name that an error shall give it.

        Raises
        ------
        TrainingError
            If a worker has another text; for all workers alike.
        """
        if self.cluster.workers == 1:
            return
        table = np.zeros((self.cluster.workers, len(values)), np.int64)
        table[self.cluster.index] = [_short_digest(value) for value in values.values()]
        table = self._sum(table)
        for name, column in zip(values, table.T, strict=True):
            differing = [self.cluster.name(int(index)) for index in np.flatnonzero(column != column[0])]
            if differing:
                msg = (
                    f"all workers must have the same {name} as worker 0; {', '.join(differing)} has another. "
                    "Give all of them the same files."
                )
                raise TrainingError(msg)

    def _sum(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum over the workers, whatever the number of their replicas."""
        import tensorflow as tf

        local = len(self.strategy.extended.worker_devices)
        nothing = np.zeros_like(values)
        parts = self.strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(nothing if context.replica_id_in_sync_group % local else values)
        )
        total: NDArray[np.int64] = self._compiled_sum(parts).numpy()
        return total

    @contextmanager
    def own_folder(self, paths: ModelPaths) -> Iterator[ModelPaths]:
        """Give the folder that this worker writes: the model folder for the chief, for others one that is thrown away.

        All workers then take the same steps whatever a run writes, and only one of them leaves something.
        """
        if self.is_chief:
            yield paths
            return
        with tempfile.TemporaryDirectory(prefix="seg-train-worker-") as folder:
            root = Path(folder) / "model"
            root.mkdir()
            yield ModelPaths(root=root)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Say in one line that a worker was lost, instead of what TensorFlow raises.

        Raises
        ------
        TrainingError
            If a step fails for want of another worker.
        """
        import tensorflow as tf

        lost = (
            tf.errors.AbortedError,
            tf.errors.CancelledError,
            tf.errors.DeadlineExceededError,
            tf.errors.UnavailableError,
        )
        try:
            yield
        except lost as error:
            if self.cluster.workers == 1:
                raise
            unhealthy = re.findall(r"^/job:worker/replica:0/task:(\d+)$", str(error), flags=re.MULTILINE)
            names = ", ".join(self.cluster.name(int(index)) for index in dict.fromkeys(unhealthy)) or "one"
            msg = (
                f"all {self.cluster.workers} workers must stay until the end; {names} was lost. See what it says, then "
                "go on from the last checkpoint: seg-train resume, on every worker."
            )
            raise TrainingError(msg) from error


def state_digest(position: str, variables: list[Any]) -> str:
    """Digest of the whole state of a run: its position and the bytes of its variables."""
    digest = hashlib.sha256(position.encode())
    for variable in variables:
        digest.update(np.ascontiguousarray(variable.numpy()).tobytes())
    return digest.hexdigest()


def _short_digest(text: str) -> int:
    """Digest that fits into an int64, positive."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
