"""Volumes on disk: lazy (z, y, x) slices whatever the format, the dtype untouched."""
