"""How work on a volume is cut into blocks."""
