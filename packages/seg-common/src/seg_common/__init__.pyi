from seg_common.errors import (
    CropError,
    DocumentError,
    LabelVolumeError,
    MissingDependencyError,
    ModelFolderError,
    OutputExistsError,
    SegError,
    VolumeError,
)
from seg_common.geometry.box import Box
from seg_common.model_paths import EvaluationPaths, ModelPaths
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.open_array import open_array, open_label_volume
from seg_common.volume.opened_volume import Volume, open_volume
from seg_common.yaml_documents import read_document, write_document

__all__ = [
    "ArrayReader",
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
    "open_array",
    "open_label_volume",
    "open_volume",
    "read_document",
    "write_document",
]
