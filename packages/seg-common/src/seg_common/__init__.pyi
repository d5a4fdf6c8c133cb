from .errors import (
    CropError,
    DocumentError,
    LabelVolumeError,
    MissingDependencyError,
    ModelFolderError,
    OutputExistsError,
    SegError,
    VolumeError,
)
from .evaluation_paths import EvaluationPaths
from .geometry.box import Box
from .model_paths import ModelPaths
from .volume.array_reader import ArrayReader
from .volume.open_array import open_array, open_label_volume
from .volume.opened_volume import Volume, open_volume
from .volume.writing.array_writer import ArrayWriter, array_writer
from .yaml_documents import read_document, write_document

__all__ = [
    "ArrayReader",
    "ArrayWriter",
    "Box",
    "CropError",
    "DocumentError",
    "EvaluationPaths",
    "LabelVolumeError",
    "MissingDependencyError",
    "ModelFolderError",
    "ModelPaths",
    "OutputExistsError",
    "SegError",
    "Volume",
    "VolumeError",
    "array_writer",
    "open_array",
    "open_label_volume",
    "open_volume",
    "read_document",
    "write_document",
]
