"""Streaming integer counts: nothing is divided until all voxels are counted."""
