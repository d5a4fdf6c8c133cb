"""Import TensorFlow without the lines that it prints before its logging starts."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seg_common.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator


def import_tensorflow(*, deterministic: bool, seed: int) -> None:
    """Import TensorFlow and Keras, seed them and choose their determinism; call before anything else uses them.

    Parameters
    ----------
    deterministic : bool
        Whether each operation gives the same bits in every run on the same machine.
    seed : int
        Seed of weights, dropout and noise.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow turns oneDNN on by itself for processors with AVX-512 or AMX only; without them it is 1.5 times faster, too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        with _silent_stderr():
            import keras
            import tensorflow as tf
    except ImportError as error:
        msg = f"training needs TensorFlow; {error}. Install it: pip install tensorflow."
        raise MissingDependencyError(msg) from error
    keras.utils.set_random_seed(seed % 2**32)
    if deterministic:
        tf.config.experimental.enable_op_determinism()


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Send file descriptor 2 nowhere: the C++ side prints past sys.stderr."""
    sys.stderr.flush()
    saved = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)
