from .baselines import fit_baselines
from .evaluate import evaluate_volume
from .evaluation_folder import Evaluation
from .metrics.blob_statistics import blob_statistics
from .metrics.error_blobs import StreamingErrorBlobs
from .metrics.phase_blobs import StreamingPhaseBlobs
from .metrics.variation_of_information import variation_of_information
from .metrics.volume_fraction import volume_fractions
from .prediction.network import Network
from .prediction.options import PredictionOptions
from .prediction.predict import predict_volume
from .result_table import result_table
from .results_row import read_evaluation, results_row
from .score import score_labels
from .streaming.blob_table import BlobTable
from .streaming.streaming_blobs import StreamingBlobs, label_blobs

__all__ = [
    "BlobTable",
    "Evaluation",
    "Network",
    "PredictionOptions",
    "StreamingBlobs",
    "StreamingErrorBlobs",
    "StreamingPhaseBlobs",
    "blob_statistics",
    "evaluate_volume",
    "fit_baselines",
    "label_blobs",
    "predict_volume",
    "read_evaluation",
    "result_table",
    "results_row",
    "score_labels",
    "variation_of_information",
    "volume_fractions",
]
