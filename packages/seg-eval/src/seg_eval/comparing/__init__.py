"""Models beside each other, on the voxels that all of them saw."""
