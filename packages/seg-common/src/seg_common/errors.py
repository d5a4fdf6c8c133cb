"""The errors that users see: each message says the rule, the value received and the remedy, in one line."""

from __future__ import annotations


class SegError(Exception):
    """Base class of every error that a user can mend; commands print it as one line and exit with status 1."""


class DocumentError(SegError, ValueError):
    """A YAML or JSON document that does not match its schema; lists every problem, one a line."""


class VolumeError(SegError, ValueError):
    """A volume that cannot be read as described: file, dataset, shape or dtype."""


class LabelVolumeError(VolumeError):
    """A label volume with a wrong dtype, a wrong shape or values outside the classes."""


class CropError(SegError, ValueError):
    """A crop that fits nowhere, or a rejection function that leaves nothing."""


class ModelFolderError(SegError, FileNotFoundError):
    """A model folder that is missing, incomplete or damaged."""


class OutputExistsError(SegError, FileExistsError):
    """An output that exists already; nothing is overwritten unless asked."""


class MissingDependencyError(SegError, ImportError):
    """An optional dependency that the requested work needs is not installed."""
