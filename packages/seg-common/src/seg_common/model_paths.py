"""Every file name inside a model folder and inside an evaluation folder, and nothing else."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Self

from pydantic import BaseModel, ConfigDict

from seg_common.errors import ModelFolderError


class _Folder(BaseModel):
    """A folder whose files have fixed names; every path stays inside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: Path
    """The folder."""

    def inside(self, relative: str) -> Path:
        """Path of a file inside the folder.

        Raises
        ------
        ModelFolderError
            If `relative` is absolute or climbs out of the folder.
        """
        parts = PurePosixPath(relative).parts
        if not parts or ".." in parts or PurePosixPath(relative).is_absolute() or {"\\", "\0"} & set(relative):
            msg = f"a name inside {self.root} must be relative and stay inside; got {relative!r}. Leave '..' and '/' at its start away."
            raise ModelFolderError(msg)
        return self.root.joinpath(*parts)

    def relative(self, path: Path) -> str:
        """Name of a file of the folder, relative to it, with forward slashes."""
        return path.relative_to(self.root).as_posix()


class EvaluationPaths(_Folder):
    """Files of one prediction and its evaluation."""

    @property
    def predicted_labels(self) -> Path:
        """HDF5 file with the dataset ``labels``."""
        return self.inside("predicted_labels.h5")

    @property
    def probabilities(self) -> Path:
        """HDF5 file with the dataset ``probabilities``, axes (z, y, x, class)."""
        return self.inside("probabilities.h5")

    @property
    def entropy(self) -> Path:
        """HDF5 file with the dataset ``entropy``."""
        return self.inside("entropy.h5")

    @property
    def errors(self) -> Path:
        """HDF5 file with the datasets ``false_positives`` and ``false_negatives``."""
        return self.inside("errors.h5")

    @property
    def confusion(self) -> Path:
        """HDF5 file with the dataset ``confusion``."""
        return self.inside("confusion.h5")

    @property
    def prediction(self) -> Path:
        """How the labels were predicted."""
        return self.inside("prediction.yaml")

    @property
    def evaluation(self) -> Path:
        """All scores."""
        return self.inside("evaluation.json")

    @property
    def report(self) -> Path:
        """One self-contained page."""
        return self.inside("report.html")

    @property
    def notebook(self) -> Path:
        """Notebook that opens every file."""
        return self.inside("inspect.ipynb")

    @property
    def classes_table(self) -> Path:
        """Scores by class, CSV."""
        return self.inside("classes.csv")

    @property
    def confusion_table(self) -> Path:
        """Confusion matrix, CSV."""
        return self.inside("confusion.csv")

    @property
    def error_blobs_table(self) -> Path:
        """Error blobs by class and kind, CSV."""
        return self.inside("error_blobs.csv")

    @property
    def phase_blobs_table(self) -> Path:
        """Blobs of each predicted class, CSV."""
        return self.inside("phase_blobs.csv")

    @property
    def baselines_table(self) -> Path:
        """Scores of the baselines, CSV."""
        return self.inside("baselines.csv")

    @property
    def counts(self) -> Path:
        """HDF5 file with the integer counts by cell, slice and bin: scores can be computed again without the volumes."""
        return self.inside("counts.h5")

    @property
    def profiles_table(self) -> Path:
        """Volume fractions slice by slice along each axis, CSV."""
        return self.inside("profiles.csv")

    @property
    def representative_volume_table(self) -> Path:
        """Spread of the volume fractions against the size of blocks, CSV."""
        return self.inside("representative_volume.csv")

    @property
    def segments_table(self) -> Path:
        """VOI and adapted Rand by convention, CSV."""
        return self.inside("segments.csv")

    @property
    def detection_table(self) -> Path:
        """Detected and invented blobs by class and size, CSV."""
        return self.inside("detection.csv")

    @property
    def slice_errors_table(self) -> Path:
        """Error blobs within slices, CSV."""
        return self.inside("slice_errors.csv")

    @property
    def surfaces_table(self) -> Path:
        """Surface distances and boundary Jaccard by class, CSV."""
        return self.inside("surfaces.csv")

    @property
    def reliability_table(self) -> Path:
        """Frequency of being right by probability, CSV."""
        return self.inside("reliability.csv")

    @property
    def notable_slices_table(self) -> Path:
        """Slices to look at first, CSV."""
        return self.inside("notable_slices.csv")

    @property
    def slices(self) -> Path:
        """HDF5 file with the slices that the report shows: it can be drawn again without the volumes."""
        return self.inside("slices.h5")

    @property
    def annotate_next_table(self) -> Path:
        """Slices whose labels would help the next training most, CSV."""
        return self.inside("annotate_next.csv")

    @property
    def pictures(self) -> Path:
        """Folder of pictures."""
        return self.inside("pictures")

    @property
    def latex(self) -> Path:
        """Folder of tables for papers."""
        return self.inside("latex")

    @property
    def manifest(self) -> Path:
        """Checksums of all files."""
        return self.inside("manifest.json")


class ComparisonPaths(_Folder):
    """Files of one comparison of models."""

    @property
    def comparison(self) -> Path:
        """All scores and differences."""
        return self.inside("comparison.json")

    @property
    def page(self) -> Path:
        """One self-contained page."""
        return self.inside("comparison.html")

    @property
    def members_table(self) -> Path:
        """What was compared, and what it cost, CSV."""
        return self.inside("members.csv")

    @property
    def scores_table(self) -> Path:
        """Scores by member and class, CSV."""
        return self.inside("scores.csv")

    @property
    def differences_table(self) -> Path:
        """Differences between members with their intervals, CSV."""
        return self.inside("differences.csv")

    @property
    def detection_table(self) -> Path:
        """Detected blobs by member, class and size, CSV."""
        return self.inside("detection.csv")

    @property
    def confusions_table(self) -> Path:
        """Confusion matrices of all members, CSV."""
        return self.inside("confusions.csv")

    @property
    def latex_table(self) -> Path:
        """Main scores for a paper, LaTeX."""
        return self.inside("scores.tex")

    @property
    def pictures(self) -> Path:
        """Folder of figures."""
        return self.inside("pictures")

    @property
    def manifest(self) -> Path:
        """Checksums of all files."""
        return self.inside("manifest.json")


class CropStorePaths(_Folder):
    """Files of one store of crops."""

    @property
    def record(self) -> Path:
        """What is stored; written last."""
        return self.inside("crop_store.yaml")

    @property
    def training_histogram(self) -> Path:
        """Grey levels by class in the training region of the model: baselines need them."""
        return self.inside("training_histogram.json")

    @property
    def plan(self) -> Path:
        """What an unfinished store is going to be."""
        return self.inside("plan.json")

    @property
    def manifest(self) -> Path:
        """Checksums of all files."""
        return self.inside("manifest.json")

    def crops(self, number: int) -> Path:
        """HDF5 file of crops, counted from 0."""
        return self.inside(f"crops_{number:05d}.h5")


class ExportPaths(_Folder):
    """Files of one network in another format."""

    @property
    def record(self) -> Path:
        """What was exported, and how it was checked."""
        return self.inside("export.yaml")

    @property
    def onnx(self) -> Path:
        """The network for ONNX runtimes; a SavedModel is the folder itself."""
        return self.inside("network.onnx")


class ModelPaths(_Folder):
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
            msg = f"a model folder must hold metadata.yaml; {root} {what}. Give the folder that seg-train run wrote."
            raise ModelFolderError(msg)
        return paths
