"""What a tracker is told about a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from seg_common.schema.training_record import TrainingRecord


class Tracker(Protocol):
    """A program that shows runs; any method may fail or hang, the fence around it keeps that from the run."""

    def begin(self, record: TrainingRecord) -> None:
        """Take the configuration; a run that goes on continues under its model_id."""

    def epoch(self, epoch: int, metrics: Mapping[str, float], pictures: Sequence[Path]) -> None:
        """Take the numbers and the pictures of one epoch, counted from 1."""

    def end(self, record: TrainingRecord) -> None:
        """Take the outcome and write down what is still held back."""


def flat_facts(record: TrainingRecord) -> dict[str, str | int | float | bool]:
    """List configuration, data, network and strategy of a run as dotted names with single values.

    Examples of names: ``config.batch_size``, ``data.image_digest``, ``strategy.replicas``. Lists are written as text, and
    what is None is left out.
    """
    sections = ("model_id", "config", "data", "network", "strategy", "batch_size_per_replica", "crops_per_epoch")
    return _flat(record.model_dump(mode="json", include=set(sections)))


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str | int | float | bool]:
    facts: dict[str, str | int | float | bool] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            facts |= _flat(value, f"{prefix}{key}.")
        elif value is not None:
            facts[prefix + key] = value if isinstance(value, (str, int, float, bool)) else str(value)
    return facts
