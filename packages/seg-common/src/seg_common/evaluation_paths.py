"""Every file name inside the folders that seg-eval writes: evaluations, comparisons, stores of crops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.folder_paths import FolderPaths

if TYPE_CHECKING:
    from pathlib import Path


class EvaluationPaths(FolderPaths):
    """Files of one prediction and its evaluation."""

    @staticmethod
    def as_zarr(file: Path) -> Path:
        """Folder that holds the datasets of an HDF5 file when they are saved as Zarr."""
        return file.with_suffix(".zarr")

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


class ComparisonPaths(FolderPaths):
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


class CropStorePaths(FolderPaths):
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
