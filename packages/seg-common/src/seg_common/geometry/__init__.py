"""Boxes, tilings, symmetries: integers only, no voxels and no files."""
