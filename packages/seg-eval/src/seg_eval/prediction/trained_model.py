"""A model folder opened for prediction: its record and the weights to use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.errors import ModelFolderError, SegError
from seg_common.model_paths import ModelPaths
from seg_common.schema.prediction import ModelReference
from seg_common.schema.training_record import TrainingRecord
from seg_common.volume.digests import file_digest
from seg_common.yaml_documents import read_document

if TYPE_CHECKING:
    from seg_common.geometry.box import Box, Index3
    from seg_eval.prediction.options import PredictionOptions, Weights


@dataclass(frozen=True)
class TrainedModel:
    """A training run, as far as prediction needs it."""

    paths: ModelPaths
    """Its folder."""
    record: TrainingRecord
    """What was run."""
    weights: Path
    """Network to predict with."""
    crops_seen: int
    """Crops that these weights have seen."""

    @property
    def class_names(self) -> list[str]:
        """Classes in the order of their indices."""
        return [info.name for info in self.record.data.classes]

    @property
    def slices(self) -> int:
        """Slices that the network sees for one classified slice; 1 but for 2.5D."""
        return self.record.channels if self.record.network.dimensions == "2.5D" else 1

    @property
    def side_divisors(self) -> Index3:
        """Numbers that the sides of a tile must be multiples of, along the axes of the network; 1 across slices."""
        divisors = self.record.config.model.side_divisors or (self.record.network.side_divisor,) * 3
        return divisors if self.record.network.dimensions == "3D" else (1, divisors[1], divisors[2])

    def trained_share(self, image_digest: str | None, region: Box) -> float:
        """Share of a region of a scan that the model was trained on, as one of its volumes."""
        boxes = [one.train for one in (self.record.data, *self.record.more_data) if one.image_digest == image_digest]
        shared = [region.intersection(box) for box in boxes]
        return max((box.voxels / region.voxels for box in shared if box is not None), default=0.0)

    def reference(self) -> ModelReference:
        """Identity of the model, for records and reports."""
        record = self.record
        return ModelReference(
            path=str(self.paths.root.resolve()),
            model_id=record.model_id,
            name=record.config.name,
            weights=self.paths.relative(self.weights),
            weights_digest=file_digest(self.weights),
            dimensions=record.network.dimensions,
            batch_size=record.batch_size,
            image_size=record.image_size,
            channels=record.channels,
            crops=self.crops_seen,
            parameters=record.network.trainable_parameters,
        )


def open_model(root: Path, weights: Weights = "best") -> TrainedModel:
    """Open a model folder.

    Parameters
    ----------
    root : Path
        The folder that ``seg-train run`` wrote.
    weights : {"best", "last"}
        Weights with the best validation score, or those after the last epoch.

    Returns
    -------
    TrainedModel
        The record read, the network not loaded yet.

    Raises
    ------
    ModelFolderError
        If the folder or the weights are missing.
    DocumentError
        If the record does not match its schema.
    """
    paths = ModelPaths.existing(root)
    record = read_document(paths.metadata, TrainingRecord)
    file = paths.best_weights if weights == "best" else paths.last_weights
    if not file.is_file():
        other = "last" if weights == "best" else "best"
        msg = (
            f"the weights must be in the model folder; {paths.root} (status: {record.status}) has no "
            f"{paths.relative(file)}. Train it, or use --weights {other}."
        )
        raise ModelFolderError(msg)
    crops_seen = record.result.crops_seen
    if weights == "best" and record.result.best_epoch is not None:
        crops_seen = record.result.best_epoch * record.crops_per_epoch
    return TrainedModel(paths, record, file, crops_seen)


def open_models(root: Path, options: PredictionOptions) -> list[TrainedModel]:
    """Open a model folder and those that the options name beside it.

    Parameters
    ----------
    root : Path
        The first model.
    options : PredictionOptions
        Names the others, and the weights to take.

    Returns
    -------
    list of TrainedModel
        All of one list of classes, each with other weights.

    Raises
    ------
    ModelFolderError
        If a folder or its weights are missing.
    SegError
        If the classes differ, or two models are one.
    """
    models = [open_model(Path(path), options.weights) for path in (root, *options.with_models)]
    first = models[0]
    seen: dict[str, Path] = {}
    for model in models:
        if model.class_names != first.class_names:
            msg = (
                f"models that are averaged must have the same classes in one order; {first.paths.root} has "
                f"{', '.join(first.class_names)} and {model.paths.root} has {', '.join(model.class_names)}. Leave one away."
            )
            raise SegError(msg)
        digest = file_digest(model.weights)
        if digest in seen:
            msg = f"each model counts once; {model.weights} and {seen[digest]} hold the same weights. Leave one away."
            raise SegError(msg)
        seen[digest] = model.weights
    return models
