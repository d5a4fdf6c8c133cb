"""From a trained network to one label per voxel: tiles, blending, blocks."""
