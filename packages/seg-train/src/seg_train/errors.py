"""Errors of training that are not errors of a file."""

from seg_common.errors import SegError


class TrainingError(SegError, ValueError):
    """A training run that cannot start or go on as configured."""
