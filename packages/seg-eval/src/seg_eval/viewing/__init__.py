"""Look at an evaluation in its volume: what was compared, opened again, as layers of a viewer."""
