"""Train with the strategy mirrored on two logical CPUs, as a machine with two devices, or go on with such a run.

``mirrored_process.py run CONFIG MODEL``; ``mirrored_process.py resume MODEL``; ``mirrored_process.py interrupted CONFIG MODEL STEP``,
which gets Ctrl-C in that step, counted from 1.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path

from seg_common.schema.training import TrainingConfig
from seg_common.yaml_documents import read_document
from seg_train.errors import TrainingError
from seg_train.quiet_tensorflow import import_tensorflow
from seg_train.resume import resume_training
from seg_train.run import run_training
from seg_train.training_steps import TrainingSteps


def interrupt_in(last: int) -> None:
    """Let the process get Ctrl-C while it computes a step."""
    train, steps = TrainingSteps.train, count(1)

    def interrupted(*arguments):
        if next(steps) == last:
            os.kill(os.getpid(), signal.SIGINT)
        return train(*arguments)

    TrainingSteps.train = interrupted


def main(what: str, *words: str) -> None:
    import_tensorflow(deterministic=True, seed=0)
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    if what == "resume":
        resume_training(words[0], quiet=True)
        return
    config = read_document(Path(words[0]), TrainingConfig)
    if what == "run":
        run_training(config, words[1], quiet=True)
        return
    interrupt_in(int(words[2]))
    try:
        run_training(config, words[1], quiet=True)
    except TrainingError as error:
        print(error)


if __name__ == "__main__":
    main(*sys.argv[1:])
