"""Other programs that may watch a run: TensorBoard, Weights & Biases, MLflow; each behind a fence."""
