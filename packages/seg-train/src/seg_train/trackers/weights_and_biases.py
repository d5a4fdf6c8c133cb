"""Weights & Biases: offline in the model folder, or online when WANDB_MODE says so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from seg_train.errors import TrainingError
from seg_train.trackers.tracker import flat_facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from seg_common.schema.training_record import TrainingRecord

FIRST_SECONDS = 30.0
"""Time that a server has to answer when the run begins, unless WANDB_INIT_TIMEOUT says otherwise; W&B holds a process that
ends before as long."""
LAST_SECONDS = 8.0
"""Time to send what is left when the run has ended, less than all trackers have; the rest stays on disk."""


class WandbTracker:
    """Writes a run under the id of the model; ``wandb sync`` sends offline runs, and what could not be sent, later.

    `WANDB_MODE`, `WANDB_PROJECT`, `WANDB_ENTITY`, `WANDB_INIT_TIMEOUT` and the key are read from the environment.

    Parameters
    ----------
    folder : Path
        Folder of W&B's files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._run: Any = None

    def begin(self, record: TrainingRecord) -> None:
        """Begin the run, or continue it under the same id."""
        import wandb

        online = os.environ.get("WANDB_MODE") == "online"
        # Git remotes and the console may hold secrets: neither is read.
        settings = wandb.Settings(
            console="off",
            silent=True,
            disable_git=True,
            save_code=False,
            init_timeout=float(os.environ.get("WANDB_INIT_TIMEOUT", FIRST_SECONDS)),
            finish_timeout=LAST_SECONDS if online else 0.0,
            finish_timeout_raises=online,
        )
        wandb.setup(settings)
        # W&B would ask at the terminal, where nobody expects a question from a run.
        if online and wandb.run is None and not wandb.login(prompt=False, verify=False):
            msg = "WANDB_MODE=online needs a key, and there is none; run: wandb login"
            raise TrainingError(msg)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "seg-train"),
            name=record.config.name,
            id=record.model_id,
            resume="allow",
            mode="online" if online else "offline",
            dir=str(self._folder),
            config=flat_facts(record),
            settings=settings,
        )

    def epoch(self, epoch: int, metrics: Mapping[str, float], pictures: Sequence[Path]) -> None:
        """Log metrics and pictures under the epoch."""
        import wandb

        images = {path.stem.partition("_epoch_")[0]: wandb.Image(str(path)) for path in pictures}
        self._run.log({**metrics, **images}, step=epoch)

    def end(self, record: TrainingRecord) -> None:
        """Write the outcome and finish the run."""
        self._run.summary.update({"status": record.status, "best_mean_jaccard": record.result.best_mean_jaccard})
        self._run.finish(exit_code=0 if record.status == "finished" else 1)
