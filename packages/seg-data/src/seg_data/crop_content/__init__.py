"""What a crop holds, most often without reading its voxels."""
