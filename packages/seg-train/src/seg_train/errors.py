"""Errors of training that are not errors of a file."""

from seg_common.errors import SegError


class TrainingError(SegError, ValueError):
    """A training run that cannot start or go on as configured."""


class InterruptedRunError(TrainingError):
    """A training run that was asked to stop, and did between two steps; all of its workers did."""
