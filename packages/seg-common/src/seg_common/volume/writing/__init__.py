"""Volumes written slab by slab: one file per format, all of them behind `array_writer`."""
