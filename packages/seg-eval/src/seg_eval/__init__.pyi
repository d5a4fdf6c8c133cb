from .baselines import fit_baselines
from .comparing.compare import ModelComparison, compare_models
from .comparing.comparison_rows import comparison_rows, read_comparison
from .crop_store.aggregate_store import aggregate_store
from .crop_store.store_crops import CropStore, store_crops
from .evaluate import evaluate_volume
from .evaluation_folder import Evaluation
from .metrics.adapted_rand import adapted_rand
from .metrics.blob_statistics import blob_statistics
from .metrics.error_blobs import StreamingErrorBlobs
from .metrics.fraction_correction import corrected_fractions
from .metrics.overlap import overlap
from .metrics.phase_blobs import StreamingPhaseBlobs
from .metrics.surface_distance import StreamingSurfaces
from .metrics.variation_of_information import variation_of_information, voi_of_pairs
from .metrics.volume_fraction import volume_fractions
from .prediction.network import Network
from .prediction.options import PredictionOptions
from .prediction.predict import predict_volume
from .result_table import result_table
from .results_row import read_evaluation, results_row
from .score import score_labels
from .shipped.example import copy_example
from .streaming.blob_table import BlobTable
from .streaming.component_pairs import StreamingComponentPairs
from .streaming.pair_table import PairTable
from .streaming.probability_counts import StreamingProbabilities
from .streaming.streaming_blobs import StreamingBlobs, label_blobs

__all__ = [
    "BlobTable",
    "CropStore",
    "Evaluation",
    "ModelComparison",
    "Network",
    "PairTable",
    "PredictionOptions",
    "StreamingBlobs",
    "StreamingComponentPairs",
    "StreamingErrorBlobs",
    "StreamingPhaseBlobs",
    "StreamingProbabilities",
    "StreamingSurfaces",
    "adapted_rand",
    "aggregate_store",
    "blob_statistics",
    "compare_models",
    "comparison_rows",
    "copy_example",
    "corrected_fractions",
    "evaluate_volume",
    "fit_baselines",
    "label_blobs",
    "overlap",
    "predict_volume",
    "read_comparison",
    "read_evaluation",
    "result_table",
    "results_row",
    "score_labels",
    "store_crops",
    "variation_of_information",
    "voi_of_pairs",
    "volume_fractions",
]
