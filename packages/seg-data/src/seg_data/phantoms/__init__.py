"""Synthetic short-glass-fibre composites with exact labels and a simulated CT image."""
