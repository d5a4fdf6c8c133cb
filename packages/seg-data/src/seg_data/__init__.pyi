from .augmentation.augment import augment, augmentation_halo
from .batches.numpy_batches import iterate_batches
from .batches.tensorflow_dataset import tensorflow_dataset
from .coverage import measure_coverage
from .crop_expectation import expected_crops
from .crop_log import CropLog, read_crop_log, replay_crops, write_crop_log
from .crop_reader import CropBatch, CropReader
from .crop_sampler import Crop, CropSampler, make_sampler
from .label_check import LabelReport, check_labels, check_volume
from .label_import import LabelOrigin
from .label_slices import LabelSlices, find_label_slices
from .label_versions import add_labels
from .partitions import AxisSplit, PartitionRanges
from .phantoms.composite import Phantom, make_phantom
from .phantoms.folder import write_phantom
from .preview.folder import Preview, preview_crops
from .region_sampler import Candidate, RegionSampler
from .statistics.folder import write_statistics
from .statistics.gather import gather_statistics
from .training_labels import IGNORED
from .volume_export import export_volume
from .volume_import import ImportOptions, import_volume
from .weight_maps.compute import compute_weights
from .weight_maps.write import write_weights

__all__ = [
    "IGNORED",
    "AxisSplit",
    "Candidate",
    "Crop",
    "CropBatch",
    "CropLog",
    "CropReader",
    "CropSampler",
    "ImportOptions",
    "LabelOrigin",
    "LabelReport",
    "LabelSlices",
    "PartitionRanges",
    "Phantom",
    "Preview",
    "RegionSampler",
    "add_labels",
    "augment",
    "augmentation_halo",
    "check_labels",
    "check_volume",
    "compute_weights",
    "expected_crops",
    "export_volume",
    "find_label_slices",
    "gather_statistics",
    "import_volume",
    "iterate_batches",
    "make_phantom",
    "make_sampler",
    "measure_coverage",
    "preview_crops",
    "read_crop_log",
    "replay_crops",
    "tensorflow_dataset",
    "write_crop_log",
    "write_phantom",
    "write_statistics",
    "write_weights",
]
