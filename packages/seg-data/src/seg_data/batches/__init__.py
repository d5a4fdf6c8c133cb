"""Crops for training loops of every kind: numpy, TensorFlow, PyTorch; one of them per file, each imported for itself."""
