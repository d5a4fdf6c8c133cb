"""What the package promises to users of notebooks."""

import subprocess
import sys

import seg_eval

NAMES = {
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
}


def test_the_names_are_these():
    assert set(seg_eval.__all__) == NAMES
    assert all(getattr(seg_eval, name).__doc__ for name in NAMES)


def test_importing_the_command_imports_nothing_heavy():
    """So that --help answers at once."""
    heavy = "{'numpy', 'numba', 'h5py', 'matplotlib', 'PIL', 'scipy', 'tensorflow', 'keras', 'pydantic'}"
    code = f"import sys, seg_eval, seg_eval.cli; print(*{heavy} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
