"""How much each voxel counts in the loss: by class frequency, by distance to the interface, nothing in a border."""
