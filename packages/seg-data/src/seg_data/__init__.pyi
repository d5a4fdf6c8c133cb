from .augmentation.augment import augment, augmentation_halo
from .batches.numpy_batches import iterate_batches
from .batches.tensorflow_dataset import tensorflow_dataset
from .batches.numpy_batches import iterate_batches
from .coverage import measure_coverage
from .crop_expectation import expected_crops
from .crop_log import CropLog, read_crop_log, replay_crops, write_crop_log
from .crop_reader import CropBatch, CropReader
from .crop_sampler import Crop, CropSampler, make_sampler
from .label_check import LabelReport, check_labels, check_volume
from .partitions import AxisSplit, PartitionRanges
from .phantoms.composite import Phantom, make_phantom
from .phantoms.folder import write_phantom
from .preview import Preview, preview_crops
from .region_sampler import Candidate, RegionSampler
from .training_labels import IGNORED
from .volume_import import ImportOptions, import_volume

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
    "LabelReport",
    "PartitionRanges",
    "Phantom",
    "Preview",
    "RegionSampler",
    "augment",
    "augmentation_halo",
    "check_labels",
    "check_volume",
    "expected_crops",
    "import_volume",
    "iterate_batches",
    "iterate_batches",
    "make_phantom",
    "make_sampler",
    "measure_coverage",
    "preview_crops",
    "tensorflow_dataset",
    "write_phantom",
]
