"""Losses: pure functions of labels, probabilities and voxel weights, from sums that add up over the parts of a batch."""
