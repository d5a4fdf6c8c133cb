"""Random changes of one crop, on top of its symmetry: pure functions of voxels and named random numbers."""
