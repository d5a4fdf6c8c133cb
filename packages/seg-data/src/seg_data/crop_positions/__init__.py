"""Where a crop may start: one way of choosing positions per file."""
