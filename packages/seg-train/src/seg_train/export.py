"""Write a trained network in another format, and check that it answers as the model does."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from seg_common.atomic_files import atomic_folder
from seg_common.errors import ModelFolderError
from seg_common.model_paths import ExportPaths, ModelPaths
from seg_common.provenance import gather_provenance
from seg_common.schema.export import ExportCheck, ExportRecord
from seg_common.schema.training_record import TrainingRecord
from seg_common.seeding import stream
from seg_common.volume.digests import file_digest
from seg_common.yaml_documents import read_document, write_document
from seg_train.errors import TrainingError
from seg_train.export_formats import FORMATS, in_float32
from seg_train.quiet_tensorflow import import_tensorflow

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    from seg_common.schema.export import ExportFormat
    from seg_common.schema.training_record import NetworkRecord

DEFAULT_TOLERANCE = 1e-4
"""Largest difference between two probabilities; float32 networks of other libraries stay about a tenth below."""
SMALLEST_SIDE = 16
"""Sides of the voxels that are compared are at least this long."""


def export_model(
    model: Path | str,
    *,
    export_format: ExportFormat = "savedmodel",
    weights: Literal["best", "last"] = "best",
    output: Path | str | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
    overwrite: bool = False,
) -> tuple[ExportPaths, ExportRecord]:
    """Export a trained network; the export, and the model that it is compared with, compute in float32.

    Parameters
    ----------
    model : path
        Model folder.
    export_format : {"savedmodel", "onnx"}
        TensorFlow's folder, or a file for ONNX runtimes.
    weights : {"best", "last"}
        Weights with the best validation score, or those after the last epoch.
    output : path, optional
        Folder to make; in the model folder when not given.
    tolerance : float
        Largest difference to the model's probabilities that is accepted.
    overwrite : bool
        Whether an existing export may be replaced.

    Returns
    -------
    paths : ExportPaths
        The folder; it appears whole or not at all.
    record : ExportRecord
        What is in it, as in its `export.yaml`.

    Raises
    ------
    ModelFolderError
        If the folder or the weights are missing or damaged.
    MissingDependencyError
        If a library of the format is not installed.
    OutputExistsError
        If the folder exists and may not be replaced, or holds something else than an export.
    TrainingError
        If the format cannot hold the network, or it answers differently; nothing is written then.
    """
    paths = ModelPaths.existing(Path(model))
    record = read_document(paths.metadata, TrainingRecord)
    form = FORMATS[export_format]
    form.require_libraries()
    file = paths.best_weights if weights == "best" else paths.last_weights
    network = _load(file)
    name = f"{weights}_{export_format}"
    exported = paths.export_folder(name) if output is None else ExportPaths(root=Path(output))
    with atomic_folder(exported.root, overwrite=overwrite, marks=[exported.record.name]) as folder:
        temporary = ExportPaths(root=folder)
        target = form.target(temporary)
        try:
            form.write(network, target)
            predict = form.read(target, network.input.name)
        except Exception as error:
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            msg = f"the format {export_format} must hold the network; {file}: {reason} Choose the other format."
            raise TrainingError(msg) from error
        checks = [
            ExportCheck(shape=list(voxels.shape), max_abs_difference=_difference(network, predict, voxels))
            for voxels in _voxels(record)
        ]
        document = ExportRecord(
            model=str(paths.root.resolve()),
            model_id=record.model_id,
            weights=paths.relative(file),
            weights_digest=file_digest(file),
            format=export_format,
            file=temporary.relative(target),
            input_name=network.input.name,
            input_shape=list(network.input_shape),
            input_dtype=record.network.input_dtype,
            side_divisors=_side_divisors(record),
            class_names=[info.name for info in record.data.classes],
            checks=checks,
            max_abs_difference=max(check.max_abs_difference for check in checks),
            tolerance=tolerance,
            libraries={library: version(library) for library in form.libraries},
            provenance=gather_provenance(),
        )
        _require_agreement(document)
        write_document(temporary.record, document)
    return exported, document


def _load(file: Path) -> keras.Model:
    if not file.is_file():
        msg = f"the weights must be in the model folder; {file} does not exist. Train the model, or choose other --weights."
        raise ModelFolderError(msg)
    import_tensorflow(deterministic=False, seed=0)
    import keras

    try:
        return in_float32(keras.saving.load_model(file, compile=False, safe_mode=True))
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        msg = f"the weights must be a Keras model of built-in layers; {file}: {reason} Is the file damaged?"
        raise ModelFolderError(msg) from error


def _side_divisors(record: TrainingRecord) -> list[int]:
    divisors = record.config.model.side_divisors or (record.network.side_divisor,) * 3
    return list(divisors if record.network.dimensions == "3D" else divisors[1:])


def _voxels(record: TrainingRecord) -> list[NDArray[Any]]:
    """Draw voxels of two shapes, one of them with different sides, as the grey levels of the training region lie."""
    network = record.network
    small = [-(-SMALLEST_SIDE // divisor) * divisor for divisor in _side_divisors(record)]
    large = [
        side + place * divisor for place, (side, divisor) in enumerate(zip(small, _side_divisors(record), strict=True))
    ]
    shapes = [(1, *small, network.channels), (2, *large, network.channels)]
    return [_as_stored(stream(0, "export", n).standard_normal(shape), network) for n, shape in enumerate(shapes)]


def _as_stored(normal: NDArray[np.float64], network: NetworkRecord) -> NDArray[Any]:
    """Grey levels whose rescaled values are `normal`, as far as the stored type has them."""
    dtype = np.dtype(network.input_dtype)
    grey = (normal - network.offset) / network.scale
    if dtype.kind == "f":
        return grey.astype(dtype)
    return grey.round().clip(np.iinfo(dtype).min, np.iinfo(dtype).max).astype(dtype)


def _difference(network: keras.Model, predict: Any, voxels: NDArray[Any]) -> float:
    expected = np.asarray(network(voxels, training=False))
    found = predict(voxels)
    if found.shape != expected.shape:
        msg = (
            f"an export must give the model's shape {expected.shape}; it gives {found.shape}. Choose the other format."
        )
        raise TrainingError(msg)
    return float(np.abs(found - expected).max())


def _require_agreement(record: ExportRecord) -> None:
    # Asked this way round, a difference that is not a number is refused.
    if not record.max_abs_difference <= record.tolerance:
        msg = (
            f"an export must answer as the model does; probabilities differ by up to {record.max_abs_difference:.3g}, allowed is "
            f"{record.tolerance:.3g}. Choose the other format or, if that is good enough, a larger --tolerance."
        )
        raise TrainingError(msg)
