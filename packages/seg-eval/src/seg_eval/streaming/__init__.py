"""Measurements on volumes larger than memory: blocks go in one after another, exact results come out."""
