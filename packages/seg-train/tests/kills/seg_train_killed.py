"""The command `seg-train`, killed by SIGKILL at a place that its first argument names: ``PLACE:N`` for the n-th visit.

Places: ``step`` after a training step, ``validation`` after a validation step, ``write`` in the middle of writing a checkpoint,
``rename`` after the last checkpoint became the previous one and before the new one took its place, ``history`` between the row of
an epoch and its checkpoint, ``overwrite`` between the two renames that replace a model folder, ``best`` between the checkpoint of the best epoch so far and its network, ``never``.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path

import numpy as np

from seg_train import checkpoints, run
from seg_train.cli import main
from seg_train.training_steps import TrainingSteps


def kill_at(place: str, visit: int) -> None:
    """Arrange the kill; what happens before it is what happens in any run."""
    visits = iter(range(1, 10**9))

    def visited() -> bool:
        return next(visits) == visit

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def after(function):
        def wrapped(*arguments, **options):
            result = function(*arguments, **options)
            if visited():
                die()
            return result

        return wrapped

    def before(function):
        def wrapped(*arguments, **options):
            if visited():
                die()
            return function(*arguments, **options)

        return wrapped

    def savez_half(file: io.BufferedWriter, **arrays: object) -> None:
        if not visited():
            savez(file, **arrays)
            return
        whole = io.BytesIO()
        savez(whole, **arrays)
        file.write(whole.getvalue()[: whole.tell() // 2])
        file.flush()
        die()

    def replace_and_die(path: Path, target: Path) -> Path:
        moved = replace(path, target)
        if path.name == "last.npz" and visited():
            die()
        return moved

    def rename_and_die(path: Path, target: Path) -> Path:
        moved = rename(path, target)
        if ".replaced" in target.name and visited():
            die()
        return moved

    savez, replace, rename = np.savez, Path.replace, Path.rename
    match place:
        case "step":
            TrainingSteps.train = after(TrainingSteps.train)
        case "validation":
            TrainingSteps.validate = after(TrainingSteps.validate)
        case "write":
            checkpoints.np.savez = savez_half
        case "rename":
            Path.replace = replace_and_die
        case "overwrite":
            Path.rename = rename_and_die
        case "history":
            run.append_row = after(run.append_row)
        case "best":
            run.save_network = before(run.save_network)


if __name__ == "__main__":
    place, _, visit = sys.argv.pop(1).partition(":")
    kill_at(place, int(visit or 1))
    main()
