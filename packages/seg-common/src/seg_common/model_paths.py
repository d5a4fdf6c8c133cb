"""Every file name inside a model folder and inside an export."""

from __future__ import annotations

import shlex
from pathlib import Path, PurePosixPath
from typing import Self

from seg_common.atomic_files import left_by_kills
from seg_common.errors import ModelFolderError
from seg_common.evaluation_paths import CropStorePaths, EvaluationPaths
from seg_common.folder_paths import FolderPaths


class ExportPaths(FolderPaths):
    """Files of one network in another format."""

    @property
    def record(self) -> Path:
        """What was exported, and how it was checked."""
        return self.inside("export.yaml")

    @property
    def onnx(self) -> Path:
        """The network for ONNX runtimes; a SavedModel is the folder itself."""
        return self.inside("network.onnx")


class ModelPaths(FolderPaths):
    """Files of one training run."""

    @property
    def config(self) -> Path:
        """Resolved configuration."""
        return self.inside("config.yaml")

    @property
    def metadata(self) -> Path:
        """Record of the run."""
        return self.inside("metadata.yaml")

    @property
    def summary(self) -> Path:
        """The record in words."""
        return self.inside("summary.txt")

    @property
    def history(self) -> Path:
        """One row per epoch."""
        return self.inside("history.csv")

    @property
    def timing(self) -> Path:
        """Seconds and speed, one row per epoch."""
        return self.inside("timing.csv")

    @property
    def training_histogram(self) -> Path:
        """Grey levels by class in the training region."""
        return self.inside("training_histogram.json")

    @property
    def best_weights(self) -> Path:
        """Network with the best validation score, for prediction."""
        return self.inside("best.keras")

    @property
    def last_weights(self) -> Path:
        """Network after the last epoch, for prediction."""
        return self.inside("last.keras")

    @property
    def last_checkpoint(self) -> Path:
        """Everything that training needs to go on."""
        return self.inside("checkpoints/last.npz")

    @property
    def previous_checkpoint(self) -> Path:
        """The checkpoint before the last one."""
        return self.inside("checkpoints/previous.npz")

    @property
    def damaged_checkpoint(self) -> Path:
        """A last checkpoint that could not be read when the run went on."""
        return self.inside("checkpoints/damaged.npz")

    @property
    def training_curves(self) -> Path:
        """Picture of the history."""
        return self.inside("pictures/training_curves.png")

    def examples(self, epoch: int) -> Path:
        """Picture of classified crops after an epoch, counted from 1."""
        return self.inside(f"pictures/examples_epoch_{epoch:04d}.png")

    @property
    def film_frames(self) -> Path:
        """Folder of pictures of one slice, one for each time that examples are drawn."""
        return self.inside("pictures/film")

    def film_frame(self, epoch: int) -> Path:
        """Picture of that slice after an epoch, counted from 1."""
        return self.inside(f"pictures/film/epoch_{epoch:04d}.png")

    @property
    def film(self) -> Path:
        """The slice along the training, animated."""
        return self.inside("pictures/film.gif")

    def export_folder(self, name: str) -> ExportPaths:
        """Folder of one export of this model.

        Raises
        ------
        ModelFolderError
            If `name` is not one plain name.
        """
        return ExportPaths(root=self._named_folder("exports", "an export", name))

    def best_and_worst(self, epoch: int) -> Path:
        """Picture of the crops that were classified best and worst after an epoch, counted from 1."""
        return self.inside(f"pictures/best_and_worst_epoch_{epoch:04d}.png")

    def tracker_folder(self, name: str) -> Path:
        """Folder of what a tracker, such as TensorBoard, writes about the run."""
        return self.inside(f"trackers/{name}")

    def evaluation_folder(self, name: str) -> EvaluationPaths:
        """Folder of one evaluation of this model.

        Raises
        ------
        ModelFolderError
            If `name` is not one plain name.
        """
        return EvaluationPaths(root=self._named_folder("evaluations", "an evaluation", name))

    def crop_store_folder(self, name: str) -> CropStorePaths:
        """Folder of one store of crops that this model answered for.

        Raises
        ------
        ModelFolderError
            If `name` is not one plain name.
        """
        return CropStorePaths(root=self._named_folder("crops", "a store of crops", name))

    def _named_folder(self, folder: str, what: str, name: str) -> Path:
        if len(PurePosixPath(name).parts) != 1:
            msg = f"{what}'s name must be one plain name; got {name!r}. Leave slashes away."
            raise ModelFolderError(msg)
        return self.inside(f"{folder}/{name}")

    @classmethod
    def existing(cls, root: Path) -> Self:
        """Open a model folder that holds a run.

        Raises
        ------
        ModelFolderError
            If the folder, or its record, is missing.
        """
        paths = cls(root=Path(root))
        if not paths.metadata.is_file():
            what = "has no metadata.yaml" if paths.root.is_dir() else "does not exist"
            remedy = paths.way_back() or "Give the folder that seg-train run wrote."
            msg = f"a model folder must hold metadata.yaml; {root} {what}. {remedy}"
            raise ModelFolderError(msg)
        return paths

    def way_back(self) -> str | None:
        """Say how to get a model back that is missing because a kill came while it was being replaced; None when that is not so."""
        if self.root.exists():
            return None
        models = [path for path in left_by_kills(self.root, "replaced") if (path / self.metadata.name).is_file()]
        if not models:
            return None
        last = max(models, key=lambda path: path.stat().st_ctime)
        return (
            "A run that was killed while it replaced this model left it under another name; get it back with: "
            f"mv {shlex.quote(str(last))} {shlex.quote(str(self.root))}"
        )
